// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import DiceTestSupport
import Testing

@testable import SIPDialogs

/// Whatever happens in whatever order: what must hold all the same.
@Suite struct CallRandomTests {
  private static let lives = 800

  @Test(arguments: 0..<8) func invariantsHold(part: Int) throws {
    for life in 0..<Self.lives / 8 {
      let seed = UInt64(part * 1_000_000 + life)
      let wrong = try Self.live(seed)
      // To see how it came to be, it is lived again with its log.
      if !wrong.isEmpty { Issue.record("seed \(seed): \(wrong)") }
    }
  }

  static func live(_ seed: UInt64, isLogged: Bool = false) throws -> [String] {
    var dice = Dice(seed &* 7919 &+ 13)
    let uri = ["sip:far@192.0.2.9", "sip:far@192.0.2.9", "sip:far@192.0.2.9;transport=tcp", "sip:far@phone.example"]
    let bench = try CallBench(dice.one(of: uri), seed: seed)
    if isLogged { bench.log = [] }
    let far = bench.add()
    prepare(bench, far, &dice)
    let leaves = Int64.random(in: 0...90_000, using: &dice)
    if leaves < 60_000 { bench.after(leaves) { bench.leave() } }
    for _ in 0..<Int.random(in: 0...14, using: &dice) { act(bench, far, &dice) }
    bench.place()
    bench.run(70_000)

    // Everything is well again, and comes to rest.
    bench.faults = .init()
    (far.isDeaf, bench.refusing, bench.isSoundOn) = (false, [], true)
    (far.reinvites, far.question, far.update) = ([.accept], .accept, .accept)
    if !bench.hasPath { bench.path(true) }
    bench.run(60_000)
    var wrong =
      bench.leaving == nil && bench.endReason == nil && !bench.isRinging ? CallStory.check(bench) : bench.complaints
    bench.leave()
    bench.run(75_000)
    // Who rings on though it was cancelled cannot be helped.
    let open = bench.farEnds.values.flatMap(\.open).filter { $0.state == .confirmed || far.obeysCancel }
    if !open.isEmpty { wrong.append("left: \(open.map(\.state))") }
    if bench.process != nil || bench.ticket != nil { wrong.append("it does not exit") }
    if bench.farEnds.values.contains(where: { $0.calls > 1 && !$0.redirects }) { wrong.append("more than one call") }
    for line in bench.log ?? [] { print(line) }
    return wrong
  }

  private static func prepare(_ bench: CallBench, _ far: FarEnd, _ dice: inout Dice) {
    let delay = Int64.random(in: 1...20, using: &dice)
    bench.faults.delay = delay...(delay + dice.one(of: [0, 0, 5, 300]))
    if !bench.isConnected {
      bench.faults.lost = dice.one(of: [0, 0, 50, 250])
      bench.faults.doubled = dice.one(of: [0, 0, 100])
    }
    bench.restartsAfter = Int64.random(in: 0...2000, using: &dice)
    if Bool.random(using: &dice) { bench.lastEffect = Int.random(in: 0...60, using: &dice) }
    bench.names["phone.example"] = [Target(.udp, "2001:db8::9", 5060), Target(.udp, far.host, 5060)]
    if Bool.random(using: &dice) {
      let other = bench.add("2001:db8::9")
      other.replies = replies(of: other, &dice)
      (other.alias, far.alias) = Bool.random(using: &dice) ? (far, other) : (nil, nil)
    }
    far.replies = replies(of: far, &dice)
    far.reinvites = (0..<3).map { _ in
      dice.one(of: [.accept, .accept, .accept, .refuse(491), .refuse(488), .refuse(500), .refuse(481), .silent])
    }
    far.knowsReplaces = Bool.random(using: &dice)
    far.cancel = dice.one(of: [.accept, .accept, .refuse(200), .silent])
    far.question = dice.one(of: [.accept, .accept, .refuse(405), .silent])
  }

  private static func replies(of far: FarEnd, _ dice: inout Dice) -> [FarEnd.Reply] {
    var replies: [FarEnd.Reply] = []
    let start = Int64.random(in: 0...3000, using: &dice)
    let answer = start + Int64.random(in: 0...8000, using: &dice)
    let expires = dice.one(of: [nil, "90;refresher=uac", "90;refresher=uas"])
    let change: (inout SIPMessage) -> Void = {
      $0.add("Allow", "INVITE, ACK, BYE, UPDATE")
      if let expires { $0.add("Session-Expires", expires) }
    }
    if Bool.random(using: &dice) { replies.append(.init(after: start, status: 100)) }
    if Bool.random(using: &dice) { replies.append(.init(after: start + 5, status: 180, direction: nil)) }
    if Int.random(in: 0..<3, using: &dice) == 0 {
      replies.append(
        .init(after: start + 9, status: 183) {
          $0.add("Require", "100rel")
          $0.add("RSeq", "9")
        })
    }
    switch Int.random(in: 0..<10, using: &dice) {
    case 0: replies.append(.init(after: answer, status: dice.one(of: [302, 404, 486, 503, 603]), direction: nil))
    case 1: break
    case 2:
      for tag in ["a", "b", "c"].map({ "\($0)-\(far.host)" }) {
        if Bool.random(using: &dice) { replies.append(.init(after: start, status: 180, tag: tag, direction: nil)) }
        replies.append(
          .init(after: answer + Int64.random(in: 0...2000, using: &dice), status: 200, tag: tag, change: change))
      }
    default: replies.append(.init(after: answer, status: 200, change: change))
    }
    return replies
  }

  private static func act(_ bench: CallBench, _ far: FarEnd, _ dice: inout Dice) {
    let time = Int64.random(in: 0...60_000, using: &dice)
    let length = Int64.random(in: 100...10_000, using: &dice)
    func later(_ action: @escaping () -> Void) { bench.after(time, action) }
    let up: () -> FarEndLeg? = { far.confirmed.first { $0.unacknowledged.isEmpty } }
    let direction = dice.one(of: MediaPlan.Direction.allCases)
    switch Int.random(in: 0..<16, using: &dice) {
    case 0, 1: later { bench.hold(true) }
    case 2, 3: later { bench.hold(false) }
    case 4: later { bench.mute(!bench.order.muted) }
    case 5, 6: later { if let leg = up(), !leg.hasOffered { far.offer(direction, leg) } }
    case 7: later { if let leg = up(), !leg.hasOffered { far.offer(nil, leg) } }
    case 8: later { if let leg = up(), !leg.hasOffered { far.offer(direction, leg, method: "UPDATE") } }
    case 9: later { if let leg = up() { far.request(["OPTIONS", "REFER", "INFO", "NOTIFY"][Int(length % 4)], leg) } }
    case 10, 11: later { bench.crash() }
    case 12:
      later { bench.path(false) }
      bench.after(time + length) { bench.path(true) }
    case 13:
      later { bench.isSoundOn = false }
      bench.after(time + length) { bench.isSoundOn = true }
    case 14:
      // By a connection nothing is lost alone.
      guard !bench.isConnected else { return }
      later { far.isDeaf = true }
      bench.after(time + length) { far.isDeaf = false }
    default:
      if length < 2000 { later { if let leg = up() { far.hangUp(leg) } } }
      if length > 9500 { later { far.forget() } }
    }
  }
}

extension Dice {
  mutating func one<Value>(of values: [Value]) -> Value { values[Int.random(in: values.indices, using: &self)] }
}

extension FarEnd {
  var obeysCancel: Bool { if case .accept = cancel { true } else { false } }
  var redirects: Bool { replies.contains { $0.status == 302 } }
}

extension CallBench {
  var isConnected: Bool { order.uri.transport == "tcp" }
  var isRinging: Bool { state == .ringing || state == .connecting || state == nil }
}
