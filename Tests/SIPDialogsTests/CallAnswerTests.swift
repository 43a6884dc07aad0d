// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

/// What an answer to an INVITE may be like.
@Suite struct CallAnswerTests {
  @Test func aDescriptionMayBeOneOfSeveralParts() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].change = { response in
      let description = response.body.text
      response["Content-Type"] = "multipart/mixed;boundary=\"a b\""
      response.body = Array(
        "--a b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--a b\r\nContent-Type: application/sdp\r\n\r\n\(description)\r\n--a b--\r\n"
          .utf8)
    }
    #expect(bench.join())
    #expect(bench.sounds.last?.plan?.codec.name == "PCMU")
  }

  /// 18 is a codec that was not offered.
  @Test(arguments: ["m=audio 0 RTP/AVP 0\r\n", "m=audio 4000 RTP/AVP 18\r\n", "m=video 4000 RTP/AVP 0\r\n", ""])
  func anAnswerWithoutSoundIsNoCall(media: String) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies[1].change = {
      $0.body = Array("v=0\r\no=- 1 1 IN IP4 h\r\ns=-\r\nc=IN IP4 192.0.2.9\r\nt=0 0\r\n\(media)".utf8)
    }
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.endReason == .refused)
    #expect(!bench.reports.contains { $0.report.state == .joined })
    #expect(far.open.isEmpty && far.requests("ACK").count == 1 && far.requests("BYE").count == 1)
    #expect(bench.complaints == [])
  }

  @Test func aLongerSessionTimerIsTakenUp() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 10, status: 422, direction: nil) { $0.add("Min-SE", "1200") }]
    bench.place()
    bench.run(100) { far.calls == 1 }
    far.replies = [.init(after: 10, status: 200)]
    #expect(bench.run(1000) { bench.isJoined })
    let invites = far.requests("INVITE")
    #expect(invites.count == 2)
    #expect(invites.last?["Session-Expires"] == "1200" && invites.last?["Min-SE"] == "1200")
    #expect(invites.last?.supported.contains("timer") == true)
    #expect(invites[0].sequence ?? 0 < invites[1].sequence ?? 0 && invites[0].callID == invites[1].callID)
    #expect(bench.complaints == [])
  }

  @Test(arguments: ["1200", "7", ""]) func aTimerIsNotHaggledOverForEver(least: String) throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 10, status: 422, direction: nil) { $0.add("Min-SE", least) }]
    bench.place()
    #expect(bench.run(1000) { bench.hasExited })
    #expect(bench.endReason == .refused)
    #expect(far.calls == (least == "1200" ? 2 : 1))
  }

  @Test func earlyMediaIsHeardAndIsNoCall() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 10, status: 183), .init(after: 5000, status: 200)]
    bench.place()
    bench.run(1000)
    #expect(bench.state == .ringing)
    #expect(bench.sounds.last?.plan?.remote == .init("192.0.2.9", 4000))
    bench.mute(true)
    #expect(!bench.isMicrophoneOpen)
    bench.mute(false)
    #expect(bench.run(5000) { bench.isJoined })
    #expect(bench.complaints == [])
  }

  @Test func earlyMediaEndsWithTheRefusal() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 10, status: 183), .init(after: 500, status: 486)]
    bench.place()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.sounds.count == 2 && bench.sounds.last?.plan == nil)
  }

  @Test func whatIsProvisionalAndReliableIsAcknowledged() throws {
    let bench = try CallBench()
    let far = bench.add()
    let reliable: (UInt32) -> (inout SIPMessage) -> Void = { number in
      {
        $0.add("Require", "100rel")
        $0.add("RSeq", "\(number)")
      }
    }
    far.replies = [
      .init(after: 10, status: 183, change: reliable(7)),
      .init(after: 200, status: 180, direction: nil, change: reliable(8)),
      .init(after: 300, status: 180, direction: nil, change: reliable(8)),
      // The description was in the 183.
      .init(after: 500, status: 200, direction: nil),
    ]
    #expect(bench.join())
    let acknowledgements = far.requests("PRACK")
    #expect(acknowledgements.map { $0["RAck"] } == ["7 1 INVITE", "8 1 INVITE"])
    #expect(acknowledgements.map(\.requestURI) == [far.contact, far.contact])
    #expect(bench.sounds.last?.plan?.codec.name == "PCMU")
    bench.leave()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.complaints == [])
  }

  /// Two forks, each with its own description: it is that of the answer that counts.
  @Test func theForkThatAnswersIsHeard() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [
      .init(after: 10, status: 183, tag: "a"), .init(after: 20, status: 183, tag: "b"),
      .init(after: 500, status: 200, tag: "a") { $0.body = Array($0.body.text.replacingLast("4000", "4444").utf8) },
    ]
    #expect(bench.join())
    #expect(bench.sounds.last?.plan?.remote.port == 4444)
  }
}
