// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

@Suite struct CallEndingTests {
  /// The far end says nothing until after the user has left.
  @Test(arguments: [100, 180, 183])
  func aCallIsCancelledAsSoonAsItMayBe(status: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 2000, status: status, direction: nil), .init(after: 9000, status: 200)]
    bench.place()
    bench.run(1000)
    bench.leave()
    #expect(bench.endReason == .hungUp)
    #expect(bench.ticket?.farewell?.reason == .hungUp)
    #expect(far.requests("CANCEL").isEmpty)
    #expect(bench.run(5000) { bench.hasExited })
    #expect(far.requests("CANCEL").count == 1)
    #expect(far.open.isEmpty && bench.ticket == nil)
    #expect(bench.complaints == [])
  }

  @Test func anAnswerThatComesAfterTheCancelIsEnded() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 20, status: 180, direction: nil), .init(after: 20_000, status: 200)]
    far.cancel = .refuse(200)
    bench.place()
    bench.run(500)
    bench.leave()
    #expect(bench.endReason == .hungUp)
    bench.run(15_000)
    #expect(!bench.hasExited)
    #expect(bench.run(10_000) { bench.hasExited })
    #expect(far.requests("ACK").count == 1 && far.requests("BYE").count == 1)
    #expect(far.open.isEmpty)
    #expect(bench.complaints == [])
  }

  @Test func aFirstWordOfYesIsEnded() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 20_000, status: 200)]
    bench.place()
    bench.run(100)
    bench.leave()
    #expect(bench.run(25_000) { bench.hasExited })
    #expect(far.requests("CANCEL").isEmpty && far.requests("BYE").count == 1)
    #expect(far.open.isEmpty)
    #expect(bench.complaints == [])
  }

  @Test func goodbyeIsSaidUntilItIsHeard() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    bench.faults.lost = 1000
    bench.leave()
    #expect(bench.endReason == .hungUp && bench.ticket != nil)
    bench.run(10_000)
    #expect(!bench.hasExited)
    bench.faults.lost = 0
    #expect(bench.run(6000) { bench.hasExited })
    #expect(far.open.isEmpty)
  }

  @Test func aFarEndThatNeverAnswersTheGoodbyeIsLeft() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.bye = .silent
    try #require(bench.join())
    bench.leave()
    #expect(!bench.run(31_000) { bench.hasExited })
    #expect(bench.run(9000) { bench.hasExited })
    #expect(bench.ticket == nil)
    #expect(far.requests("BYE").count > 8)
    #expect(bench.complaints == [])
  }

  /// It has crossed with an offer, or a proxy cannot pass it on: the far end still has the call.
  @Test(arguments: [408, 491, 500, 503, 504]) func aGoodbyeThatDoesNotArriveIsSaidAgain(status: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    far.bye = .refuse(status)
    bench.leave()
    bench.run(1000)
    #expect(!bench.hasExited && !far.open.isEmpty)
    far.bye = .accept
    #expect(bench.run(5000) { bench.hasExited })
    #expect(far.open.isEmpty)
  }

  @Test func goodbyeWaitsForAWay() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    bench.path(false)
    bench.leave()
    bench.run(15_000)
    #expect(!bench.hasExited && !far.open.isEmpty)
    bench.path(true)
    #expect(bench.run(1000) { bench.hasExited })
    #expect(far.open.isEmpty)
  }

  @Test func theCancelWaitsForAWay() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].after = 60_000
    bench.place()
    bench.run(1000)
    bench.path(false)
    bench.leave()
    bench.run(5000)
    bench.path(true)
    #expect(bench.run(3000) { bench.hasExited })
    #expect(far.open.isEmpty && far.requests("CANCEL").count == 1)
    #expect(bench.complaints == [])
  }

  @Test func aWayThatComesBackWithoutAWordIsFound() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    bench.hasPath = false
    bench.leave()
    bench.run(15_000)
    bench.hasPath = true
    #expect(bench.run(5000) { bench.hasExited })
    #expect(far.open.isEmpty)
  }

  @Test(arguments: [true, false]) func aConnectionBreaksWhileItRings(leaves: Bool) throws {
    let bench = try CallBench("sip:far@192.0.2.9;transport=tcp")
    let far = bench.add()
    far.replies[1].after = 8000
    bench.place()
    bench.run(1000)
    #expect(bench.state == .ringing)
    bench.path(false)
    if leaves { bench.leave() }
    bench.run(3000)
    bench.path(true)
    bench.run(7000)
    #expect(far.calls == 1)
    #expect(leaves ? bench.endReason == .hungUp : bench.isJoined)
    bench.leave()
    #expect(bench.run(40_000) { bench.hasExited })
    #expect(far.open.isEmpty)
    #expect(bench.complaints == [])
  }

  @Test func theFarEndsReasonIsTold() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.hangUp(leg) {
      $0.add("Reason", "Q.850;cause=16;text=\"the line closes; good night\"")
      $0.add("Require", "unknown")
    }
    #expect(bench.run(1000) { bench.endReason == .removed })
    #expect(bench.endDetail == "the line closes; good night")
    #expect(bench.run(1000) { bench.hasExited })
    #expect(leg.status(of: "BYE") == 200)
    #expect(far.requests("BYE").isEmpty)
    #expect(bench.complaints == [])
  }

  @Test func bothHangUpAtOnce() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    bench.leave()
    far.hangUp(leg)
    #expect(bench.run(2000) { bench.hasExited })
    #expect(leg.status(of: "BYE") == 200)
    #expect(bench.complaints == [])
  }

  @Test(arguments: [486, 603, 404, 480, 487, 600, 401, 488])
  func aRefusalEndsIt(status: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 20, status: 180, direction: nil), .init(after: 100, status: status, direction: nil)]
    bench.place()
    #expect(bench.run(1000) { bench.hasExited })
    let reasons: [Int: EndReason] = [
      486: .busy, 603: .declined, 404: .notFound, 480: .refused, 487: .refused, 600: .busy, 401: .notPermitted,
      488: .refused,
    ]
    #expect(bench.endReason == reasons[status])
    #expect(bench.endDetail?.contains("\(status)") == true)
    #expect(far.requests("CANCEL").isEmpty)
    #expect(bench.complaints == [])
  }

  /// Two answer to one call: the first is the call, and the other is told so, however late.
  @Test(arguments: [true, false])
  func theLoserOfAForkIsEnded(leaves: Bool) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [
      .init(after: 20, status: 180, tag: "a", direction: nil), .init(after: 30, status: 180, tag: "b", direction: nil),
      .init(after: 100, status: 200, tag: "a"), .init(after: 9000, status: 200, tag: "b"),
    ]
    bench.place()
    bench.run(1000)
    #expect(bench.isJoined)
    if leaves { bench.leave() }
    bench.run(10_000)
    #expect(far.open.map(\.tag) == (leaves ? [] : ["a"]))
    #expect(far.requests("ACK").count(where: { $0.toTag == "b" }) == 1)
    #expect(far.requests("BYE").count(where: { $0.toTag == "b" }) == 1)
    bench.leave()
    #expect(bench.run(40_000) { bench.hasExited })
    #expect(bench.complaints == [])
  }

  /// Nothing was heard of it before; the process is about to exit.
  @Test func aForkAnswersAtTheVeryEnd() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 500, status: 200, tag: "a"), .init(after: 800, status: 200, tag: "b")]
    bench.place()
    bench.run(100)
    bench.leave()
    bench.run(2000)
    #expect(far.open.isEmpty)
    #expect(far.requests("BYE").count == 2)
    #expect(bench.run(40_000) { bench.hasExited })
    #expect(bench.complaints == [])
  }

  @Test func nothingComesAfterTheExit() throws {
    let bench = try CallBench()
    bench.add()
    try #require(bench.join())
    var call = try #require(bench.process).call
    var now = bench.now
    var effects = call.handle(.leave(.hungUp), at: now)
    while !effects.contains(.exit), let next = call.nextDeadline {
      now = max(now, next)
      effects = call.handle(.tick, at: now)
    }
    #expect(effects.last == .exit)
    #expect(call.nextDeadline == nil)
    #expect(call.handle(.tick, at: now + 1000) == [])
    #expect(call.handle(.leave(.aborted), at: now + 1000) == [])
    #expect(call.handle(.path(.found), at: now + 1000) == [])
  }
}
