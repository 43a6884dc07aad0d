// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Testing

/// The settings of an account, as they are given, kept and changed.
@Suite struct AccountTests {
  private func account(_ entries: (String, BusValue)...) throws(OptionProblem) -> Account {
    try Account([("address", .string("sip:me@example.org"))] + entries)
  }

  private func problem(_ name: String, _ value: BusValue) -> String? {
    do throws(OptionProblem) {
      _ = try account((name, value))
      return nil
    } catch {
      #expect(error.option == name)
      return error.text
    }
  }

  static var whole: Account {
    get throws {
      try Account([
        ("address", .string("sip:me@example.org:5070")), ("display-name", .string("Me Ä")), ("auth-user", .string("m")),
        ("realm", .string("My PBX")), ("registrar", .string("sip:reg.example.org")),
        ("outbound-proxy", .string("sips:proxy.example.org:5061")), ("transport", .string("tls")),
        ("enabled", .bool(false)), ("default", .bool(true)), ("register", .bool(true)), ("dial-prefix", .string("0")),
        ("country-code", .string("49")), ("password-place", .string("file")), ("encryption", .string("required")),
        ("ca-file", .string("/etc/ssl/own.pem")), ("key-exchange", .string("dtls")), ("label", .string("Home Ä")),
        ("allow-apps", .strings(["org.example.Phone", "snap.mail"])), ("ice", .string("relay")),
        ("stun-server", .string("stun.example.org:3479")), ("turn-server", .string("[2001:db8::1]")),
      ])
    }
  }

  @Test func everySettingGoesThereAndBack() throws {
    let whole = try Self.whole
    let entries = try #require(whole.encoded.asEntries)
    #expect(entries.count == Account.table.rows.count)
    #expect(try Account(entries) == whole)
    #expect(Account(whole.encoded) == whole)
    #expect(try JSONDecoder().decode(Account.self, from: JSONEncoder().encode(whole)) == whole)
    #expect(Account.read(Array(whole.fileText.utf8)).account == whole)
  }

  @Test func whatIsLeftOpenIsNotSaid() throws {
    #expect(try account().encoded == .dictionary(["address": .string("sip:me@example.org")]))
    #expect(try account().fileText == "[Account]\nAddress=sip:me@example.org\n")
    #expect(try account(("transport", .string("")), ("realm", .string(""))) == account())
  }

  @Test(arguments: [
    ("me@example.org", "sip:me@example.org"), ("SIPS:me@[2001:db8::1]:5071", "SIPS:me@[2001:db8::1]:5071"),
    ("me@192.0.2.7:5070", "sip:me@192.0.2.7:5070"), ("sip:+4930123@example.org", "sip:+4930123@example.org"),
  ])
  func anAddressIsOne(_ text: String, _ address: String) throws {
    #expect(try Account([("address", .string(text))]).address == address)
  }

  @Test(arguments: [
    ("tel:+49", "it must begin with sip: or sips:, not with “tel:”"),
    ("sip:example.org", "it has no user; write it like sip:me@example.org"),
    ("sip:@example.org", "it has no user; write it like sip:me@example.org"),
    ("example.org", "the address has no scheme; write it like sip:someone@example.org"),
    ("sip:me:secret@example.org", "the address contains a password; remove it"),
    (
      "sip:me@example.org;transport=tls",
      "it has parameters after “;”; remove them (the transport is a setting of its own)"
    ),
    ("", "the address is empty"),
  ])
  func anAddressThatIsNoneIsRefused(_ text: String, _ why: String) {
    #expect(throws: OptionProblem("address", why)) { _ = try Account([("address", .string(text))]) }
  }

  @Test func anAccountNeedsAnAddress() {
    let text = "it is missing; every account needs one, such as sip:me@example.org"
    #expect(throws: OptionProblem("address", text)) { _ = try Account([("realm", .string("x"))]) }
  }

  @Test(arguments: [
    ("proxy.example.org", "sip:proxy.example.org"), ("proxy.example.org:5061", "sip:proxy.example.org:5061"),
    ("SIPS:[::1]", "SIPS:[::1]"), ("sip:192.0.2.1;transport=tcp", "sip:192.0.2.1;transport=tcp"),
  ])
  func aServerIsAHost(_ text: String, _ server: String) throws {
    #expect(try account(("outbound-proxy", .string(text))).outboundProxy == server)
    #expect(try account(("registrar", .string(text))).registrar == server)
  }

  @Test func whatDoesNotFitIsNamed() {
    #expect(problem("transport", .string("sctp")) == "“sctp” is not one of udp, tcp, tls")
    #expect(problem("password-place", .string("here")) == "“here” is not one of secret-service, file, credential")
    #expect(problem("registrar", .string("sip:me@example.org"))?.hasPrefix("it has a user; ") == true)
    #expect(problem("outbound-proxy", .string("a b"))?.contains("U+0020") == true)
    for name in ["display-name", "auth-user", "realm"] {
      for text in ["a\nb", " a", "a\u{202E}b", "\u{200B}"] {
        #expect(problem(name, .string(text))?.hasPrefix("it must be one visible line") == true, "\(name) \(text)")
      }
      #expect(problem(name, .string("a\\")) == "it must not end with “\\”")
    }
    #expect(problem("dial-prefix", .string("+")) == "it must be at most 16 of 0-9, “*” and “#”, such as 0")
    for text in ["0", "1234", "DE", "+", "049"] {
      #expect(problem("country-code", .string(text)) == "it must be a calling code of 1 to 3 digits, such as 49")
    }
    #expect(problem("password", .string("x"))?.hasPrefix("unknown option; the options are address, allow-apps") == true)
    for id in ["phone", "org.example.Phone org.example.Mail", "org/example.Phone"] {
      #expect(problem("allow-apps", .strings([id]))?.hasPrefix("“\(id)” is not an application's ID") == true)
    }
    #expect(problem("enabled", .string("yes")) == "its type is s; it must be b")
  }

  @Test func aSecureAddressIsCalledSecurely() throws {
    var account = try Account([("address", .string("sips:me@example.org")), ("transport", .string("tls"))])
    let before = account
    let text = "a sips: address is called over tls only, not over udp; change one of the two"
    #expect(throws: OptionProblem("transport", text)) {
      try account.change([("realm", .string("x")), ("transport", .string("udp"))])
    }
    let encryption =
      "calls of a sips: address are always encrypted, so it must be required, not offer; change one of the two"
    #expect(throws: OptionProblem("encryption", encryption)) {
      try account.change([("encryption", .string("offer"))])
    }
    #expect(account == before)
  }

  @Test func aChangeIsOfWhatIsGiven() throws {
    var account = try Self.whole
    try account.change([("realm", .string("")), ("enabled", .bool(true)), ("country-code", .string("+1"))])
    var expected = try Self.whole
    (expected.realm, expected.isEnabled, expected.countryCode) = (nil, true, "1")
    #expect(account == expected)
  }

  @Test func noApplicationInASandboxMayGiveAny() throws {
    for (name, value) in try #require(Self.whole.encoded.asEntries) {
      #expect(Account.table.refusal(of: [(name, value)], from: "org.example.App")?.option == name)
    }
  }

  // MARK: Ids

  @Test func anIDIsRecognized() {
    func id(_ address: String, _ taken: String...) -> String {
      AccountID(for: address, besides: Set(taken.compactMap(AccountID.init))).description
    }
    #expect(id("sip:me@example.org") == "me_example_org")
    #expect(id("sips:Me.Too@[::1]:5061") == "me_too_1_5061")
    #expect(id("sip:%C3%A4@x") == "c3_a4_x")
    #expect(id("sip:___") == "account")
    #expect(id("sip:me@example.org", "me_example_org", "me_example_org_2") == "me_example_org_3")
    let long = "sip:" + String(repeating: "a", count: 100)
    #expect(id(long) == String(repeating: "a", count: 64))
    #expect(id(long, String(repeating: "a", count: 64)) == String(repeating: "a", count: 62) + "_2")
  }

  @Test func anIDIsANameOfAFileAndOfAnObject() {
    for text in ["a", "7", "me_example_org", String(repeating: "x", count: 64)] { #expect(AccountID(text) != nil) }
    for text in ["", "_a", "A", "a-b", "a.b", "a/b", "ä", "..", String(repeating: "x", count: 65)] {
      #expect(AccountID(text) == nil, "\(text)")
    }
  }
}
