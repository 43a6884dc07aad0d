// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

/// Offers of the far end, and the session timer.
@Suite struct CallOfferTests {
  @Test func anOfferMayComeWithoutOne() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(nil, leg)
    bench.run(1000)
    #expect(leg.status(of: "INVITE") == 200)
    #expect(leg.answers.last?.body.text.contains("m=audio 7000") == true)
    #expect(bench.isMicrophoneOpen)
    // The answer was in the ACK, and so the call is free for other wishes.
    bench.hold(true)
    #expect(bench.run(1000) { bench.isOnHold })
    #expect(bench.complaints == [])
  }

  @Test func whileTheAnswerIsMissingNothingElseIsOffered() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    bench.faults.lost = 0
    far.offer(nil, leg)
    bench.run(7)
    bench.hold(true)
    bench.run(2)
    #expect(far.requests("INVITE").count == 1)
    #expect(bench.run(1000) { bench.isOnHold })
    #expect(leg.direction == .recvonly)
    #expect(bench.complaints == [])
  }

  @Test func anAnswerThatNeverComesIsNotWaitedForForEver() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    far.acknowledges = false
    far.offer(nil, try #require(far.leg))
    bench.run(1000)
    bench.hold(true)
    #expect(!bench.run(30_000) { bench.isOnHold })
    #expect(bench.run(10_000) { bench.isOnHold })
  }

  @Test func anUpdateMayChangeTheSession() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(.sendonly, leg, method: "UPDATE")
    bench.run(1000)
    #expect(leg.status(of: "UPDATE") == 200)
    #expect(leg.answers.last?.body.text.contains("a=recvonly") == true)
    #expect(!bench.isMicrophoneOpen)
    far.request("UPDATE", leg) { $0.add("Contact", "<\(far.contact)>") }
    bench.run(1000)
    #expect(leg.answers.last?.status == 200 && leg.answers.last?.body == [])
    #expect(!bench.isMicrophoneOpen)
    #expect(bench.complaints == [])
  }

  @Test func onHoldNothingIsOpened() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    bench.hold(true)
    bench.run(1000)
    far.offer(.sendrecv, leg)
    bench.run(1000)
    #expect(leg.answers.last?.body.text.contains("a=sendonly") == true)
    #expect(bench.isOnHold && !bench.isMicrophoneOpen)
    #expect(bench.complaints == [])
  }

  @Test func thePortsOfTheFarEndMayChange() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(.sendrecv, leg) { $0.body = Array($0.body.text.replacingLast("4000", "4800").utf8) }
    bench.run(1000)
    #expect(bench.sounds.last?.plan?.remote.port == 4800)
  }

  // MARK: - Session timers (RFC 4028)

  @Test(arguments: [true, false]) func thisEndRefreshesTheSession(byUpdate: Bool) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].change = {
      $0.add("Session-Expires", "90;refresher=uac")
      $0.add("Require", "timer")
      $0.add("Allow", byUpdate ? "INVITE, ACK, BYE, UPDATE" : "INVITE, ACK, BYE")
    }
    far.change = { $0.add("Session-Expires", "90;refresher=uac") }
    try #require(bench.join())
    bench.run(200_000)
    let refreshes = far.received.filter { $0.toTag != nil && $0.method == (byUpdate ? "UPDATE" : "INVITE") }
    #expect(refreshes.count == 4)
    #expect(refreshes.allSatisfy { $0["Session-Expires"] == "90;refresher=uac" })
    #expect(bench.isJoined)
    #expect(bench.complaints == [])
  }

  /// The answer to this end's offer comes with the ACK, and none of the far end's is taken before.
  @Test func anOfferBeforeTheAnswerToThisEndsIsRefused() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(nil, leg)
    far.offer(.sendonly, leg, method: "UPDATE")
    bench.run(1000)
    #expect(leg.status(of: "UPDATE") == 491)
    far.offer(.sendonly, leg, method: "UPDATE")
    bench.run(1000)
    #expect(leg.status(of: "UPDATE") == 200)
  }

  @Test(arguments: [405, 500, 422, 0]) func aRefusedRefreshIsTriedOtherwise(status: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].change = {
      $0.add("Session-Expires", "160;refresher=uac")
      $0.add("Allow", "INVITE, ACK, BYE, UPDATE")
    }
    far.update = status == 0 ? .silent : .refuse(status)
    far.change = { $0.add("Session-Expires", "160;refresher=uac") }
    try #require(bench.join())
    bench.run(159_000)
    #expect(bench.isJoined)
    #expect(bench.reports.allSatisfy { $0.report.state != .reconnecting(.network) })
    if status == 405 {
      #expect(far.requests("INVITE").count == 2)
    } else {
      #expect(Set(far.requests("UPDATE").map { $0.sequence }).count >= 2)
    }
  }

  @Test func aRefreshToADialogThatIsGoneEndsIt() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].change = {
      $0.add("Session-Expires", "90;refresher=uac")
      $0.add("Allow", "UPDATE")
    }
    try #require(bench.join())
    far.update = .refuse(481)
    #expect(bench.run(60_000) { bench.endReason == .removed })
    #expect(bench.run(2000) { bench.hasExited })
  }

  @Test(arguments: ["uac", "uas", nil]) func theFarEndAsksForATimer(refresher: String?) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(.sendrecv, leg) { $0.add("Session-Expires", "90" + (refresher.map { ";refresher=\($0)" } ?? "")) }
    bench.run(1000)
    let expected = refresher == "uas" ? "90;refresher=uas" : "90;refresher=uac"
    #expect(leg.answers.last?["Session-Expires"] == expected)
    #expect(leg.answers.last?.requires == ["timer"])
    bench.run(50_000)
    #expect(far.received.contains { $0.toTag != nil && $0.method == "INVITE" } == (refresher == "uas"))
    // Where the far end does not refresh, it is asked before the time is over.
    bench.run(30_000)
    #expect(far.received.contains { $0.toTag != nil && $0.method == "INVITE" })
    #expect(bench.isJoined)
    #expect(bench.complaints == [])
  }
}
