// SPDX-License-Identifier: Apache-2.0

/// The selected path, and the far end's consent to get media on it (RFC 7675).
struct ActivePath: Sendable {
  /// Of a consent check; each time a random part of it, from 80 to 120 percent.
  static let interval: Int64 = 5000
  static let consent: Int64 = 30_000
  /// Two checks at least are unanswered.
  static let silence: Int64 = 12_000
  /// As many as fit into the time for which consent holds.
  static let mostChecks = 8

  let path: ICEPath
  /// Of the session that has selected it, which may not be the current one.
  let local: ICECredentials
  let remote: ICECredentials
  /// Nil for a successor that has not begun.
  var heardAt: Int64?
  var checkAt: Int64 = 0
  var checks: [[UInt8]] = []

  init(_ path: ICEPath, _ local: ICECredentials, _ remote: ICECredentials, heardAt: Int64?) {
    (self.path, self.local, self.remote, self.heardAt) = (path, local, remote, heardAt)
  }

  var key: CandidatePair.Key { CandidatePair.Key(remote: path.remote, isRelayed: path.relay != nil) }

  func isSilent(at now: Int64) -> Bool { heardAt.map { now - $0 >= Self.silence } ?? false }

  var expiresAt: Int64? { heardAt.map { $0 + Self.consent } }
}
