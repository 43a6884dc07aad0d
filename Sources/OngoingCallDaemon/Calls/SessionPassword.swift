// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

extension Session {
  /// Calls `then` when the password of the account has been looked up, at once where that is so already. A call is placed
  /// without one, too: not every server asks for it.
  func withPassword(_ then: @escaping @EventLoopActor () -> Void) {
    guard password == nil, let account = spec.account.flatMap(AccountID.init),
      let place = spec.accountSettings?.passwordPlace
    else { return then() }
    host.lookUpPassword(of: account, in: place) { [weak self] result in
      guard let self else { return then() }
      switch result {
      case .success(let found): password = .some(found)
      case .failure(let problem):
        password = .some(nil)
        if case .missing = problem {} else { log(.warning, "\(problem); the server gets no password") }
      }
      then()
    }
  }
}
