// SPDX-License-Identifier: Apache-2.0

/// A far end's address, and the way to it (RFC 8445, 6.1.2). This end has two ways: directly, and through its relay.
struct CandidatePair: Sendable {
  struct Key: Sendable, Hashable {
    let remote: TransportAddress
    let isRelayed: Bool
  }

  /// Frozen does not exist with a single stream of a single component.
  enum State: Sendable, Equatable {
    case waiting
    case inProgress
    case succeeded
    case failed
  }

  struct Check: Sendable {
    let id: [UInt8]
    let bytes: [UInt8]
    let wasControlling: Bool
    let nominates: Bool
    var timing = Retransmission.check
  }

  /// Checks whose answers are still welcome.
  static let mostChecks = 8

  let key: Key
  let localPriority: UInt32
  var remotePriority: UInt32
  var state = State.waiting
  /// Its turn is before ordinary checks (RFC 8445, 6.1.4.1). They are in the order of this number.
  var trigger: UInt64?
  /// The next check has USE-CANDIDATE.
  var isToNominate = false
  /// The far end has sent USE-CANDIDATE.
  var wasNominated = false
  /// One of both ends has nominated it, and a check has succeeded.
  var isNominated = false
  /// The last one is at work if `isChecking`.
  var checks: [Check] = []
  var isChecking = false
  var heardAt: Int64?

  init(_ key: Key, remotePriority: UInt32) {
    (self.key, self.remotePriority) = (key, remotePriority)
    localPriority = (key.isRelayed ? ICECandidate.Kind.relayed : .host).priority
  }

  /// RFC 8445, 6.1.2.3.
  func priority(isControlling: Bool) -> UInt64 {
    let (high, low) = (max(localPriority, remotePriority), min(localPriority, remotePriority))
    let isOwnHigher = localPriority > remotePriority
    return UInt64(low) << 32 + UInt64(high) << 1 + (isControlling == isOwnHigher && high != low ? 1 : 0)
  }

  var isActive: Bool { state == .waiting || state == .inProgress || isChecking }

  mutating func stop() {
    (isChecking, trigger, isToNominate) = (false, nil, false)
    if state != .succeeded { state = .failed }
  }
}
