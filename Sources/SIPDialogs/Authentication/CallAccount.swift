// SPDX-License-Identifier: Apache-2.0

/// Whose call it is: the servers that it goes through, and what lets it through them.
public struct CallAccount: Sendable {
  /// nil: the account has no password, and no challenge is answered.
  public var credentials: DigestCredentials?
  /// Challenges of other realms are not answered; nil answers them all.
  public var realm: String?
  /// Requests that begin a dialog go through this proxy.
  public var proxy: SIPURI?
  /// Of the account's address.
  public var domain: String
  public var hash: DigestFunction

  public init(
    domain: String, credentials: DigestCredentials? = nil, realm: String? = nil, proxy: SIPURI? = nil,
    hash: @escaping DigestFunction
  ) {
    (self.domain, self.credentials, self.realm, self.proxy) = (domain.asciiLowercased, credentials, realm, proxy)
    self.hash = hash
  }

  /// Whether requests to this address go to the account's own servers.
  func covers(_ uri: SIPURI) -> Bool { proxy != nil || isNamed(uri.host) }

  /// Whether this is the name of its servers.
  func isNamed(_ host: String) -> Bool { host == domain || host == proxy?.host }

  /// The value of the Route that leads through the proxy.
  var route: String? { proxy.map { $0.isLooseRouter ? "<\($0)>" : "<\($0);lr>" } }
}
