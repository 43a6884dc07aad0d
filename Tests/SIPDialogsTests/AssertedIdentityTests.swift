// SPDX-License-Identifier: Apache-2.0
import CallLife
import Testing

@testable import SIPDialogs

/// Whom the account's server says that the call is with.
struct AssertedIdentityTests {
  private let bench: CallBench
  private let far: FarEnd

  init() throws {
    bench = try CallBench()
    far = bench.add()
    bench.order.account = Challenger.account()
  }

  private var said: String? { bench.reports.last?.report.connectedTo }

  private static func identity(_ values: String..., privacy: String? = nil) -> String? {
    var message = SIPMessage(status: 200, phrase: "OK")
    for value in values { message.add("P-Asserted-Identity", value) }
    if let privacy { message.add("Privacy", privacy) }
    return AssertedIdentity(message)?.description
  }

  @Test(
    arguments: [
      (#""Bob" <sip:bob@example.org>"#, "Bob sip:bob@example.org"), ("sip:bob@example.org", "sip:bob@example.org"),
      ("Bob <sip:bob@example.org;user=phone?Subject=x>;x=y", "Bob sip:bob@example.org"),
      ("<tel:+1-555;phone-context=example.org>", "tel:+1-555"), ("sip:bob:secret@h", "sip:bob@h"),
      ("\"Bo\u{202E}b\u{9b}31m\u{feff}\" <sip:b@h>", "Bob31m sip:b@h"), (#""\u{2066}" <sip:b@h>"#, "u{2066} sip:b@h"),
      ("<https://example.org>", nil), ("<tel:1;evil>", "tel:1"), ("<tel:evil>", nil), ("\"Bob", nil), ("", nil),
      ("<", nil), ("Bob <sip:>", nil),
    ] as [(String, String?)])
  func whatIsShown(value: String, shown: String?) { #expect(Self.identity(value) == shown) }

  @Test func itIsShort() {
    let long = String(repeating: "ä", count: 4000)
    let text = Self.identity("\"\(long)\" <sip:\(String(repeating: "b", count: 1000))@h>") ?? ""
    #expect(text.utf8.count < 420 && text.contains("ä… sip:bbb"))
  }

  @Test func aFarEndThatIsNotToBeKnownIsNot() {
    #expect(Self.identity("<sip:b@h>", privacy: "header; ID") == nil)
    #expect(Self.identity("<sip:b@h>", privacy: "user") == nil)
    #expect(Self.identity("<sip:b@h>", privacy: "none") == "sip:b@h")
  }

  @Test func theFirstThatCanBeReadCounts() {
    #expect(Self.identity("<urn:x>, <sip:b@h>", "<tel:+1>") == "sip:b@h")
  }

  @Test func theServerSaysItInEachAnswer() throws {
    far.replies[0].change = { $0.add("P-Asserted-Identity", "<sip:desk@example.org>") }
    far.replies[1].change = { $0.add("P-Asserted-Identity", "\"Home\" <sip:home@example.org>") }
    bench.place()
    #expect(bench.run(3000) { bench.state == .ringing } && said == "sip:desk@example.org")
    #expect(bench.run(3000) { bench.isJoined } && said == "Home sip:home@example.org")
    bench.hold(true)
    #expect(bench.run(3000) { bench.isOnHold } && said == "Home sip:home@example.org")
    far.change = { $0.add("P-Asserted-Identity", "<tel:+15551>") }
    bench.hold(false)
    #expect(bench.run(3000) { !bench.isOnHold } && said == "tel:+15551")
    bench.crash()
    bench.run(3000)
    #expect(bench.isJoined && said == "tel:+15551" && bench.complaints == [])
  }

  @Test(arguments: ["INVITE", "UPDATE"]) func theServerSaysThatTheCallIsDiverted(method: String) throws {
    try #require(bench.join())
    #expect(said == nil)
    far.offer(.sendrecv, try #require(far.leg), method: method) { $0.add("P-Asserted-Identity", "<sip:new@h>") }
    #expect(bench.run(1000) { said == "sip:new@h" } && bench.isJoined)
  }

  /// Whoever is called can say that, too.
  @Test(arguments: [true, false]) func nobodyElseIsBelieved(hasAccount: Bool) throws {
    bench.order.account = hasAccount ? Challenger.account(domain: "example.org") : nil
    let lie = "\"Your bank\" <sip:bank@example.org>"
    for index in far.replies.indices { far.replies[index].change = { $0.add("P-Asserted-Identity", lie) } }
    try #require(bench.join())
    far.change = { $0.add("P-Asserted-Identity", lie) }
    bench.hold(true)
    bench.run(2000)
    far.offer(.sendrecv, try #require(far.leg)) { $0.add("P-Asserted-Identity", lie) }
    bench.run(2000)
    #expect(bench.isJoined && bench.reports.allSatisfy { $0.report.connectedTo == nil })
  }

  /// The account's server has passed the call on, and is not on its way any more.
  @Test func aFarEndPastTheServerIsNotBelieved() throws {
    far.replies[1].change = { $0["Contact"] = "<sip:b@192.0.2.10>" }
    bench.add("192.0.2.10")
    try #require(bench.join())
    far.offer(.sendrecv, try #require(far.leg)) { $0.add("P-Asserted-Identity", "<sip:evil@h>") }
    bench.run(2000)
    #expect(said == nil)
  }
}
