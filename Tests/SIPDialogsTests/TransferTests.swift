// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

struct TransferTests {
  static let third = "sip:third@192.0.2.77"
  private let bench: CallBench
  private let far: FarEnd
  private let leg: FarEndLeg

  init() throws {
    bench = try CallBench()
    far = bench.add()
    try #require(bench.join())
    leg = try #require(far.leg)
  }

  // MARK: - Asked by this end

  private func transfer(to target: String = third) throws -> SIPMessage {
    bench.process?.feed(.transfer(target))
    bench.run(1000)
    return try #require(far.requests("REFER").first)
  }

  @Test func theRequest() throws {
    let refer = try transfer()
    #expect(refer["Refer-To"] == "<\(Self.third)>" && refer["Referred-By"] != nil && refer["Contact"] != nil)
    #expect(bench.isJoined && bench.refusals == [] && bench.complaints == [])
  }

  @Test func itEndsTheCallWhenTheOtherOneIsUp() throws {
    let refer = try transfer()
    far.notice("SIP/2.0 100 Trying\r\n", leg)
    bench.run(1000)
    #expect(bench.isJoined)
    far.notice("SIP/2.0 200 OK\r\n", leg, state: "terminated;reason=noresource", id: refer.sequence)
    bench.run(2000)
    #expect(bench.endReason == .hungUp && bench.endDetail == "transferred to \(Self.third)")
    #expect(far.open.isEmpty && bench.hasExited && bench.complaints == [])
  }

  @Test(arguments: [
    ("SIP/2.0 486 Busy Here\r\n", "active", "486 Busy Here"),
    ("SIP/2.0 100 Trying", "terminated;reason=giveup", "the far end does not say how it went"),
    ("nonsense", "terminated", "the far end does not say how it went"),
    ("SIP/2.0 603\r\n", "terminated", "603"),
  ])
  func itsFailureIsTold(body: String, state: String, why: String) throws {
    _ = try transfer()
    far.notice(body, leg, state: state)
    bench.run(1000)
    #expect(bench.refusals == ["the transfer to \(Self.third) failed: \(why)"])
    #expect(bench.isJoined && bench.isMicrophoneOpen)
    far.notice(body, leg)
    bench.run(1000)
    #expect(leg.status(of: "NOTIFY") == 481 && bench.isJoined)
  }

  @Test func itsRefusalIsTold() throws {
    far.refer = .refuse(603)
    _ = try transfer()
    #expect(bench.refusals == ["the transfer to \(Self.third) failed: the far end refuses it: 603 No"])
    #expect(bench.isJoined)
  }

  @Test func nobodySaysHowItWent() throws {
    _ = try transfer()
    bench.run(181_000)
    #expect(bench.refusals == ["the transfer to \(Self.third) failed: the far end does not say how it went"])
    #expect(bench.isJoined)
  }

  /// The request that is sent again has another number, which notices name.
  @Test func aServerAsksForThePassword() throws {
    let bench = try CallBench()
    let far = bench.add()
    bench.order.account = Challenger.account(realm: "r")
    try #require(bench.join())
    far.challengers = [Challenger()]
    let leg = try #require(far.leg)
    bench.process?.feed(.transfer(Self.third))
    bench.run(1000)
    let requests = far.requests("REFER")
    #expect(requests.count == 2)
    far.notice("SIP/2.0 200 OK\r\n", leg, state: "terminated", id: requests.last?.sequence)
    bench.run(2000)
    #expect(bench.endReason == .hungUp && bench.endDetail == "transferred to \(Self.third)")
  }

  // MARK: - Insecure addresses

  @Test(arguments: [
    ("sip:b@192.0.2.77;transport=udp", 403), ("sip:b@192.0.2.77;transport=TCP", 403), ("sip:b@192.0.2.77", 202),
    ("sip:b@192.0.2.77;transport=tls", 202), ("sips:b@192.0.2.77", 202),
  ])
  func aSecureCallIsNotTransferredToAnInsecureAddress(target: String, status: Int) throws {
    for isByTransport in [true, false] {
      let bench = try CallBench()
      let far = bench.add()
      try #require(bench.join())
      bench.order.transport = isByTransport ? .tls : nil
      bench.order.encryption = isByTransport ? .off : .required
      bench.process?.use(bench.order)
      let leg = try #require(far.leg)
      far.refer(to: target, leg)
      bench.run(1000)
      #expect(leg.status(of: "REFER") == status)
      #expect((bench.reports.last?.report.transferRequest != nil) == (status == 202))
      #expect(bench.warnings.isEmpty == (status == 202))
    }
  }

  @Test func aCallToASecureAddressIsNotTransferredToAnother() throws {
    bench.order.uri = try SIPURI("sips:far@192.0.2.9")
    bench.process?.use(bench.order)
    far.refer(to: Self.third, leg)
    bench.run(1000)
    #expect(leg.status(of: "REFER") == 403)
  }

  /// The server decides how it goes on.
  @Test func throughAServerTheTransportIsTheServers() throws {
    bench.order.transport = .tls
    bench.order.account = Challenger.account(proxy: try SIPURI("sip:192.0.2.9"))
    bench.process?.use(bench.order)
    far.refer(to: Self.third + ";transport=udp", leg)
    bench.run(1000)
    #expect(leg.status(of: "REFER") == 202)
  }

  @Test func oneAtATime() throws {
    _ = try transfer()
    bench.process?.feed(.transfer("sip:fourth@192.0.2.78"))
    #expect(bench.refusals == ["the far end has already been asked to make one"])
  }

  @Test func aNoticeOfAnotherTransfer() throws {
    let refer = try transfer()
    far.notice("SIP/2.0 200 OK\r\n", leg, id: try #require(refer.sequence) + 1)
    bench.run(1000)
    #expect(leg.status(of: "NOTIFY") == 481 && bench.isJoined)
  }

  @Test func aSuccessorTakesTheNotice() throws {
    let refer = try transfer()
    bench.crash()
    #expect(bench.run(5000) { bench.processes == 2 && bench.isJoined })
    bench.run(1000)
    far.notice("SIP/2.0 200 OK\r\n", leg, state: "terminated", id: refer.sequence)
    bench.run(2000)
    #expect(bench.endReason == .hungUp && bench.endDetail == "transferred to \(Self.third)")
    #expect(far.open.isEmpty && bench.complaints == [])
  }

  /// RFC 3891: the tags are from the view of the one whose call is replaced.
  @Test func whatAnotherCallNeedsToBeConnectedWithThisOne() throws {
    let target = try SIPURI(try #require(bench.reports.last?.report.transferTarget))
    let replaces = try #require(target.header("Replaces").flatMap { Replaces($0) })
    #expect((replaces.callID, replaces.toTag, replaces.fromTag) == (leg.callID, leg.tag, leg.callersTag))
    #expect(target.forRequest.description == far.contact)
  }

  // MARK: - Asked by the far end

  private func ask(_ target: String = third) {
    far.refer(to: target, leg)
    bench.run(1000)
  }

  private var asked: SIPURI? { bench.reports.last?.report.transferRequest.flatMap { try? SIPURI($0) } }
  private var notices: [String] {
    far.requests("NOTIFY").map { "\($0.noticedStatus?.status ?? 0) \($0["Subscription-State"] ?? "")" }
  }

  private func answer(_ answer: String, to target: String? = nil) {
    bench.process?.feed(.answerTransfer(answer, target: target))
    bench.run(1000)
  }

  /// By the time of the answer, the far end may ask for another.
  @Test(arguments: ["accepted", "declined", "done", "failed"]) func anAnswerIsForOneRequest(answer: String) throws {
    far.refer(to: Self.third, leg)
    bench.run(1000)
    let first = bench.reports.last?.report.transferRequest
    bench.run(60_000)
    #expect(bench.reports.last?.report.transferRequest == nil)
    bench.run(70_000)
    far.refer(to: "sip:other@192.0.2.78", leg)
    bench.run(1000)
    let count = notices.count
    self.answer(answer, to: first)
    #expect(bench.refusals == ["the far end asks for another transfer by now"])
    #expect(asked?.host == "192.0.2.78" && notices.count == count && bench.isJoined)
    self.answer("declined", to: bench.reports.last?.report.transferRequest)
    #expect(notices.last?.hasPrefix("603") == true)
  }

  @Test func theUserIsAsked() throws {
    ask()
    #expect(leg.status(of: "REFER") == 202 && notices == ["100 active;expires=180"])
    #expect(asked?.forRequest.description == Self.third)
    #expect(asked?.header("Referred-By") == "<\(far.contact)>")
    #expect(bench.isJoined && bench.isMicrophoneOpen && bench.complaints == [])
  }

  @Test func theUserDeclines() {
    ask()
    answer("declined")
    #expect(notices.last == "603 terminated;reason=rejected" && asked == nil && bench.isJoined)
  }

  @Test func theUserDoesNotAnswer() {
    ask()
    bench.run(60_000)
    #expect(notices.last == "603 terminated;reason=rejected" && asked == nil && bench.isJoined)
  }

  @Test func theOtherCallIsUp() {
    ask()
    answer("accepted")
    #expect(asked == nil && notices.count == 1 && bench.isJoined)
    answer("done")
    #expect(notices.last == "200 terminated;reason=noresource")
    far.hangUpIfUp()
    bench.run(1000)
    #expect(bench.endReason == .hungUp && bench.endDetail == "transferred to \(Self.third)")
    #expect(far.open.isEmpty && bench.complaints == [])
  }

  @Test func whoAskedDoesNotHangUp() {
    ask()
    answer("accepted")
    answer("done")
    bench.run(4000)
    #expect(bench.endReason == .hungUp && far.open.isEmpty && bench.hasExited && bench.complaints == [])
  }

  @Test func theOtherCallFails() {
    ask()
    answer("accepted")
    answer("failed")
    #expect(notices.last == "503 terminated;reason=noresource" && bench.isJoined)
  }

  @Test func theOtherCallRingsTooLong() {
    ask()
    answer("accepted")
    bench.run(181_000)
    #expect(notices.last == "408 terminated;reason=noresource" && bench.isJoined)
  }

  @Test func theUserIsNotAskedAgainAndAgain() {
    ask()
    answer("declined")
    ask()
    #expect(leg.status(of: "REFER") == 603 && asked == nil)
    bench.run(60_000)
    ask()
    #expect(leg.status(of: "REFER") == 202 && asked != nil)
  }

  @Test func aSuccessorEndsTheCallThatAnotherHasReplaced() {
    ask()
    answer("accepted")
    bench.process?.feed(.answerTransfer("done", target: nil))
    bench.crash()
    bench.run(6000)
    #expect(bench.processes == 2 && bench.endReason == .hungUp && far.open.isEmpty && bench.complaints == [])
  }

  @Test func anotherOneMeanwhile() {
    ask()
    ask("sip:fourth@192.0.2.78")
    #expect(leg.status(of: "REFER") == 491 && asked?.forRequest.description == Self.third)
  }

  @Test(arguments: [
    "tel:+4930", "http://example.org", "", "sip:a@b;method=BYE", "sip:x@\(String(repeating: "a", count: 2100))",
  ])
  func whatNobodyCanCall(target: String) {
    ask(target)
    #expect(leg.status(of: "REFER") == 400 && asked == nil && bench.isJoined && notices == [])
  }

  @Test func aSuccessorKnowsWhatTheUserIsAsked() {
    ask()
    bench.crash()
    #expect(bench.run(5000) { bench.processes == 2 && bench.isJoined })
    bench.run(1000)
    #expect(asked?.forRequest.description == Self.third)
    answer("declined")
    #expect(notices.last == "603 terminated;reason=rejected" && bench.complaints == [])
  }

  @Test func nothingIsAnsweredThatNobodyAsked() {
    answer("accepted")
    answer("done")
    #expect(bench.isJoined && bench.refusals.count == 2)
  }

  /// It is placed like any other call, and replaces one that the far end has.
  @Test func theCallThatIsAskedFor() throws {
    let bench = try CallBench(
      "sip:third@192.0.2.77?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc&Referred-By=%3Csip%3Afar%40h%3E")
    let third = bench.add("192.0.2.77")
    third.knowsReplaces = true
    bench.place()
    bench.run(1000)
    let invite = try #require(third.requests("INVITE").first)
    #expect(invite["Replaces"] == "a;to-tag=b;from-tag=c" && invite.requires == ["replaces"])
    #expect(invite["Referred-By"] == "<sip:far@h>" && invite.requestURI == "sip:third@192.0.2.77")
  }
}
