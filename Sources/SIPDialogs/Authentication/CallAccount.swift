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
  private var port: UInt16?
  public var hash: DigestFunction

  public init(
    domain: String, port: UInt16? = nil, credentials: DigestCredentials? = nil, realm: String? = nil,
    proxy: SIPURI? = nil, registrar: SIPURI? = nil, hash: @escaping DigestFunction
  ) {
    (self.domain, self.port) = (domain.asciiLowercased, port)
    (self.credentials, self.realm, self.proxy) = (credentials, realm, proxy)
    (self.registrar, self.hash) = (registrar, hash)
  }

  /// Whether requests to this address go to the account's own servers.
  func covers(_ uri: SIPURI, isOfUser: Bool) -> Bool { firstHop != nil || isOwn(uri, isOfUser: isOfUser) }

  /// Whether this address leads to its servers. `maddr` leads wherever whoever has written the address likes, and so
  /// does a port: far ends may share a server's address.
  func isOwn(_ uri: SIPURI, isOfUser: Bool = false) -> Bool {
    !uri.parameters.contains("maddr") && servers.contains { $0.host == uri.host && (isOfUser || $0.has(uri.port)) }
  }

  private struct Server {
    var host: String
    var port: UInt16?

    func has(_ other: UInt16?) -> Bool {
      guard let other, other != port else { return true }
      return port == nil && Target.Transport.allCases.contains { $0.defaultPort == other }
    }
  }

  private var servers: [Server] {
    [Server(host: domain, port: port)]
      + [proxy, registrar].compactMap { $0 }.map { Server(host: $0.host, port: $0.port) }
  }

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
