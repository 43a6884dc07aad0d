// SPDX-License-Identifier: Apache-2.0
import CallLife
import Testing

@testable import SIPDialogs

/// A call from its beginning to its end, to be told again with processes that die in it.
struct CallStory: Sendable, CustomTestStringConvertible {
  var testDescription: String
  var uri = "sip:far@192.0.2.9"
  var muted = false
  /// The call is the far end's to answer, and does not begin without it.
  var prepare: @Sendable (CallBench, FarEnd) -> Void = { _, _ in }
  var steps: [(at: Int64, what: @Sendable (CallBench, FarEnd) -> Void)] = []

  /// What the user does in most of them.
  static let leave: @Sendable (CallBench, FarEnd) -> Void = { bench, _ in bench.leave() }

  func bench(seed: UInt64 = 1) throws -> (CallBench, FarEnd) {
    let bench = try CallBench(uri, seed: seed, muted: muted)
    let far = bench.add()
    prepare(bench, far)
    for step in steps { bench.after(step.at) { step.what(bench, far) } }
    return (bench, far)
  }

  /// What must not be, however the call went.
  static func check(_ bench: CallBench) -> [String] {
    var wrong = bench.complaints
    let farEnds = bench.farEnds.values
    if farEnds.contains(where: { $0.calls > 1 }) { wrong.append("more than one call") }
    let open = farEnds.flatMap(\.open)
    if bench.endReason != nil || bench.process == nil {
      if !open.isEmpty { wrong.append("\(open.count) dialogs are left of a call that is over: \(open.map(\.state))") }
      if bench.process != nil { wrong.append("it does not exit") }
    } else {
      if open.count != 1 || open.first?.state != .confirmed { wrong.append("\(open.map(\.state)) is not one call") }
      if open.contains(where: { !$0.unacknowledged.isEmpty }) { wrong.append("a 2xx has no ACK") }
      if bench.state != .joined { wrong.append("the call is \(bench.state.map { "\($0)" } ?? "none")") }
      if let leg = open.first, bench.sounds.last?.plan?.direction.reversed != leg.direction {
        wrong.append("the far end is \(leg.direction), this end \(bench.sounds.last?.plan?.direction.rawValue ?? "nothing")")
      }
      if bench.isOnHold != bench.order.held { wrong.append("the user's wish to hold is not met") }
    }
    return wrong
  }

  static let all: [CallStory] = [
    CallStory(testDescription: "held, taken back and hung up") {
      [(1000, { $0.hold(true); _ = $1 }), (2000, { $0.hold(false); _ = $1 }), (3000, leave)]
    },
    CallStory(testDescription: "it goes on") { [] },
    CallStory(testDescription: "on hold it goes on") { [(1000, { $0.hold(true); _ = $1 })] },
    CallStory(testDescription: "muted it goes on", muted: true) { [] },
    CallStory(testDescription: "left while it rings", prepare: { $1.replies[1].after = 5000 }) { [(1000, leave)] },
    CallStory(
      testDescription: "left while it is tried",
      prepare: { $1.replies = [.init(after: 20, status: 100), .init(after: 5000, status: 200)] }
    ) { [(1000, leave)] },
    CallStory(
      testDescription: "left before it rings",
      prepare: { $1.replies = [.init(after: 2000, status: 180, direction: nil), .init(after: 6000, status: 200)] }
    ) { [(1000, leave)] },
    CallStory(
      testDescription: "answered though it was cancelled",
      prepare: {
        $1.replies[1].after = 9000
        $1.cancel = .refuse(200)
        _ = $0
      }
    ) { [(1000, leave)] },
    CallStory(testDescription: "the far end hangs up") {
      [(2000, { if let leg = $1.leg, leg.state == .confirmed { $1.hangUp(leg) }; _ = $0 }), (9000, leave)]
    },
    CallStory(testDescription: "the far end holds") {
      [(2000, { if let leg = $1.leg, leg.state == .confirmed { $1.offer(.sendonly, leg) }; _ = $0 }), (15_000, leave)]
    },
    CallStory(testDescription: "both hold at once") {
      [
        (2000, { if let leg = $1.leg, leg.state == .confirmed { $1.offer(.sendonly, leg) }; $0.hold(true) }),
        (15_000, leave),
      ]
    },
    CallStory(testDescription: "refused", prepare: { $1.replies[1] = .init(after: 500, status: 486, direction: nil); _ = $0 }) { [] },
    CallStory(
      testDescription: "early media, reliably",
      prepare: {
        $1.replies[0] = .init(after: 20, status: 183) {
          $0.add("Require", "100rel")
          $0.add("RSeq", "7")
        }
        _ = $0
      }
    ) { [(3000, leave)] },
    CallStory(
      testDescription: "two answer",
      prepare: {
        $1.replies = [
          .init(after: 20, status: 180, tag: "a", direction: nil), .init(after: 100, status: 200, tag: "a"),
          .init(after: 200, status: 200, tag: "b"),
        ]
        _ = $0
      }
    ) { [(3000, leave)] },
    CallStory(testDescription: "by TCP", uri: "sip:far@192.0.2.9;transport=tcp") {
      [(1000, { $0.hold(true); _ = $1 }), (3000, leave)]
    },
    CallStory(testDescription: "by TCP, left while it rings", uri: "sip:far@192.0.2.9;transport=tcp", prepare: { $1.replies[1].after = 5000 }) {
      [(1000, leave)]
    },
    CallStory(
      testDescription: "of two addresses both answer", uri: "sip:far@phone.example",
      prepare: { bench, far in
        bench.names["phone.example"] = [Target(.udp, "2001:db8::9", 5060), Target(.udp, "192.0.2.9", 5060)]
        let slow = bench.add("2001:db8::9")
        slow.replies = [.init(after: 2600, status: 180, direction: nil), .init(after: 2750, status: 200)]
        far.replies[1].after = 300
      }
    ) { [(9000, leave)] },
    CallStory(
      testDescription: "of two addresses one is silent", uri: "sip:far@phone.example",
      prepare: { bench, far in
        bench.names["phone.example"] = [Target(.udp, "2001:db8::9", 5060), Target(.udp, "192.0.2.9", 5060)]
        far.replies[1].after = 3000
      }
    ) { [(4000, leave)] },
    CallStory(
      testDescription: "redirected",
      prepare: { bench, far in
        far.replies = [.init(after: 20, status: 302, direction: nil) { $0["Contact"] = "<sip:b@192.0.2.10>" }]
        bench.add("192.0.2.10")
      }
    ) { [(3000, leave)] },
    CallStory(
      testDescription: "the path is lost and found",
      steps: [(1000, { $0.path(false); _ = $1 }), (3000, { $0.path(true); _ = $1 }), (9000, leave)]),
  ]

  init(
    testDescription: String, uri: String = "sip:far@192.0.2.9", muted: Bool = false,
    prepare: @escaping @Sendable (CallBench, FarEnd) -> Void = { _, _ in },
    steps: [(at: Int64, what: @Sendable (CallBench, FarEnd) -> Void)]
  ) {
    (self.testDescription, self.uri, self.muted, self.prepare) = (testDescription, uri, muted, prepare)
    self.steps = steps
  }

  init(
    testDescription: String, uri: String = "sip:far@192.0.2.9", muted: Bool = false,
    prepare: @escaping @Sendable (CallBench, FarEnd) -> Void = { _, _ in },
    _ steps: () -> [(at: Int64, what: @Sendable (CallBench, FarEnd) -> Void)]
  ) {
    self.init(testDescription: testDescription, uri: uri, muted: muted, prepare: prepare, steps: steps())
  }
}
