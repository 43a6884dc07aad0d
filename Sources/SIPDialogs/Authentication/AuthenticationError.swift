// SPDX-License-Identifier: Apache-2.0

/// Why a challenge was not answered.
public enum AuthenticationError: Error, Sendable, Equatable, CustomStringConvertible {
  case noPassword(realm: String)
  case rejected(user: String, realm: String)
  /// It has no challenge that is known.
  case unanswerable(String)
  /// It has been challenged that often, and each time anew.
  case endless(Int)

  public var description: String {
    switch self {
    case .noPassword(let realm):
      "the server asks for a password for “\(realm.excerpt)”; add an account with it (ongoingcallctl account add)"
    case .rejected(let user, let realm):
      "the server does not accept the password of “\(user.excerpt)” for “\(realm.excerpt)”; check both"
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
