// SPDX-License-Identifier: Apache-2.0

/// The server that relays, and who may use it.
public struct TURNAccount: Sendable {
  public var server: TransportAddress
  public var user: String
  public var password: String

  public init(server: TransportAddress, user: String, password: String) {
    (self.server, self.user, self.password) = (server, user, password)
  }
}
