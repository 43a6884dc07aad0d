// SPDX-License-Identifier: Apache-2.0
import CallModel
import DiceTestSupport
import Testing

@testable import SIPDialogs

/// A registration, and a server that answers as a test says.
struct RegistrationBench {
  static let server = Target(.udp, "192.0.2.9", 5060)
  static let other = Target(.udp, "192.0.2.10", 5060)
  var registration: Registration
  var now: Int64 = 1000
  var effects: [RegistrationEffect] = []
  var address = "192.0.2.1"

  init(_ account: CallAccount = Challenger.account(), address: String = "sip:me@example.org") throws {
    let identity = NameAddress(try SIPURI(address), displayName: "Me")
    registration = Registration(
      RegistrationOrder(identity: identity, user: "me", account: account), random: Dice(1))
  }

  mutating func feed(_ input: RegistrationInput) { effects = registration.handle(input, at: now) }

  /// Until the next deadline.
  mutating func wait() throws {
    now = try #require(registration.nextDeadline)
    feed(.tick)
  }

  func end(_ target: Target = server) -> LocalEnd {
    LocalEnd(target: target, address: address, port: 5070, mediaPort: 0, controlPort: 0)
  }

  var sent: [(request: SIPMessage, transaction: Int)] {
    effects.compactMap { if case .send(let request, _, let number) = $0 { (request, number) } else { nil } }
  }

  /// The one request that was sent now.
  func request() throws -> SIPMessage {
    #expect(sent.count == 1)
    return try #require(sent.first).request
  }

  mutating func open(_ targets: [Target] = [server]) {
    feed(.resolved(targets))
    feed(.opened(end(targets[0])))
  }

  /// Answers the newest request.
  mutating func answer(_ status: Int, _ phrase: String = "", _ headers: [(String, String)] = [], from: Target = server)
    throws
  {
    let pending = try #require(registration.pending)
    var response = SIPMessage(status: status, phrase: phrase)
    for header in headers { response.add(header.0, header.1) }
    feed(.response(response, transaction: pending.transaction, from: from.host))
  }

  mutating func accept(_ seconds: Int = 300, _ more: [(String, String)] = []) throws {
    try answer(200, "OK", [("Contact", "<sip:me@\(address):5070>;expires=\(seconds)")] + more)
  }

  var failure: RegistrationFailure? {
    if case .failed(let failure, _) = registration.state { failure } else { nil }
  }

  var retryAt: Int64? { if case .failed(_, let time) = registration.state { time } else { nil } }
}

struct RegistrationTests {
  private var bench: RegistrationBench

  init() throws {
    bench = try RegistrationBench()
    bench.feed(.register)
    bench.open()
  }

  @Test mutating func theRequest() throws {
    let request = try bench.request()
    #expect(request.method == "REGISTER" && request.requestURI == "sip:example.org")
    #expect(request.to?.uri.description == "sip:me@example.org" && request.to?.tag == nil)
    #expect(request.fromTag != nil)
    #expect(request["Contact"] == "<sip:me@192.0.2.1:5070>;expires=300")
  }

  @Test mutating func theRecordComesBeforeTheRequest() throws {
    guard case .report(let report) = bench.effects.first else { Issue.record("no report"); return }
    #expect(report.record.sequence == 1 && report.record.contacts == ["sip:me@192.0.2.1:5070"])
  }

  @Test mutating func theAnswerSaysHowLong() throws {
    try bench.accept(60)
    #expect(bench.registration.state == .registered(until: 61_000, routes: []))
    #expect(bench.registration.nextDeadline == 51_000)
    try bench.wait()
    let request = try bench.request()
    #expect(request.sequence == 2)
    #expect(bench.registration.state == .registered(until: 61_000, routes: []))
  }

  @Test(arguments: [(1, 5000), (8, 5000), (20, 10_000), (60, 50_000), (300, 270_000), (4_000_000, 77_760_000)])
  func refreshIsInTimeButNotTooOften(granted: Int, after: Int64) throws {
    var bench = self.bench
    try bench.accept(granted)
    #expect(bench.registration.nextDeadline == 1000 + after)
  }

  @Test mutating func addressesAreRewritten() throws {
    try bench.answer(200, "OK", [("Contact", "<sip:me@198.51.100.7:41000>;expires=120")])
    #expect(bench.registration.state == .registered(until: 121_000, routes: []))
  }

  @Test mutating func onlyOneOfSeveralIsOurs() throws {
    try bench.answer(
      200, "OK", [("Contact", "<sip:me@198.51.100.7>;expires=10, <sip:me@192.0.2.1:5070>;expires=200")])
    #expect(bench.registration.state == .registered(until: 201_000, routes: []))
  }

  @Test mutating func acceptedWithoutAnAddressIsNotRegistered() throws {
    try bench.answer(200, "OK")
    #expect(bench.failure?.detail.contains("does not list") == true)
    #expect(bench.retryAt != nil)
  }

  @Test mutating func aPasswordIsAskedFor() throws {
    let challenge = ("WWW-Authenticate", #"Digest realm="r", nonce="1", qop="auth""#)
    try bench.answer(401, "Unauthorized", [challenge])
    let again = try bench.request()
    #expect(again.sequence == 2 && again["Authorization"]?.contains(#"uri="sip:example.org""#) == true)
    try bench.accept()
    try bench.wait()
    #expect(try bench.request()["Authorization"]?.contains("nc=00000002") == true)
  }

  @Test mutating func aWrongPasswordStopsIt() throws {
    let challenge = ("WWW-Authenticate", #"Digest realm="r", nonce="1", qop="auth""#)
    try bench.answer(401, "Unauthorized", [challenge])
    try bench.answer(401, "Unauthorized", [challenge])
    #expect(bench.failure?.reason == .notPermitted && bench.retryAt == nil)
    #expect(bench.registration.nextDeadline == nil)
  }

  @Test mutating func aRefusalStopsIt() throws {
    try bench.answer(403, "No such customer")
    #expect(bench.failure?.detail == "example.org does not register sip:me@example.org: 403 No such customer")
    #expect(bench.retryAt == nil && bench.sent.isEmpty && !bench.registration.mustLeave)
    bench.feed(.pathFound)
    #expect(bench.effects.isEmpty)
  }

  @Test mutating func tooBrief() throws {
    try bench.answer(423, "Interval Too Brief", [("Min-Expires", "900")])
    #expect(try bench.request()["Contact"]?.hasSuffix(";expires=900") == true)
    try bench.answer(423, "Interval Too Brief", [("Min-Expires", "900")])
    #expect(bench.failure != nil && bench.retryAt == nil)
  }

  @Test mutating func tooBriefAgain() throws {
    try bench.answer(423, "Interval Too Brief", [("Min-Expires", "900")])
    try bench.answer(423, "Interval Too Brief", [("Min-Expires", "901")])
    #expect(bench.failure != nil && bench.sent.isEmpty)
  }

  @Test(arguments: ["0", "100", "4000000000", "x", ""])
  func tooBriefWithoutSense(least: String) throws {
    var bench = self.bench
    try bench.answer(423, "Interval Too Brief", [("Min-Expires", least)])
    #expect(bench.failure != nil && bench.sent.isEmpty)
  }

  @Test mutating func theServerAsksToWait() throws {
    try bench.answer(503, "Maintenance", [("Retry-After", "600 (soon)")])
    #expect(bench.retryAt == 601_000)
    #expect(bench.failure?.detail.hasSuffix("503 Maintenance; it asks to wait 600 s") == true)
    try bench.wait()
    #expect(bench.effects.contains(.resolve(try SIPURI("sip:example.org"), nil)))
  }

  /// RFC 5626, 4.5.
  @Test mutating func pausesGrow() throws {
    for upper in [30_000, 60_000, 120_000, 240_000, 480_000, 960_000, 1_800_000, 1_800_000] as [Int64] {
      try bench.answer(500, "Server Internal Error")
      let pause = try #require(bench.retryAt) - bench.now
      #expect((upper / 2...upper).contains(pause))
      try bench.wait()
      bench.open()
    }
    try bench.accept()
    try bench.wait()
    try bench.answer(500, "Server Internal Error")
    #expect(try #require(bench.retryAt) - bench.now <= 30_000)
  }

  @Test mutating func theNextServerIsTriedAtOnce() throws {
    bench = try RegistrationBench()
    bench.feed(.register)
    bench.open([RegistrationBench.server, RegistrationBench.other])
    try bench.answer(503, "Service Unavailable")
    #expect(bench.effects.contains(.open([RegistrationBench.other], preferring: bench.end())))
    bench.feed(.opened(bench.end(RegistrationBench.other)))
    try bench.answer(
      200, "OK", [("Contact", "<sip:me@192.0.2.1:5070>;expires=300")], from: RegistrationBench.other)
    #expect(bench.registration.state == .registered(until: 301_000, routes: []))
  }

  @Test mutating func aSilentServerIsLeftSoonIfThereIsAnother() throws {
    bench = try RegistrationBench()
    bench.feed(.register)
    bench.open([RegistrationBench.server, RegistrationBench.other])
    try bench.wait()
    #expect(bench.now == 3500)
    #expect(bench.effects.contains(.open([RegistrationBench.other], preferring: bench.end())))
  }

  @Test mutating func theAddressHasChanged() throws {
    try bench.accept()
    bench.feed(.pathFound)
    #expect(bench.effects.contains(.resolve(try SIPURI("sip:example.org"), nil)))
    bench.address = "192.0.2.77"
    bench.open()
    #expect(
      try bench.request().all("Contact") == [
        "<sip:me@192.0.2.77:5070>;expires=300", "<sip:me@192.0.2.1:5070>;expires=0",
      ])
    try bench.accept()
    try bench.wait()
    #expect(try bench.request().all("Contact") == ["<sip:me@192.0.2.77:5070>;expires=300"])
  }

  @Test mutating func itIsRemoved() throws {
    try bench.accept()
    bench.feed(.leave)
    #expect(try bench.request()["Contact"] == "<sip:me@192.0.2.1:5070>;expires=0")
    #expect(bench.registration.mustLeave)
    try bench.answer(200, "OK")
    #expect(bench.registration.state == .ended && !bench.registration.mustLeave)
  }

  @Test mutating func removalWaitsForTheAnswerToTheRequest() throws {
    bench.feed(.leave)
    #expect(bench.sent.isEmpty)
    try bench.accept()
    #expect(try bench.request()["Contact"]?.hasSuffix(";expires=0") == true)
    try bench.wait()
    #expect(bench.registration.state == .ended && bench.now == 3500)
  }

  @Test mutating func removalIsChallenged() throws {
    try bench.accept()
    bench.feed(.leave)
    try bench.answer(401, "Unauthorized", [("WWW-Authenticate", #"Digest realm="r", nonce="1", qop="auth""#)])
    let again = try bench.request()
    #expect(again["Authorization"] != nil && again["Contact"]?.hasSuffix(";expires=0") == true)
    try bench.answer(200, "OK")
    #expect(bench.registration.state == .ended)
  }

  @Test mutating func aSuccessorGoesOn() throws {
    try bench.accept()
    let old = try #require(bench.registration.record as RegistrationRecord?)
    let first = try RegistrationBench()
    bench = first
    bench.address = "192.0.2.5"
    bench.feed(.takeUp(old))
    bench.open()
    let request = try bench.request()
    let sequence = try #require(request.sequence)
    #expect(request.callID == old.callID && sequence > old.sequence)
    #expect(
      request.all("Contact") == ["<sip:me@192.0.2.5:5070>;expires=300", "<sip:me@192.0.2.1:5070>;expires=0"])
  }

  @Test mutating func routesOfTheServer() throws {
    try bench.accept(300, [("Service-Route", "<sip:edge.example.org;lr>, <sip:core.example.org;lr>")])
    #expect(
      bench.registration.state
        == .registered(until: 301_000, routes: ["<sip:edge.example.org;lr>", "<sip:core.example.org;lr>"]))
  }

  @Test(arguments: ["<sip:strict.example.org>", "nonsense", "<sip:\(String(repeating: "a", count: 1100)).org;lr>"])
  func routesThatCannotBeUsed(route: String) throws {
    var bench = self.bench
    try bench.accept(300, [("Service-Route", route)])
    #expect(bench.registration.state == .registered(until: 301_000, routes: []))
  }

  @Test mutating func noServer() throws {
    bench = try RegistrationBench()
    bench.feed(.register)
    bench.feed(.notResolved("no such name"))
    #expect(bench.failure == RegistrationFailure(stage: .name, reason: .unreachable, detail: "no such name"))
    #expect(bench.retryAt != nil)
    bench.feed(.leave)
    #expect(bench.registration.state == .ended)
  }

  @Test mutating func aQueryChangesNothing() throws {
    bench.registration = Registration(
      RegistrationOrder(
        identity: bench.registration.order.identity, user: "me", account: Challenger.account(), isQuery: true))
    bench.feed(.register)
    bench.open()
    #expect(try bench.request()["Contact"] == nil)
    try bench.answer(200, "OK", [("Contact", "<sip:me@198.51.100.7>;expires=10")])
    #expect(bench.registration.state == .registered(until: 1000, routes: []))
    #expect(!bench.registration.mustLeave && bench.registration.nextDeadline == nil)
  }

  @Test mutating func aStrangersResponseChangesNothing() throws {
    let before = bench.registration.pending
    bench.feed(.response(SIPMessage(status: 200, phrase: "OK"), transaction: 99, from: "192.0.2.66"))
    #expect(bench.registration.pending == before && bench.registration.state == .registering)
  }
}
