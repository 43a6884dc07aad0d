// SPDX-License-Identifier: Apache-2.0

/// What to register, and where.
public struct RegistrationOrder: Sendable {
  /// The account's address (the address of record).
  public var identity: NameAddress
  /// Of the Contact: the characters that RFC 3261 allows unescaped.
  public var user: String
  public var account: CallAccount
  /// If the address does not name one; nil follows DNS.
  public var transport: Target.Transport?
  /// Only ask what is registered (RFC 3261, 10.2.3), which changes nothing and needs the password as well.
  public var isQuery: Bool

  public init(
    identity: NameAddress, user: String, account: CallAccount, transport: Target.Transport? = nil, isQuery: Bool = false
  ) {
    (self.identity, self.user, self.account, self.transport) = (identity, user, account, transport)
    self.isQuery = isQuery
  }

  /// The Request-URI (RFC 3261, 10.2): a domain, without a user.
  var registrar: SIPURI {
    account.registrar ?? SIPURI(scheme: identity.uri.scheme, host: identity.uri.host, port: identity.uri.port)
  }

  /// Where the request goes.
  var nextHop: SIPURI { account.proxy ?? registrar }
}
