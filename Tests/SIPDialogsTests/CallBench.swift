// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import DiceTestSupport
import FoundationEssentials

@testable import SIPDialogs

/// A call, its daemon, the network and far ends, in a time of their own: what happens is the same every time.
final class CallBench {
  struct Faults {
    /// Of a thousand messages.
    var lost = 0
    var doubled = 0
    /// In milliseconds.
    var delay: ClosedRange<Int64> = 5...5
  }

  struct Event {
    var time: Int64
    var number: Int
    var action: () -> Void
  }

  static let own = "192.0.2.1"
  private(set) var now: Int64 = 1000
  var dice: Dice
  var faults = Faults()
  /// What is wrong with what was seen.
  var complaints: [String] = []
  var farEnds: [String: FarEnd] = [:]
  /// Where names lead.
  var names: [String: [Target]] = [:]
  /// Addresses from which a packet comes back.
  var refusing: Set<String> = []
  var hasPath = true
  /// Of addresses of IPv4 and of IPv6, there is a relay: false where calls need one.
  var hasRelay = (four: true, six: true)
  var address = CallBench.own

  /// Every one of the processes that were started, of which the last may live.
  var processes = 0
  var process: CallProcess?
  var order: CallOrder
  /// What the daemon has heard.
  var reports: [CallReport] = []
  var refusals: [String] = []
  var warnings: [String] = []
  var ticket: CallTicket?
  /// That takes most of a test's time; who lives the same again and again need not.
  var measuresTickets = true
  var leaving: EndReason?
  var hasExited = false
  var longestTicket = 0
  /// The process dies before its effect of this number.
  var lastEffect: Int?
  var effects = 0
  /// After how many effects those that follow it die, too.
  var deaths: [Int] = []
  var restartsAfter: Int64 = 100
  var sounds: [Sound] = []
  /// Far ends send packets where they have agreed to.
  var isSoundOn = true
  /// The newest CSeq of each dialog.
  var sequences: [String: UInt32] = [:]
  /// When the user was told that it is over.
  var endedAt: Int64?
  private var events: [Event] = []
  private var number = 0

  init(_ uri: String = "sip:far@192.0.2.9", seed: UInt64 = 1, muted: Bool = false) throws {
    dice = Dice(seed)
    order = CallOrder(
      uri: try SIPURI(uri), user: "me", codecs: CodecTable.all, packetTime: 20,
      stream: StreamIdentity(source: 1, firstSequence: 2, firstTimestamp: 3, epoch: 4), muted: muted)
    sendSound()
  }

  @discardableResult func add(_ host: String = "192.0.2.9") -> FarEnd {
    let farEnd = FarEnd(host, bench: self)
    farEnds[host] = farEnd
    return farEnd
  }

  /// What happened, where it is wanted to be seen.
  var log: [String]?
  func note(_ text: @autoclosure () -> String) { log?.append("\(now - 1000) \(text())") }

  func complain(_ text: String) { if complaints.count < 20 { complaints.append("\(now - 1000) ms: \(text)") } }

  // MARK: - Time

  func after(_ wait: Int64, _ action: @escaping () -> Void) {
    number += 1
    let event = Event(time: now + wait, number: number, action: action)
    var (low, high) = (0, events.count)
    while low < high {
      let middle = (low + high) / 2
      let isLater = (events[middle].time, events[middle].number) > (event.time, event.number)
      if isLater { low = middle + 1 } else { high = middle }
    }
    events.insert(event, at: low)
  }

  /// Until something is so; whether it came to be so within that time.
  @discardableResult func run(_ milliseconds: Int64, until isSo: () -> Bool = { false }) -> Bool {
    let end = now + milliseconds
    var steps = 0
    while let event = events.last, event.time <= end {
      if isSo() { return true }
      events.removeLast()
      steps = event.time == now ? steps + 1 : 0
      if steps > 2000 {
        complain("time stands still")
        return false
      }
      now = event.time
      event.action()
    }
    if isSo() { return true }
    now = end
    return false
  }

  // MARK: - The daemon

  func place() { start(.place) }

  func start(_ input: CallInput) {
    processes += 1
    if processes > 1, !deaths.isEmpty { lastEffect = effects + deaths.removeFirst() }
    let process = CallProcess(order, bench: self)
    self.process = process
    process.feed(input)
    if let leaving { self.process?.feed(.leave(leaving)) }
  }

  func leave(_ reason: EndReason = .hungUp) {
    note("leave")
    leaving = leaving ?? reason
    process?.feed(.leave(reason))
  }

  func hold(_ held: Bool) {
    note("hold \(held)")
    order.held = held
    process?.feed(.setHeld(held))
  }

  func transfer(_ target: String) {
    note("transfer")
    process?.feed(.transfer(target))
  }

  func answerTransfer(_ answer: String) {
    note("transfer \(answer)")
    process?.feed(.answerTransfer(answer, target: reports.last?.report.transferRequest))
  }

  func mute(_ muted: Bool) {
    order.muted = muted
    process?.feed(.setMuted(muted))
  }

  func path(_ isThere: Bool) {
    note("path \(isThere)")
    hasPath = isThere
    if !isThere { process?.breakConnections() }
    process?.feed(.path(isThere ? .found : .lost))
  }

  /// The process dies, and another one follows with what the daemon knows.
  func crash() {
    guard process != nil else { return }
    note("crash")
    process = nil
    guard !hasExited else { return }
    after(restartsAfter) { [unowned self] in
      guard process == nil, let ticket else { return }
      do {
        let text = try JSONEncoder().encode(ticket)
        if text.count >= 16 * 1024 { complain("a ticket of \(text.count) bytes") }
        start(.takeUp(try JSONDecoder().decode(CallTicket.self, from: text)))
      } catch {
        complain("the ticket cannot be read: \(error)")
      }
    }
  }

  func heard(_ report: CallReport) {
    if case .ended(let reason, _, _) = state {
      if case .ended(reason, _, _) = report.report.state {} else { complain("\(report.report.state) after the end") }
    }
    reports.append(report)
    note("state \(report.report.state) \(report.report.onHold ? "held" : "")")
    keep(report.ticket)
    if endReason != nil, endedAt == nil { endedAt = now }
  }

  /// As much of it as the daemon keeps.
  private func keep(_ new: CallTicket?) {
    ticket = new
    guard measuresTickets, let new else { return }
    var length = 0
    ticket = new.fitting(16 * 1024) {
      length = (try? JSONEncoder().encode($0).count) ?? .max
      return length
    }
    longestTicket = max(longestTicket, length)
    if length >= 16 * 1024 { complain("a ticket of \(length) bytes") }
  }

  func heard(_ sound: Sound) {
    sounds.append(sound)
    guard sound.plan?.direction.sends == true, !sound.isMicrophoneOff else { return }
    if order.muted { complain("the microphone is open while it is muted") }
    if order.held { complain("the microphone is open while the call is on hold") }
  }

  var state: EngineReport.State? { reports.last?.report.state }
  var isOnHold: Bool { reports.last?.report.onHold == true }
  var isJoined: Bool { state == .joined }
  var endReason: EndReason? { if case .ended(let reason, _, _) = state { reason } else { nil } }
  var endDetail: String? { if case .ended(_, let detail, _) = state { detail } else { nil } }
  var isMicrophoneOpen: Bool { sounds.last.map { $0.plan?.direction.sends == true && !$0.isMicrophoneOff } ?? false }

  /// Joined, and told everything.
  func join() -> Bool {
    place()
    let isUp = run(3000) { self.isJoined }
    run(500)
    return isUp
  }

  /// Fifty packets a second.
  func sendSound() {
    after(500) { [unowned self] in
      sendSound()
      guard isSoundOn, hasPath, let process, farEnds.values.contains(where: \.isSending) else { return }
      process.packets += 25
      process.feed(.heard(at: now, packets: process.packets))
    }
  }

  // MARK: - The network

  func carry(_ deliver: @escaping () -> Void) {
    guard hasPath else { return }
    let copies = chance(faults.doubled) ? 2 : 1
    for _ in 0..<copies where !chance(faults.lost) {
      after(Int64.random(in: faults.delay, using: &dice), deliver)
    }
  }

  /// Of a request that is no repetition.
  func note(_ request: SIPMessage) {
    guard let tag = request.toTag, request.method != "CANCEL", let sequence = request.sequence else { return }
    let key = "\(request.callID ?? "") \(tag)"
    if let last = sequences[key], last >= sequence {
      complain("\(request.method ?? "") with CSeq \(sequence) after \(last)")
    }
    sequences[key] = sequence
  }

  func chance(_ ofThousand: Int) -> Bool { ofThousand > 0 && Int.random(in: 0..<1000, using: &dice) < ofThousand }

  func toFarEnd(_ message: SIPMessage, _ target: Target, from source: String) {
    note("→ \(target.host) \(message.brief)")
    carry { [unowned self] in farEnds[target.host]?.receive(message, from: source) }
  }

  func toCall(_ message: SIPMessage, from host: String) {
    note("← \(host) \(message.brief)")
    carry { [unowned self] in process?.receive(message, from: host) }
  }
}

extension SIPMessage {
  var direction: MediaPlan.Direction? {
    MediaPlan.Direction.allCases.first { body.text.contains("a=\($0.rawValue)\r\n") }
  }

  /// For people who look for what went wrong.
  var brief: String {
    return "\(method ?? "\(status ?? 0)") \(self["CSeq"] ?? "") to \(toTag ?? "–") \(direction?.rawValue ?? "")"
  }
}
