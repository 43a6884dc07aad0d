// SPDX-License-Identifier: Apache-2.0

/// The connection with the far end of a dialog, and the attempts to get it back.
struct FarEndLink: Sendable, Equatable {
  enum Takeover: Sendable, Equatable {
    case call
    case dialog
  }

  var hasPath = true
  /// The path of the dialog's `end` is open in this process.
  var isOpen = false
  var watch = FarEndWatch()
  /// What the previous process had, until the far end confirms that it still has it.
  var takeover: Takeover?
  /// This end's address as the next hop sees it: another one than its own behind NAT.
  private var mapping: String?
  private(set) var isBehindNAT = false
  private var remappedAt: Int64?
  private var remappingPause = CallWait.mapping
  /// Between two tries.
  private(set) var pause = CallWait.firstRepair
  private var refusedSince: Int64?
  private var connectionLostAt: Int64?
  private var reconnectionPause: Int64 = 0
  /// An offer could not be sent, and is tried once more.
  var wasUnsendable = false

  /// The far end has answered.
  mutating func isBack() {
    (takeover, refusedSince, wasUnsendable) = (nil, nil, false)
    restartPause()
  }

  /// - Returns: whether a NAT has given this end another address. One that gives another one again and again is noticed
  ///   less and less often.
  mutating func isRemapped(by response: SIPMessage, at end: LocalEnd, now: Int64) -> Bool {
    guard let via = response.topVia, let port = via.rport else { return false }
    let seen = "\(via.received ?? via.host) \(port)"
    isBehindNAT = NumericAddress(via.received ?? via.host) != NumericAddress(end.address) || port != end.port
    guard let known = mapping, known != seen else {
      mapping = seen
      return false
    }
    if let remappedAt, now < remappedAt + remappingPause { return false }
    if remappedAt != nil { remappingPause = min(remappingPause * 2, CallWait.longestRemapping) }
    (mapping, remappedAt) = (seen, now)
    return true
  }

  /// From another address of this end's.
  mutating func forgetMapping() { mapping = nil }

  mutating func restartPause() { pause = CallWait.firstRepair }

  mutating func lengthenPause() { pause = min(pause * 2, CallWait.longestRepair) }

  /// - Returns: how long to wait before the next one, in milliseconds.
  mutating func lostConnection(at now: Int64) -> Int64 {
    let isSteady = connectionLostAt.map { now - $0 >= CallWait.steadyConnection } ?? true
    connectionLostAt = now
    let longer = min(max(reconnectionPause * 2, CallWait.firstRepair), CallWait.longestReconnection)
    reconnectionPause = isSteady ? 0 : longer
    return reconnectionPause
  }

  /// Nothing answers at the far end's port.
  /// - Returns: for how long, in milliseconds.
  mutating func refused(at now: Int64) -> Int64 {
    let since = refusedSince ?? now
    refusedSince = since
    return now - since
  }
}
