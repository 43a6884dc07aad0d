// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

/// Requests of those who are not in the call, and of those who are but want what is not theirs to want.
@Suite struct CallStrangerTests {
  private static func request(_ method: String, _ leg: FarEndLeg?, sequence: Int = 900) throws -> SIPMessage {
    var request = SIPMessage(method: method, uri: "sip:me@192.0.2.1")
    request.add("Via", "SIP/2.0/UDP 203.0.113.5;branch=z9hG4bKstranger\(sequence)\(method)")
    request.add("From", "<sip:far@h>;tag=\(leg?.tag ?? "x")")
    request.add("To", "<sip:me@h>" + (leg.map { ";tag=\($0.callersTag)" } ?? ""))
    request.add("Call-ID", leg?.callID ?? "stranger")
    request.add("CSeq", "\(sequence) \(method)")
    return request
  }

  /// The answer of a call to a request, and that nothing has come of it.
  private static func answer(_ bench: CallBench, _ request: SIPMessage, from peer: String) throws -> Int? {
    var call = try #require(bench.process).call
    let before = call.report
    var status: Int?
    for effect in call.handle(.request(request, transaction: 77, from: peer), at: bench.now) {
      switch effect {
      case .respond(let response, transaction: 77): status = response.status
      default: Issue.record("\(effect) for a stranger")
      }
    }
    #expect(call.report == before)
    return status
  }

  @Test(arguments: [
    "INVITE", "BYE", "NOTIFY", "OPTIONS", "SUBSCRIBE", "REFER", "UPDATE", "INFO", "MESSAGE", "CANCEL", "PRACK",
  ])
  func strangersChangeNothing(method: String) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    #expect(try Self.answer(bench, Self.request(method, nil), from: "203.0.113.5") == 403)
    // With the ids of the dialog, which whoever hears it knows.
    #expect(try Self.answer(bench, Self.request(method, leg), from: "203.0.113.5") == 403)
    var replacing = try Self.request(method, nil)
    replacing.add("Replaces", "\(leg.callID);to-tag=\(leg.callersTag);from-tag=\(leg.tag)")
    #expect(try Self.answer(bench, replacing, from: "203.0.113.5") == 403)
    #expect(try Self.answer(bench, replacing, from: far.host) == 403)
    // The far end's address is not its dialog.
    var other = try Self.request(method, leg)
    other["Call-ID"] = "another"
    #expect(try Self.answer(bench, other, from: far.host) == 481)
    #expect(bench.isJoined)
  }

  @Test(arguments: ["BYE", "INVITE", "UPDATE", "NOTIFY"]) func anOldRequestIsRefused(method: String) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.request("OPTIONS", leg)
    bench.run(1000)
    leg.ownSequence -= 5
    far.request(method, leg)
    bench.run(1000)
    #expect(leg.status(of: method) == 500)
    #expect(bench.isJoined)
  }

  /// As where the process before this one had no time to answer.
  @Test func theSameNumberAgainIsAnswered() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.request("OPTIONS", leg)
    bench.run(1000)
    leg.ownSequence -= 1
    far.request("INFO", leg)
    bench.run(1000)
    #expect(leg.status(of: "INFO") == 200)
  }

  @Test(arguments: [
    ("REFER", 400), ("NOTIFY", 481), ("MESSAGE", 405), ("OPTIONS", 200), ("FOO", 501), ("INFO", 200), ("PRACK", 481),
  ])
  func whatTheFarEndMayNotIsRefused(method: String, status: Int) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.request(method, leg)
    bench.run(1000)
    #expect(leg.status(of: method) == status)
    #expect(bench.isJoined && bench.isMicrophoneOpen)
    #expect(bench.reports.allSatisfy { $0.report.state != .ended(.removed, detail: "", exitStatus: nil) })
    #expect(bench.complaints == [])
  }

  @Test(arguments: ["INVITE", "UPDATE"]) func unknownExtensionsAndBodiesAreRefused(method: String) throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let leg = try #require(far.leg)
    far.offer(.sendonly, leg, method: method) { $0.add("Require", "timer, what, else") }
    bench.run(1000)
    #expect(leg.status(of: method) == 420)
    #expect(leg.answers.last?.unsupported == ["what", "else"])
    far.offer(.sendonly, leg, method: method) { $0["Content-Type"] = "application/isup" }
    bench.run(1000)
    #expect(leg.status(of: method) == 415)
    #expect(leg.answers.last?["Accept"] == "application/sdp")
    far.offer(.sendonly, leg, method: method) { $0.add("Content-Encoding", "gzip") }
    bench.run(1000)
    #expect(leg.status(of: method) == 415)
    far.offer(.sendonly, leg, method: method) { $0.body = Array("nothing".utf8) }
    bench.run(1000)
    #expect(leg.status(of: method) == 400)
    far.offer(.sendonly, leg, method: method) { request in
      request.body = Array(request.body.text.replacingLast("RTP/AVP 0", "RTP/AVP 18").utf8)
    }
    bench.run(1000)
    #expect(leg.status(of: method) == 488)
    #expect(bench.isJoined && bench.isMicrophoneOpen)
    #expect(bench.complaints == [])
  }

  @Test func proxiesAreRememberedUpToALimit() throws {
    let bench = try CallBench()
    bench.add()
    try #require(bench.join())
    var dialog = try #require(bench.ticket?.dialog)
    for number in 1...200 { dialog.note(peer: "203.0.113.\(number)") }
    #expect(dialog.peers.count == Dialog.mostPeers)
    #expect(dialog.knows("203.0.113.200"))
  }

  @Test func responsesOfStrangersAreNone() throws {
    let bench = try CallBench()
    let far = bench.add()
    try #require(bench.join())
    let invite = try #require(far.requests("INVITE").first)
    var call = try #require(bench.process).call
    for status in [180, 200, 302, 404, 481] {
      var response = SIPMessage.response(status, "No", to: invite, tag: "another")
      response.add("Contact", "<sip:x@203.0.113.5>")
      #expect(call.handle(.strayResponse(response, from: "203.0.113.5"), at: bench.now) == [])
    }
  }
}

extension String {
  func replacingLast(_ part: String, _ other: String) -> String {
    guard let range = ranges(of: part).last else { return self }
    return replacingCharacters(range, other)
  }

  private func replacingCharacters(_ range: Range<Index>, _ other: String) -> String {
    String(self[..<range.lowerBound]) + other + String(self[range.upperBound...])
  }

  /// To the INVITE that made the call: the second says too little to be an answer, the third is from elsewhere.
  @Test(arguments: ["192.0.2.9", "192.0.2.66"]) func aLateAnswerThatIsNoneDoesNotEndTheCall(peer: String) throws {
    let bench = try CallBench(seed: 1)
    let far = bench.add()
    try #require(bench.join())
    let sent = far.requests("INVITE").count + far.requests("BYE").count
    let invite = try #require(far.requests("INVITE").first)
    var answer = SIPMessage.response(200, "OK", to: invite, tag: "other")
    if peer == "192.0.2.9" { answer.headers.removeAll { $0.name == "To" } }
    bench.process?.feed(.response(answer, transaction: 1, from: peer))
    bench.run(1000)
    #expect(bench.isJoined && bench.endReason == nil)
    #expect(far.requests("INVITE").count + far.requests("BYE").count == sent)
    #expect(bench.complaints == [])
  }
}
