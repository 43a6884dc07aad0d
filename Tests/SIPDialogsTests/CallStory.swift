// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

/// A call from its beginning to its end, to be told again with processes that die in it.
struct CallStory: Sendable, CustomTestStringConvertible {
  typealias Action = @Sendable (CallBench, FarEnd) -> Void

  private struct Step: Sendable {
    var at: Int64
    var what: Action
  }

  let testDescription: String
  let uri: String
  private var prepare: Action = { _, _ in }
  private var steps: [Step] = []

  init(_ name: String, uri: String = "sip:far@192.0.2.9") { (testDescription, self.uri) = (name, uri) }

  func first(_ what: @escaping Action) -> CallStory {
    var story = self
    story.prepare = what
    return story
  }

  func challenged(lifetime: UInt32 = .max, _ prepare: @escaping @Sendable (FarEnd) -> Void = { _ in }) -> CallStory {
    first { bench, far in
      let server = Challenger()
      server.lifetime = lifetime
      far.challengers = [server]
      bench.order.account = Challenger.account()
      prepare(far)
    }
  }

  func at(_ time: Int64, _ what: @escaping Action) -> CallStory {
    var story = self
    story.steps.append(Step(at: time, what: what))
    return story
  }

  func leaving(at time: Int64) -> CallStory { at(time) { bench, _ in bench.leave() } }
  func holding(_ held: Bool, at time: Int64) -> CallStory { at(time) { bench, _ in bench.hold(held) } }

  func bench(seed: UInt64 = 1) throws -> (CallBench, FarEnd) {
    let bench = try CallBench(uri, seed: seed)
    let far = bench.add()
    prepare(bench, far)
    for step in steps { bench.after(step.at) { [unowned bench, unowned far] in step.what(bench, far) } }
    return (bench, far)
  }

  /// What must not be, however the call went.
  static func check(_ bench: CallBench) -> [String] {
    var wrong = bench.complaints
    let farEnds = bench.farEnds.values
    if farEnds.contains(where: { $0.calls > 1 }) { wrong.append("more than one call") }
    let open = farEnds.flatMap(\.open)
    guard bench.endReason == nil, bench.process != nil else {
      if !open.isEmpty { wrong.append("left of a call that is over: \(open.map(\.state))") }
      if bench.process != nil { wrong.append("it does not exit") }
      return wrong
    }
    if open.map(\.state) != [.confirmed] { wrong.append("\(open.map(\.state)) is not one call") }
    if open.contains(where: { !$0.unacknowledged.isEmpty }) { wrong.append("a 2xx has no ACK") }
    if bench.state != .joined { wrong.append("the call is \(bench.state.map { "\($0)" } ?? "none")") }
    let own = bench.sounds.last?.plan?.direction
    if let leg = open.first, own?.reversed != leg.direction {
      wrong.append("the far end is \(leg.direction), this end \(own?.rawValue ?? "nothing")")
    }
    if bench.isOnHold != bench.order.held { wrong.append("the user's wish to hold is not met") }
    return wrong
  }

  static let all: [CallStory] = [
    CallStory("held, taken back and hung up").holding(true, at: 1000).holding(false, at: 2000).leaving(at: 3000),
    CallStory("it goes on"),
    CallStory("on hold it goes on").holding(true, at: 1000),
    CallStory("muted it goes on").first { bench, _ in bench.order.muted = true },
    CallStory("left while it rings").first { $1.replies[1].after = 5000 }.leaving(at: 1000),
    CallStory("left while it is tried").first {
      $1.replies = [.init(after: 20, status: 100), .init(after: 5000, status: 200)]
    }.leaving(at: 1000),
    CallStory("left before it rings").first {
      $1.replies = [.init(after: 2000, status: 180, direction: nil), .init(after: 6000, status: 200)]
    }.leaving(at: 1000),
    CallStory("answered though it was cancelled").first {
      $1.replies[1].after = 9000
      $1.cancel = .refuse(200)
    }.leaving(at: 1000),
    CallStory("the far end hangs up").at(2000) { $1.hangUpIfUp() }.leaving(at: 9000),
    CallStory("the far end holds").at(2000) { $1.holdIfUp() }.leaving(at: 15_000),
    CallStory("both hold at once").at(2000) {
      $1.holdIfUp()
      $0.hold(true)
    }.leaving(at: 15_000),
    CallStory("the far end wants an offer").at(2000) { if let leg = $1.leg, $0.isJoined { $1.offer(nil, leg) } }
      .leaving(at: 15_000),
    CallStory("refused").first { $1.replies[1] = .init(after: 500, status: 486, direction: nil) },
    CallStory("early media, reliably").first {
      $1.replies[0] = .init(after: 20, status: 183) {
        $0.add("Require", "100rel")
        $0.add("RSeq", "7")
      }
    }.leaving(at: 3000),
    CallStory("two answer").first {
      $1.replies = [
        .init(after: 20, status: 180, tag: "a", direction: nil), .init(after: 100, status: 200, tag: "a"),
        .init(after: 200, status: 200, tag: "b"),
      ]
    }.leaving(at: 3000),
    CallStory("by TCP", uri: "sip:far@192.0.2.9;transport=tcp").holding(true, at: 1000).leaving(at: 3000),
    CallStory("by TCP, the connection is lost", uri: "sip:far@192.0.2.9;transport=tcp")
      .at(1000) { bench, _ in bench.loseConnection() }.holding(true, at: 2000).leaving(at: 5000),
    CallStory("by TCP, left while it rings", uri: "sip:far@192.0.2.9;transport=tcp")
      .first { $1.replies[1].after = 5000 }.leaving(at: 1000),
    CallStory("of two addresses both answer", uri: "sip:far@phone.example").first { bench, far in
      bench.names["phone.example"] = [Target(.udp, "2001:db8::9", 5060), Target(.udp, "192.0.2.9", 5060)]
      let slow = bench.add("2001:db8::9")
      slow.replies = [.init(after: 2600, status: 180, direction: nil), .init(after: 2750, status: 200)]
      far.replies[1].after = 300
    }.leaving(at: 9000),
    CallStory("of two addresses one is silent", uri: "sip:far@phone.example").first { bench, far in
      bench.names["phone.example"] = [Target(.udp, "2001:db8::9", 5060), Target(.udp, "192.0.2.9", 5060)]
      far.replies[1].after = 3000
    }.leaving(at: 4000),
    CallStory("redirected").first { bench, far in
      far.replies = [.init(after: 20, status: 302, direction: nil) { $0["Contact"] = "<sip:b@192.0.2.10>" }]
      bench.add("192.0.2.10")
    }.leaving(at: 3000),
    CallStory("the path is lost and found").at(1000) { bench, _ in bench.path(false) }
      .at(3000) { bench, _ in bench.path(true) }.leaving(at: 9000),
    CallStory("the far end is asked for a transfer, which fails").at(1000) { bench, _ in
      bench.transfer("sip:c@192.0.2.77")
    }
    .at(4000) { if let leg = $1.leg, leg.state == .confirmed { $1.notice("SIP/2.0 486 Busy", leg) } }
    .leaving(at: 15_000),
    CallStory("transferred by this end").at(1000) { bench, _ in bench.transfer("sip:c@192.0.2.77") }
      .at(4000) { if let leg = $1.leg, leg.state == .confirmed { $1.notice("SIP/2.0 200 OK", leg) } }
      .leaving(at: 15_000),
    CallStory("transferred by the far end").at(1000) { if let leg = $1.leg { $1.refer(to: "sip:c@192.0.2.77", leg) } }
      .at(3000) { bench, _ in bench.answerTransfer("accepted") }.at(5000) { bench, _ in bench.answerTransfer("done") }
      .leaving(at: 15_000),
    CallStory("a server asks for a password").challenged().holding(true, at: 1000).leaving(at: 3000),
    CallStory("a server asks every time").challenged(lifetime: 1).holding(true, at: 1000).leaving(at: 3000),
    CallStory("by TCP, a server asks", uri: "sip:far@192.0.2.9;transport=tcp").challenged(lifetime: 1)
      .leaving(at: 3000),
    CallStory("a server asks, left while it rings").challenged { $0.replies[1].after = 5000 }.leaving(at: 1000),
  ]
}

extension FarEnd {
  func hangUpIfUp() { if let leg, leg.state == .confirmed { hangUp(leg) } }
  func holdIfUp() { if let leg, leg.state == .confirmed { offer(.sendonly, leg) } }
}
