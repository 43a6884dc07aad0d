// SPDX-License-Identifier: Apache-2.0

/// What a server of an account has asked for before anybody behind it could.
///
/// Proxies pass on what those behind them ask. Whoever gets an answer for a nonce of his choice can try passwords, so
/// only what the servers themselves have asked for is answered for the rest of a call.
public struct AskedRealm: Sendable, Equatable, Codable {
  private var realm: String
  private var isOfProxy: Bool
  private var algorithm: DigestAlgorithm
  private var hasQuality: Bool

  init(_ challenge: DigestChallenge) {
    (realm, isOfProxy) = (challenge.realm, challenge.isOfProxy)
    (algorithm, hasQuality) = (challenge.algorithm, challenge.hasQuality)
  }

  /// Whether a later challenge asks for the same, and for no weaker answer.
  func covers(_ challenge: DigestChallenge) -> Bool {
    challenge.realm == realm && challenge.isOfProxy == isOfProxy && (challenge.hasQuality || !hasQuality)
      && (challenge.algorithm != .md5 || algorithm == .md5)
  }

  /// In bytes, of what the server chooses.
  var length: Int { realm.utf8.count }
}
