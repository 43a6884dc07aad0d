// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

struct CallURITests {
  @Test(arguments: [
    ("sip:someone@example.org", "sip"),
    ("SIPS:someone@example.org", "sips"),
    ("sip:example.org", "sip"),
    ("sip:example.org.", "sip"),
    ("sip:+4930123456;phone-context=x@example.org:5060", "sip"),
    ("sip:a%20b@example.org;transport=tcp;lr", "sip"),
    ("sip:a@192.0.2.1:1", "sip"),
    ("sip:a@192.0.2.1:65535", "sip"),
    ("sip:a@[2001:db8::1]", "sip"),
    ("sip:a@[2001:db8::1]:5061;transport=tls", "sip"),
    ("sip:a@[::ffff:192.0.2.1]", "sip"),
    ("sip:a@host-1", "sip"),
    ("sip:a@\(String(repeating: "x", count: 63)).org", "sip"),
    ("tel:+4930123456", "tel"),
    ("https://calls.example.org/room?id=1#x", "https"),
    ("sip:a?b@example.org", "sip"),
    ("sip:1014;phone-context=example.com@example.org", "sip"),
    ("sip:12#3@example.org", "sip"),
    ("https://a@calls.example.org:8443/a:b@c", "https"),
    ("sip:a@[::]", "sip"),
    ("sip:a@[1:2:3:4:5:6:7:8]", "sip"),
    ("sip:a@[1:2:3:4:5:6:192.0.2.1]", "sip"),
    ("sip:a@[1::]", "sip"),
    ("sip:a@3com.example", "sip"),
    ("x-y.z+1:anything", "x-y.z+1"),
  ])
  func accepts(_ text: String, scheme: String) throws {
    let uri = try CallURI(text)
    #expect(uri.scheme == scheme)
    #expect(uri.description == text)
  }

  static let refused: [(String, CallURI.Invalid)] = [
    ("", .empty),
    ("someone@example.org", .noScheme),
    (":someone", .noScheme),
    ("1sip:a@example.org", .noScheme),
    ("s_ip:a@example.org", .noScheme),
    ("sip:", .noHost),
    ("sip:a@", .noHost),
    ("sip:a@:5060", .noHost),
    ("sip:;transport=tcp", .noHost),
    ("tel:", .noHost),
    ("sip:a:secret@example.org", .password),
    ("sip::@example.org", .password),
    ("https://a:secret@calls.example.org/room", .password),
    ("sip:a@example.org?Subject=x", .headers),
    ("sip:example.org?Subject=x", .headers),
    ("sip:a@b@example.org", .malformedHost("b@example.org")),
    ("sip:a@-example.org", .malformedHost("-example.org")),
    ("sip:a@example-.org", .malformedHost("example-.org")),
    ("sip:a@example..org", .malformedHost("example..org")),
    ("sip:a@.example.org", .malformedHost(".example.org")),
    ("sip:a@.", .malformedHost(".")),
    ("sip:a@exa%6Dple.org", .malformedHost("exa%6Dple.org")),
    ("sip:a@\(String(repeating: "x", count: 64)).org", .malformedHost("\(String(repeating: "x", count: 64)).org")),
    ("sip:a@[2001:db8::1", .malformedHost("[2001:db8::1")),
    ("sip:a@[]", .malformedHost("[]")),
    ("sip:a@[example]", .malformedHost("[example]")),
    ("sip:a@[2001:db8::g]", .malformedHost("[2001:db8::g]")),
    ("sip:a@[:::1]", .malformedHost("[:::1]")),
    ("sip:a@[1::2::3]", .malformedHost("[1::2::3]")),
    ("sip:a@[1:2:3:4:5:6:7]", .malformedHost("[1:2:3:4:5:6:7]")),
    ("sip:a@[1:2:3:4:5:6:7:8:9]", .malformedHost("[1:2:3:4:5:6:7:8:9]")),
    ("sip:a@[12345::]", .malformedHost("[12345::]")),
    ("sip:a@[::192.0.2.256]", .malformedHost("[::192.0.2.256]")),
    ("sip:a@[.:.]", .malformedHost("[.:.]")),
    ("sip:a@192.0.2.256", .malformedHost("192.0.2.256")),
    ("sip:a@192.0.2", .malformedHost("192.0.2")),
    ("sip:a@1.2.3.4.5", .malformedHost("1.2.3.4.5")),
    ("sip:a@example.org:", .malformedPort("")),
    ("sip:a@example.org:0", .malformedPort("0")),
    ("sip:a@example.org:65536", .malformedPort("65536")),
    ("sip:a@example.org:+5060", .malformedPort("+5060")),
    ("sip:a@example.org:50:60", .malformedPort("50:60")),
    ("sip:a@example.org:5060x", .malformedPort("5060x")),
    ("sip:a@[::1]x", .malformedPort("x")),
    ("sip:a%@example.org", .malformedEscape("%@e")),
    ("sip:a%2@example.org", .malformedEscape("%2@")),
    ("sip:a%zz@example.org", .malformedEscape("%zz")),
    ("tel:1%", .malformedEscape("%")),
    ("sip:a b@example.org", .forbiddenCharacter(0x20, at: 5)),
    ("sip:a\n@example.org", .forbiddenCharacter(0x0A, at: 5)),
    ("sip:\0@example.org", .forbiddenCharacter(0, at: 4)),
    ("sip:\u{1B}[31m@example.org", .forbiddenCharacter(0x1B, at: 4)),
    ("sip:a\u{7F}@example.org", .forbiddenCharacter(0x7F, at: 5)),
    ("sip:ä@example.org", .forbiddenCharacter(0xE4, at: 4)),
    ("sip:a@ex\u{E4}mple.org", .forbiddenCharacter(0xE4, at: 8)),
    ("sip:ää@example.org", .forbiddenCharacter(0xE4, at: 4)),
    ("sip:a\u{202E}@example.org", .forbiddenCharacter(0x202E, at: 5)),
    ("sip:\u{1F469}\u{200D}\u{1F680}@example.org", .forbiddenCharacter(0x1F469, at: 4)),
    ("sip:\"a\"@example.org", .forbiddenCharacter(0x22, at: 4)),
    ("sip:<a>@example.org", .forbiddenCharacter(0x3C, at: 4)),
    ("sip:a\\b@example.org", .forbiddenCharacter(0x5C, at: 5)),
    ("sip:a@example.org\r\nVia: x", .forbiddenCharacter(0x0D, at: 17)),
  ]

  @Test(arguments: refused)
  func refuses(_ text: String, _ error: CallURI.Invalid) {
    #expect(throws: error) { try CallURI(text) }
  }

  @Test func takesTwoKibibytesAndNoMore() throws {
    let host = "@example.org"
    let longest = "sip:" + String(repeating: "a", count: 2048 - 4 - host.count) + host
    #expect(try CallURI(longest).description.utf8.count == 2048)
    #expect(throws: CallURI.Invalid.tooLong(2049)) { try CallURI(longest + "x") }
    // Bytes count, not characters; and the length is looked at first.
    #expect(throws: CallURI.Invalid.tooLong(2052)) {
      try CallURI("sip:" + String(repeating: "ä", count: 1024))
    }
  }

  @Test func everyErrorNamesTheThingAndSaysWhatToDo() {
    for (_, error) in Self.refused {
      #expect(error.description.hasPrefix("the address"), "\(error)")
      #expect(!error.description.unicodeScalars.contains { $0.value < 0x20 }, "\(error)")
    }
    #expect(CallURI.Invalid.forbiddenCharacter(0x0A, at: 5).description.contains("U+000A at byte 5"))
    #expect(CallURI.Invalid.forbiddenCharacter(0x1F469, at: 4).description.contains("U+1F469"))
  }
}
