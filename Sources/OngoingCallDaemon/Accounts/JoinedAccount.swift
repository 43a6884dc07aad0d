// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel

extension EngineRequest.Account {
  /// What an engine is told of an account, besides the password.
  init(_ account: Account) {
    self.init(
      address: account.address, displayName: account.displayName, authUser: account.authUser, realm: account.realm,
      outboundProxy: account.outboundProxy, transport: account.transport?.rawValue,
      register: account.registers ? true : nil, registrar: account.registrar,
      caFile: account.caFile, ice: account.ice?.rawValue, stunServer: account.stunServer,
      turnServer: account.turnServer)
  }
}
