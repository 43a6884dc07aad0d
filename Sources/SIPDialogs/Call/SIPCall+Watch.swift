// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

/// Tracks whether the far end is there: what was heard from it, and when.
struct FarEndWatch: Sendable, Equatable {
  /// By RTP or RTCP.
  private(set) var packetAt: Int64?
  private(set) var packets: UInt64 = 0
  /// By SIP.
  private(set) var signAt: Int64 = 0
  var askedAt: Int64?
  private(set) var begunAt: Int64 = 0
  /// The packets at the time of the loss; when there are more, the connection is back.
  var packetsAtLoss: UInt64 = 0

  /// Packets that were in flight when the connection broke do not count as its return.
  static let stragglers: UInt64 = 10

  mutating func begin(at now: Int64) {
    self = FarEndWatch(packets: packets, signAt: now, begunAt: now, packetsAtLoss: packets)
  }

  mutating func signed(at now: Int64) { (signAt, askedAt) = (now, nil) }

  mutating func heard(at: Int64?, packets: UInt64) {
    self.packets = packets
    guard let at, at > packetAt ?? .min else { return }
    packetAt = at
    if at > askedAt ?? .max { askedAt = nil }
  }

  var heardAt: Int64 { max(packetAt ?? signAt, signAt) }

  /// When to ask whether it is there.
  func questionAt(expectingSound: Bool) -> Int64 {
    let heardAt = packetAt ?? .min
    guard expectingSound else { return max(heardAt, signAt) + CallWait.held }
    return signAt > heardAt && packetAt != nil ? signAt + CallWait.quiet : max(heardAt, signAt) + CallWait.silence
  }

  var isBack: Bool { packets > packetsAtLoss + Self.stragglers }
}

// MARK: - A far end that is not heard

extension SIPCall {
  /// Silence is not a loss: before a call is reported lost, the far end is asked in the dialog.
  mutating func watchFarEnd() {
    guard state == .joined, isOpen else { return }
    if let askedAt = watch.askedAt {
      if now >= askedAt + CallWait.answer { lost() }
    } else if now >= watch.questionAt(expectingSound: isSoundExpected), let dialog {
      watch.askedAt = now
      let question = dialog.request("OPTIONS", sequence: nextSequence(), branch: branch())
      _ = send(question, by: dialog.end, as: .question)
    }
  }

  var watchDeadline: Int64? {
    guard phase == .up, state == .joined, isOpen else { return nil }
    if let askedAt = watch.askedAt { return askedAt + CallWait.answer }
    return watch.questionAt(expectingSound: isSoundExpected)
  }

  private var isSoundExpected: Bool { plan?.direction.receives == true && !isHeld }

  mutating func questionAnswered(_ status: Int) {
    guard phase == .up else { return }
    if status == 481 { return unknown() }
    if status == 408 { return lost() }
    if case .reconnecting(.network) = state, hasPath { state = .joined }
  }

  mutating func questionFailed() {
    guard phase == .up, state == .joined, watch.askedAt != nil else { return }
    lost()
  }

  mutating func heard(at: Int64?, packets: UInt64) {
    watch.heard(at: at, packets: packets)
    guard phase == .up, case .reconnecting(let cause) = state, hasPath, watch.isBack else { return }
    // Sound alone may come from a far end that has ended the call and does not know that it is still heard.
    guard cause == .network || now >= watch.begunAt + CallWait.takeUp else { return }
    state = .joined
    watch.signed(at: now)
    disarm(.repair)
  }

  // MARK: - Loss and repair

  mutating func lost() {
    guard phase == .up else { return }
    watch.askedAt = nil
    if state == .joined {
      state = .reconnecting(.network)
      watch.packetsAtLoss = watch.packets
      repairPause = CallWait.firstRepair
    }
    if timers[.repair] == nil { arm(.repair, after: repairPause) }
  }

  /// Tries to repair the call with an offer.
  mutating func repair() {
    guard phase == .up, state != .joined, let dialog else { return }
    repairPause = min(repairPause * 2, CallWait.longestRepair)
    arm(.repair, after: repairPause)
    guard isOpen else { return emit(.open([dialog.end.target], preferring: dialog.end)) }
    needsOffer = true
    adjustOffer()
  }

  mutating func pathChanged(_ change: CallInput.PathChange) {
    hasPath = change == .found
    if hasPath, phase == .over {
      forgetSaying()
      openForUnsaid()
    } else if hasPath, phase == .calling {
      openAgain()
    }
    guard phase == .up, let dialog else { return }
    switch change {
    case .lost:
      if state == .joined {
        state = .reconnecting(.network)
        watch.packetsAtLoss = watch.packets
      }
      watch.askedAt = nil
      disarm(.repair)
    case .found:
      repairPause = CallWait.firstRepair
      emit(.open([dialog.end.target], preferring: dialog.end))
    }
  }

  /// There is a path again, perhaps a different one: tells the far end with an offer.
  mutating func reopened(_ end: LocalEnd) {
    guard var dialog else { return }
    hasPath = true
    isOpen = true
    dialog.end = end.leading(to: dialog.end.target)
    self.dialog = dialog
    offers?.move(to: end)
    supersedeOffer()
    disarm(.offerAgain)
    needsOffer = true
    forgetSaying()
    sayAgain(at: end)
    adjustOffer()
    if state != .joined { arm(.repair, after: CallWait.longestRepair) }
  }

  mutating func notReopened(_ why: String) {
    isOpen = false
    lost()
  }
}
