// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import CallModel

/// Links that ask for calls: what of them is called, and which are refused.
@Suite struct CallLinkTests {
  private func callee(_ link: String) -> String? { try? CallLink(link).callee }

  private func problem(_ link: String) -> CallLink.Invalid? {
    do throws(CallLink.Invalid) {
      _ = try CallLink(link)
      return nil
    } catch { return error }
  }

  @Test(
    arguments: [
      ("sip:bob@example.org", "sip:bob@example.org"), ("SIPS:bob@example.org", "sips:bob@example.org"),
      ("sip://bob@example.org", "sip:bob@example.org"), ("sip:example.org:5070", "sip:example.org:5070"),
      ("sip:bob%40example.org", "sip:bob@example.org"), ("callto:bob@example.org", "sip:bob@example.org"),
      ("sip:bob@[2001:db8::1]:5060", "sip:bob@[2001:db8::1]:5060"),
      // Numbers.
      ("tel:+49-30-123456", "+4930123456"), ("tel://030%20123", "030123"), ("tel:030%2F123", "030123"),
      ("callto:+49(30)123", "+4930123"), ("callto://030 123", "030123"), ("tel:112", "112"),
      ("tel:123;ext=45", "123"), ("tel:863-1234;phone-context=+1-914-555", "+19145558631234"),
      ("tel:1;phone-context=example.com", "1"), ("TEL:+4930", "+4930"), ("tel:+4930?body=x", "+4930"),
      // What says how to call is taken off.
      ("sip:bob@example.org?Replaces=a%3Bto-tag%3Db&Referred-By=x", "sip:bob@example.org"),
      ("sip:bob@example.org?Subject=a@b", "sip:bob@example.org"),
      ("sip:bob@example.org;transport=tls;method=BYE", "sip:bob@example.org;transport=tls"),
      ("sip:bob@example.org;maddr=192.0.2.1;ttl=1;lr", "sip:bob@example.org"),
      ("sip:bob@example.org;transport=udp", "sip:bob@example.org"),
      ("sips:bob@example.org;transport=tcp", "sips:bob@example.org"),
      ("sip:+4930@example.org;user=phone;x=y", "sip:+4930@example.org;user=phone"),
      ("sip:bob@example.org;user=phone%3Bmaddr=192.0.2.1", "sip:bob@example.org;user=phone"),
    ])
  func whatIsCalled(_ link: String, _ expected: String) {
    #expect(callee(link) == expected, "\(problem(link).map { "\($0)" } ?? "")")
    // It is what a launch takes.
    #expect(throws: Never.self) { try CallTarget(expected) }
  }

  @Test(
    arguments: [
      "", "bob", "sip", "http://example.org", "javascript:alert(1)", "mailto:a@b", "file:///etc/passwd", "sip:", "tel:",
      "callto:", "callto:bob", "tel:bob", "tel:+", "sip:@", "sip:bob@",
      // Passwords, however they are written.
      "sip:bob:secret@example.org", "sip:bob%3Asecret@example.org",
      // Codes.
      "tel:*%2306%23", "tel:*#06#", "tel:**21*030123%23", "callto:*21*1#", "sip:*21*030@example.org",
      "sip:%2A21%2A030@example.org", "sip:%2306%23@example.org", "tel:030#", "tel:%2306",
      // Encoded twice, or no text.
      "tel:%252306", "sip:bob%2540evil.example@example.org", "sip:%FF@example.org", "sip:%4@example.org",
      // Two addresses, or one that hides the other.
      "sip:bob@example.org@example.com", "sip:bob%40example.org@example.com", "sip:030?x=bob@example.com",
      "sip:bob%3Fx@example.org",
      // What is not to be seen, or makes something else be seen.
      "sip:bob%0A@example.org", "sip:bob%E2%80%AE@example.org", "sip:bob\u{202E}@example.org",
      "sip:b\u{F6}b@example.org",
      "tel:030%00", "tel:+49\u{FF0A}21", "sip:bob@ex%20ample.org", "tel:0\n30",
      // More than one.
      "sip:a@example.org sip:b@example.org", "sip:a@example.org,sip:b@example.org", "tel:1,2",
      "tel:1234567890123456789012345678901234567890123",
    ])
  func whatIsRefused(_ link: String) { #expect(callee(link) == nil) }

  @Test func lengths() {
    let user = String(repeating: "a", count: 128 - "sip:@example.org".utf8.count)
    #expect(callee("sip:\(user)@example.org") != nil)
    #expect(problem("sip:\(user)a@example.org") == .tooLong)
    #expect(callee("sip:bob@example.org?x=" + String(repeating: "a", count: 2000)) == "sip:bob@example.org")
    #expect(problem("sip:bob@example.org?x=" + String(repeating: "a", count: 2048)) != nil)
  }

  @Test func problemsAreSaid() {
    #expect(problem("tel:*#06#") == .serviceCode("*#06#"))
    #expect("\(CallLink.Invalid.serviceCode("*#06#"))".hasPrefix("“*#06#” has “*” or “#”"))
    #expect(problem("ftp:x") == .scheme("ftp:"))
    #expect(
      "\(CallLink.Invalid.scheme("ftp:"))"
        == "“ftp:” links cannot be called; expected one of sip:, sips:, tel:, callto:")
    #expect(problem("sip:a:b@c") == .address(.password))
  }
}
