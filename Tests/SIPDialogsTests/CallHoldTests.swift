// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

@Suite struct CallHoldTests {
  @Test(arguments: [MediaPlan.Direction.sendonly, .inactive])
  func aHoldOfTheFarEndIsNoLoss(direction: MediaPlan.Direction) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    far.offer(direction, try #require(far.leg))
    bench.run(300_000)
    #expect(bench.isJoined)
    #expect(!bench.isMicrophoneOpen)
    #expect(far.leg?.status(of: "INVITE") == 200)
    #expect(!far.requests("OPTIONS").isEmpty || direction == .sendonly)
    far.offer(.sendrecv, try #require(far.leg))
    bench.run(1000)
    #expect(bench.isMicrophoneOpen)
    #expect(bench.reports.allSatisfy { $0.report.state != .reconnecting(.network) })
    #expect(bench.complaints == [])
  }

  @Test func aFarEndThatOnlyListensIsThere() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].direction = .recvonly
    try #require(bench.join())
    bench.run(300_000)
    #expect(bench.isJoined)
    #expect(bench.isMicrophoneOpen)
    #expect(bench.reports.allSatisfy { $0.report.state != .reconnecting(.network) })
  }

  @Test(arguments: [200, 405, 481, 408, 0])
  func silenceIsAskedAbout(status: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    bench.isSoundOn = false
    far.question = status == 0 ? .silent : status == 200 ? .accept : .refuse(status)
    if status == 0 || status == 408 { far.reinvites = [.silent] }
    bench.run(60_000) { !bench.isJoined }
    #expect(!far.requests("OPTIONS").isEmpty)
    switch status {
    case 481: #expect(bench.endReason == .removed)
    case 408, 0: #expect(bench.state == .reconnecting(.network))
    default:
      #expect(bench.isJoined)
      #expect((3...6).contains(far.requests("OPTIONS").count), "every 15 s")
    }
    bench.isSoundOn = true
    if status == 0 || status == 408 { #expect(bench.run(5000) { bench.isJoined }) }
    #expect(bench.complaints == [])
  }

  @Test func aHoldIsAgreedUpon() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    bench.hold(true)
    #expect(!bench.isMicrophoneOpen)
    #expect(bench.run(1000) { bench.isOnHold })
    #expect(far.leg?.direction == .recvonly)
    bench.run(200_000)
    #expect(bench.isJoined)
    bench.hold(false)
    #expect(bench.run(1000) { !bench.isOnHold })
    #expect(far.leg?.direction == .sendrecv)
    #expect(bench.isMicrophoneOpen)
    #expect(bench.complaints == [])
  }

  @Test(arguments: [488, 500, 503, 408, 606, 0])
  func aRefusedHoldChangesNothing(status: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    far.reinvites = [status == 0 ? .silent : .refuse(status), .accept]
    bench.hold(true)
    #expect(bench.run(status == 0 ? 33_000 : 1000) { !bench.refusals.isEmpty })
    #expect(bench.refusals.first?.contains(status == 0 ? "no reply" : "\(status)") == true)
    #expect(!bench.isOnHold)
    #expect(bench.isMicrophoneOpen)
    bench.run(100_000)
    #expect(bench.isJoined)
    #expect(far.requests("INVITE").count(where: { $0.toTag != nil }) >= 1)
    #expect(bench.reports.allSatisfy { $0.report.state != .reconnecting(.network) })
    bench.hold(true)
    #expect(bench.run(1000) { bench.isOnHold })
    #expect(bench.complaints == [])
  }

  /// The network may be gone before anybody has noticed.
  @Test(arguments: [true, false])
  func aHoldThatCannotBeSentIsTriedOnceMore(isNoticed: Bool) throws {
    let bench = try CallBench()
    bench.add()
    try #require(bench.join())
    bench.hasPath = false
    bench.hold(true)
    bench.run(100)
    #expect(bench.refusals == [])
    guard isNoticed else {
      #expect(bench.run(2000) { !bench.refusals.isEmpty })
      return #expect(!bench.isOnHold)
    }
    bench.path(false)
    bench.run(5000)
    bench.path(true)
    #expect(bench.run(2000) { bench.isOnHold })
    #expect(bench.refusals == [])
    #expect(bench.complaints == [])
  }

  @Test(arguments: 1...20)
  func requestsThatCrossAreTriedAgain(seed: Int) throws {
    let bench = try CallBench(seed: UInt64(seed))
    let far = bench.add()
    try #require(bench.join())
    far.reinvites = [.refuse(491), .accept]
    let start = bench.now
    bench.hold(true)
    #expect(bench.run(10_000) { bench.isOnHold })
    #expect((2100...4100).contains(bench.now - start))
    #expect(bench.refusals == [])
    #expect(bench.complaints == [])
  }

  @Test func bothAskAtOnce() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(.sendrecv, leg)
    bench.hold(true)
    #expect(bench.run(10_000) { bench.isOnHold })
    #expect(leg.status(of: "INVITE") == 491)
    #expect(bench.complaints == [])
  }

  @Test func aNewWishOvertakesTheOldOne() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    bench.hold(true)
    bench.hold(false)
    bench.run(2000)
    #expect(!bench.isOnHold)
    #expect(far.leg?.direction == .sendrecv)
    #expect(bench.isMicrophoneOpen)
    #expect(bench.complaints == [])
  }

  @Test func anOfferThatIsNeitherAcceptedNorRefusedIsGivenUp() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    far.reinvites = [.refuse(183), .accept]
    bench.hold(true)
    bench.run(40_000)
    #expect(bench.refusals.count == 1)
    #expect(bench.isJoined && !bench.isOnHold && bench.isMicrophoneOpen)
    bench.hold(true)
    #expect(bench.run(1000) { bench.isOnHold })
  }

  /// It was wished for while another offer, which is refused, was under way.
  @Test func aWishIsNotForgotten() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    far.reinvites = [.refuse(488), .accept]
    bench.crash()
    bench.run(103)
    bench.hold(true)
    #expect(bench.run(1000) { bench.isOnHold })
    #expect(far.leg?.direction == .recvonly)
    #expect(bench.complaints == [])
  }
}
