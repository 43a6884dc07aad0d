// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct SIPURITests {
  @Test(
    arguments: [
      ("sip:a;transport=tcp@127.0.0.1:5060", "a;transport=tcp", "127.0.0.1", 5060, []),
      ("sip:1014;phone-context=example.com@h", "1014;phone-context=example.com", "h", nil, []),
      ("sip:a?b@h", "a?b", "h", nil, []),
      ("SIP:x@H.Example", "x", "h.example", nil, []),
      ("sip:12#3@h", "12%233", "h", nil, []),
      ("sip:*21*0123%23@h", "*21*0123%23", "h", nil, []),
      ("sip:a%3Bb%40c@h", "a%3Bb%40c", "h", nil, []),
      ("sip:Jürgen@h", "J%C3%BCrgen", "h", nil, []),
      ("sip:+49(30)123-456@h", "+49(30)123-456", "h", nil, []),
      ("sip:a/b=c&d$e,f@h", "a/b=c&d$e,f", "h", nil, []),
      ("sip:h", nil, "h", nil, []),
      ("sip:[2001:DB8::1]:5070;lr", nil, "2001:db8::1", 5070, [Parameter("lr")]),
      ("sip:x@[::ffff:127.0.0.1]", "x", "::ffff:127.0.0.1", nil, []),
      (
        "sip:x@h;Transport=TCP;lr;maddr=10.0.0.1", "x", "h", nil,
        [Parameter("transport", "TCP"), Parameter("lr"), Parameter("maddr", "10.0.0.1")]
      ),
      ("sip:x@h;;lr;", "x", "h", nil, [Parameter("lr")]),
      ("sip:x@h;transport=", "x", "h", nil, [Parameter("transport", "")]),
      ("sip:x;a=b;transport=udp@h:5060;user=phone", "x;a=b;transport=udp", "h", 5060, [Parameter("user", "phone")]),
      ("sip:x@sip_proxy.local.", "x", "sip_proxy.local.", nil, []),
    ] as [(String, String?, String, UInt16?, [Parameter])])
  func isTakenApart(text: String, user: String?, host: String, port: UInt16?, parameters: [Parameter]) throws {
    let uri = try SIPURI(text)
    #expect(uri.scheme == .sip)
    #expect(uri.user == user)
    #expect(uri.host == host)
    #expect(uri.port == port)
    #expect(uri.parameters == parameters)
    #expect(try SIPURI(uri.description) == uri)
  }

  @Test func headersAndPasswordAreTold() throws {
    let uri = try SIPURI("sips:alice:secret@h:5061;method=REFER;lr?Subject=hi&Priority=urgent")
    #expect(uri.scheme == .sips)
    #expect(uri.password == "secret")
    #expect(uri.headers == "Subject=hi&Priority=urgent")
    #expect(uri.description == "sips:alice:secret@h:5061;method=REFER;lr?Subject=hi&Priority=urgent")
    #expect(uri.forRequest.description == "sips:alice:secret@h:5061;lr")
    #expect(uri.isLooseRouter)
    #expect(uri.transport == nil)
    #expect(try SIPURI("sip:h;transport=TCP").transport == "tcp")
  }

  @Test(
    arguments: [
      ("", .empty("address")), ("x@h", .scheme("")), ("tel:+4930123", .scheme("tel")), ("sip:", .host("")),
      ("sip:x@", .host("")), ("sip:@h", .user("")), ("sip:x@127.1", .host("127.1")),
      ("sip:x@127.0.0.01", .host("127.0.0.01")), ("sip:x@::1", .host("")), ("sip:x@[::1%25lo]", .host("::1%25lo")),
      ("sip:x@[1::2::3]", .host("1::2::3")), ("sip:x@[127.0.0.1]", .host("127.0.0.1")), ("sip:x@[::1", .host("[::1")),
      ("sip:x@h:0", .port("0")), ("sip:x@h:99999", .port("99999")), ("sip:x@h:", .port("")),
      ("sip:x@h:+5", .port("+5")),
      ("sip:a%zz@h", .escape("%zz")), ("sip:a%2", .escape("%2")), ("sip:a b@h", .character("address", code: 32)),
      ("sip:\"q\"@h", .character("address", code: 34)), ("sip:a\0@h", .character("address", code: 0)),
      ("sip:a@b@h", .host("b@h")), ("sip:x@h;=v", .parameter("=v")), ("sip:-a.de", .host("-a.de")),
      ("sip:a..b", .host("a..b")),
    ] as [(String, SIPSyntaxError)])
  func wrongOnesAreRefused(text: String, error: SIPSyntaxError) {
    #expect(throws: error) { try SIPURI(text) }
    #expect(!error.description.isEmpty)
  }

  @Test func lengthIsBounded() throws {
    let user = String(repeating: "a", count: SIPURI.maximumLength - 6)
    #expect(try SIPURI("sip:\(user)@h").user == user)
    #expect(throws: SIPSyntaxError.tooLong("address", count: 2049, limit: 2048)) { try SIPURI("sip:a\(user)@h") }
    // What is escaped grows.
    let hashes = String(repeating: "#", count: 1000)
    #expect(throws: SIPSyntaxError.tooLong("address", count: 3006, limit: 2048)) { try SIPURI("sip:\(hashes)@h") }
    let parameters = String(repeating: ";a", count: 65)
    #expect(throws: SIPSyntaxError.tooMany("parameters of an address", limit: 64)) { try SIPURI("sip:h" + parameters) }
  }

  @Test(arguments: [
    ("sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;newparam=5"),
    (
      "sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
      "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"
    ),
    (
      "sip:alice@atlanta.com?subject=project%20x&priority=urgent",
      "sip:alice@atlanta.com?priority=urgent&subject=project%20x"
    ),
    ("sip:[::1]", "sip:[0:0:0:0:0:0:0:1]"), ("sip:a%3bb@h", "sip:a%3Bb@h"),
  ])
  func sameReach(one: String, other: String) throws {
    let (one, other) = (try SIPURI(one), try SIPURI(other))
    #expect(one.isEquivalent(to: other) && other.isEquivalent(to: one))
  }

  @Test(arguments: [
    ("SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"),
    ("sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"),
    ("sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"),
    ("sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"),
    ("sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"),
    ("sip:h", "sips:h"), ("sip:h;maddr=10.0.0.1", "sip:h"), ("sip:a%3Bb@h", "sip:a;b@h"),
  ])
  func otherReach(one: String, other: String) throws {
    let (one, other) = (try SIPURI(one), try SIPURI(other))
    #expect(!one.isEquivalent(to: other) && !other.isEquivalent(to: one))
  }
}
