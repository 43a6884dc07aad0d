// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct SIPMessageTests {
  static let invite = [
    "INVITE sip:bob@h SIP/2.0", "v: SIP/2.0/UDP a.example:5070;branch=z9hG4bK1;rport,",
    "  SIP / 2.0 / TCP [2001:db8::1] ;branch=z9hG4bK2;received=[::2];rport=7;ttl=3;maddr=224.0.0.1",
    "VIA: SIP/2.0/TLS c;branch=z9hG4bK3", "f: \"A, B\" <sip:a@h>;tag=ft", "t: <sip:b@h>", "i: id@a", "CSeq: 7  INVITE",
    "m: <sip:a@1.2.3.4;transport=tcp>, \"x,y\" <sip:c@h>", "Record-Route: <sip:p1;lr>,<sip:p2;lr>",
    "Record-Route: <sip:p3;lr>", "k: timer, 100REL", "Require: a", "require: b , c", "Allow: INVITE,ACK", "s: one, two",
    "x: 1800 ; refresher=UAS", "Min-SE:90", "Retry-After: 18 (in a meeting);duration=3600",
    "Reason: Q.850;cause=16;text=\"a;b, c\", SIP;cause=200", "RSeq: 5", "RAck: 5 7 INVITE",
    "Replaces: x@y;to-tag=1;from-tag=2;early-only", "r: <sip:z@h?Replaces=a%3Bto-tag%3Db>", "X-Own: v",
    "c: multipart/mixed;boundary=\"a b;c\"", "l: 4", "", "bodyrest",
  ].joined(separator: "\r\n")

  @Test func fieldsAreTold() throws {
    let message = try SIPMessage(Array(Self.invite.utf8))
    #expect(message.method == "INVITE")
    #expect(message.requestURI == "sip:bob@h")
    #expect(message.status == nil)
    #expect(message.callID == "id@a")
    #expect(message.sequence == 7)
    #expect(message.sequenceMethod == "INVITE")
    #expect(message.from?.displayName == "A, B")
    #expect(message.fromTag == "ft")
    #expect(message.to?.uri.user == "b")
    #expect(message.toTag == nil)
    #expect(message.contacts.map(\.uri.description) == ["sip:a@1.2.3.4;transport=tcp", "sip:c@h"])
    #expect(message.recordRoutes.map(\.uri.host) == ["p1", "p2", "p3"])
    #expect(message.supported == ["timer", "100rel"])
    #expect(message.requires == ["a", "b", "c"])
    #expect(message.allow == ["INVITE", "ACK"])
    #expect(message["subject"] == "one, two")
    #expect(message.all("Subject") == ["one, two"])
    #expect(message.sessionExpires == SessionExpires(seconds: 1800, refresher: .uas))
    #expect(message.minimumSessionExpires == 90)
    #expect(message.retryAfter == 18)
    #expect(message.reasons == [Reason("Q.850", cause: 16, text: "a;b, c"), Reason("SIP", cause: 200)])
    #expect(message.reliableSequence == 5)
    #expect(
      message.reliableAcknowledgement == ReliableAcknowledgement(response: 5, sequence: 7, method: "INVITE"))
    #expect(message.replaces == Replaces(callID: "x@y", toTag: "1", fromTag: "2", isEarlyOnly: true))
    #expect(message.referTo?.uri.headers == "Replaces=a%3Bto-tag%3Db")
    #expect(message["x-own"] == "v")
    #expect(message.contentType?.boundary == "a b;c")
    #expect(String(decoding: message.body, as: UTF8.self) == "body")
  }

  @Test func viasAreTakenApartAndPrinted() throws {
    let message = try SIPMessage(Array(Self.invite.utf8))
    let vias = message.vias
    #expect(vias.map(\.host) == ["a.example", "2001:db8::1", "c"])
    #expect(vias.map(\.transport) == ["UDP", "TCP", "TLS"])
    #expect(message.topVia?.branch == "z9hG4bK1")
    #expect(message.topVia?.port == 5070)
    #expect(message.topVia?.rport == nil)
    #expect(message.topVia?.parameters.contains("rport") == true)
    #expect(vias[1].received == "::2")
    #expect(vias[1].rport == 7)
    #expect(vias[1].ttl == 3)
    #expect(vias[1].maddr == "224.0.0.1")
    for via in vias { #expect(try Via(via.description) == via) }
    #expect(
      Via(.udp, host: "::1", port: 5060, branch: "z9hG4bKx").description
        == "SIP/2.0/UDP [::1]:5060;branch=z9hG4bKx;rport")
    for wrong in ["", "SIP/2.0/UDP", "SIP/2.0 h", "SIP/3.0/UDP h", "SIP/2.0/UDP h:0"] {
      #expect(throws: SIPSyntaxError.self) { try Via(wrong) }
    }
  }

  @Test func printedAndReadItIsTheSame() throws {
    let message = try SIPMessage(Array(Self.invite.utf8))
    #expect(try SIPMessage(message.bytes) == message)
    let response = try SIPMessage(Array("SIP/2.0 180  Ringing, \u{0}you\nTo: x\n\n".utf8))
    #expect(response.status == 180)
    #expect(response.phrase == "Ringing,  you")
    #expect(try SIPMessage(response.bytes) == response)
    #expect(String(decoding: response.bytes, as: UTF8.self).hasSuffix("To: x\r\nContent-Length: 0\r\n\r\n"))
  }

  @Test func fieldsAreSetAddedAndTaken() {
    var message = SIPMessage(method: "OPTIONS", uri: "sip:h")
    message.add("t", "<sip:h>")
    message.add("Route", "<sip:a;lr>")
    message.add("Route", "<sip:b;lr>")
    message["to"] = "<sip:i>"
    #expect(message.headers.map(\.name) == ["To", "Route", "Route"])
    message["Route"] = "<sip:c;lr>, <sip:d;lr>"
    #expect(message.all("route") == ["<sip:c;lr>", "<sip:d;lr>"])
    message.prepend("v", "SIP/2.0/UDP h")
    #expect(message.headers.map(\.name) == ["Via", "To", "Route"])
    message.remove("ROUTE")
    #expect(message["Route"] == nil)
  }

  @Test func nothingThatIsSetBecomesALineOfItsOwn() throws {
    var message = SIPMessage(status: 200, phrase: "OK\r\nEvil: 1")
    message["Subject"] = "a\r\nEvil: 2\0"
    message.headers[0].value = "b\nEvil: 3"
    let read = try SIPMessage(message.bytes)
    #expect(read["Evil"] == nil)
    #expect(read["Subject"] == "b Evil: 3")
  }

  @Test(
    arguments: [
      ("", .empty("message")), ("INVITE sip:h SIP/2.0", .truncated), ("INVITE sip:h SIP/2.0\r\nTo: x\r\n", .truncated),
      ("\r\n\r\n", .truncated), ("SIP/2.0 99 x\n\n", .startLine("SIP/2.0 99 x")),
      ("SIP/2.0 700 x\n\n", .startLine("SIP/2.0 700 x")), ("SIP/2.0\n\n", .startLine("SIP/2.0")),
      ("GET / HTTP/1.1\n\n", .startLine("GET / HTTP/1.1")), ("A B\n\n", .startLine("A B")),
      ("A  SIP/2.0\n\n", .startLine("A  SIP/2.0")), ("A b SIP/2.0\nnothing\n\n", .header("nothing")),
      ("A b SIP/2.0\n: x\n\n", .header(": x")), ("A b SIP/2.0\nl: 5\n\nbody", .contentLength("5")),
      ("A b SIP/2.0\nl: -1\n\nbody", .contentLength("-1")), ("A b SIP/2.0\nl: 1\nl: 2\n\nbody", .contentLength("1, 2")),
      ("A b SIP/2.0\nl: 99999999999999999999\n\n", .contentLength("99999999999999999999")),
    ] as [(String, SIPSyntaxError)])
  func wrongOnesAreRefused(text: String, error: SIPSyntaxError) {
    #expect(throws: error) { try SIPMessage(Array(text.utf8)) }
  }

  @Test func sizeIsBounded() {
    let many = "A b SIP/2.0\n" + String(repeating: "X: y\n", count: 257) + "\n"
    #expect(throws: SIPSyntaxError.tooMany("header fields", limit: 256)) { try SIPMessage(Array(many.utf8)) }
    #expect(throws: SIPSyntaxError.tooLong("message", count: 65_537, limit: 65_536)) {
      try SIPMessage([UInt8](repeating: 65, count: 65_537))
    }
  }

  @Test func aRouteThatLacksOneIsNone() throws {
    let message = try SIPMessage(Array("A b SIP/2.0\nRecord-Route: <sip:p1;lr>, <sip:>\nRoute: <sip:p2>\n\n".utf8))
    #expect(message.recordRoutes.count == 1)
    #expect(throws: SIPSyntaxError.host("")) { try message.addresses("Record-Route") }
    #expect(try message.addresses("Route").map(\.uri.host) == ["p2"])
  }

  @Test func malformedFieldsSayNothing() throws {
    let message = try SIPMessage(
      Array("A b SIP/2.0\nCSeq: 2147483648 A\nFrom: tel:1\nRSeq: 0\nMin-SE: x\nReason: ;\nVia: y\nx: -1\n\n".utf8))
    #expect(message.sequence == nil)
    #expect(message.sequenceMethod == nil)
    #expect(message.from == nil)
    #expect(message.topVia == nil)
    #expect(message.reliableSequence == nil)
    #expect(message.minimumSessionExpires == nil)
    #expect(message.reasons.isEmpty)
    #expect(message.sessionExpires == nil)
  }

  @Test func aResponseThatIsNotWholeIsEnoughToEndACall() throws {
    let fields = [
      "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK1", "v: SIP/2.0/UDP 192.0.2.2", "Record-Route: <sip:a;lr>",
      "no field", "t: <sip:b@c>;tag=1", "To: <sip:b@c>;tag=2", "Record-Route: <sip:b;lr>", "Subject: x",
    ]
    let text = "SIP/2.0 200 OK\r\n" + fields.joined(separator: "\r\n") + "\r\n\r\nbody"
    let message = try SIPMessage(response: Array(text.utf8))
    #expect(message.problem == .header("no field"))
    #expect(message.status == 200 && message.toTag == "1" && message.body.isEmpty)
    #expect(message.headers.map(\.name) == ["Via", "Record-Route", "To", "Record-Route"])
    let whole = try SIPMessage(response: Array(text.replacing("no field\r\n", with: "").utf8))
    #expect(whole.problem == nil && whole["Subject"] == "x")
  }

  @Test(arguments: ["", "SIP/2.0 200", "BYE sip:a@b SIP/2.0\r\nno field\r\n\r\n", "SIP/2.0 20 OK\r\nno field\r\n\r\n"])
  func whatIsNoResponseIsNone(text: String) {
    #expect(throws: SIPSyntaxError.self) { try SIPMessage(response: Array(text.utf8)) }
  }
}
