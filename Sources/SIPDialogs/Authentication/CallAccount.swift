// SPDX-License-Identifier: Apache-2.0

/// Whose call it is: the servers that it goes through, and what lets it through them.
public struct CallAccount: Sendable {
  /// nil: the account has no password, and no challenge is answered.
  public var credentials: DigestCredentials?
  /// Challenges of other realms are not answered; nil answers them all.
  public var realm: String?
  /// Requests that begin a dialog go through this proxy.
  public var proxy: SIPURI?
  /// Where its address is registered; nil is its domain.
  public var registrar: SIPURI?
  /// Requests that begin a dialog go through these, too: the registrar has said so (RFC 3608).
  var serviceRoutes: [String] = []
  /// Of the account's address.
  public var domain: String
  public var hash: DigestFunction

  public init(
    domain: String, credentials: DigestCredentials? = nil, realm: String? = nil, proxy: SIPURI? = nil,
    registrar: SIPURI? = nil, hash: @escaping DigestFunction
  ) {
    (self.domain, self.credentials, self.realm, self.proxy) = (domain.asciiLowercased, credentials, realm, proxy)
    (self.registrar, self.hash) = (registrar, hash)
  }

  /// Whether requests to this address go to the account's own servers.
  func covers(_ uri: SIPURI) -> Bool { firstHop != nil || isOwn(uri) }

  /// Whether this address leads to its servers. `maddr` leads wherever whoever has written the address likes.
  func isOwn(_ uri: SIPURI) -> Bool { !uri.parameters.contains("maddr") && isNamed(uri.host) }

  private func isNamed(_ host: String) -> Bool { host == domain || host == proxy?.host || host == registrar?.host }

  /// The value of the Route that leads through the proxy.
  var route: String? { proxy.map { $0.isLooseRouter ? "<\($0)>" : "<\($0);lr>" } }

  /// The Routes of a request that begins a dialog.
  var routes: [String] {
    // The server often names the proxy, too.
    let others = serviceRoutes.drop { (try? NameAddress($0))?.uri.host == proxy?.host }
    return [route].compactMap { $0 } + others
  }

  /// Where such a request goes; nil: where its address leads.
  var firstHop: SIPURI? { proxy ?? serviceRoutes.first.flatMap { try? NameAddress($0).uri } }
}
