// SPDX-License-Identifier: Apache-2.0

/// Why a challenge was not answered.
enum AuthenticationError: Error, Sendable, Equatable, CustomStringConvertible {
  case noPassword(realm: String)
  case rejected(user: String, realm: String)
  /// It comes from a host that is none of the account's servers.
  case stranger(host: String, realm: String)
  case otherRealm(String, expected: String)
  /// The far end may have asked, because the server itself has not asked for this before.
  case late(realm: String, isAccounts: Bool)
  /// It has no challenge that is known.
  case unanswerable(String)
  /// The request has been challenged that often, and each time anew.
  case endless(Int)

  var description: String {
    switch self {
    case .noPassword(let realm):
      "the server asks for a password for “\(realm.excerpt)”; this call has none"
    case .rejected(let user, let realm):
      "the server does not accept the password of “\(user.excerpt)” for “\(realm.excerpt)”; check both"
    case .stranger(let host, let realm):
      "\(host) asks for a password for “\(realm.excerpt)”, but is not a server of the account; it got no answer"
    case .otherRealm(let realm, let expected):
      "the server asks for a password for “\(realm.excerpt)”, but the account's is for “\(expected.excerpt)”"
    case .late(let realm, let isAccounts):
      "a password for “\(realm.excerpt)” is asked for in the call, but not as the server had asked before; "
        + "it got no answer, because the far end may have asked"
        + (isAccounts ? "" : "; if this is the server's realm, set it as the account's realm")
    case .unanswerable(let what): "the server asks for an authentication that this engine does not know: \(what)"
    case .endless(let count):
      "the server asked for the password \(count) times in a row, each time with a new challenge"
    }
  }
}

extension DigestChallenge.Problem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .scheme(let scheme): "\(scheme); expected Digest"
    case .algorithm(let name):
      "the algorithm \(name); expected \(DigestAlgorithm.allCases.map(\.rawValue).joined(separator: ", "))"
    case .quality(let name): "qop=\(name); expected auth"
    case .malformed(let why): "its challenge is malformed: \(why)"
    }
  }
}
