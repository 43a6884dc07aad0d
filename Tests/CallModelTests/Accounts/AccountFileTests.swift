// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

/// An account's file, as people write it and as the daemon changes it.
@Suite struct AccountFileTests {
  private func problems(_ text: String) -> [String] {
    let (account, problems) = Account.read(Array(text.utf8))
    #expect((account == nil) == !problems.isEmpty)
    return problems.map { "\($0.line) \($0.text)" }
  }

  @Test func aPersonMayWriteIt() throws {
    let text = """
      # Mine
      [Account]
      Address = me@example.org
      DisplayName=Me, myself
      Transport=
      Enabled=off
      Realm=one
      Realm=two
      X-Mine=1
      [X-Other]
      Anything=1
      """
    let account = try #require(Account.read(Array(text.utf8)).account)
    var expected = try Account([("address", .string("sip:me@example.org"))])
    (expected.isEnabled, expected.realm, expected.displayName) = (false, "two", "Me, myself")
    #expect(account == expected)
  }

  @Test func whatIsWrongIsNamedByItsLine() {
    #expect(
      problems("[Account]\nAddress=sip:me@example.org\nTransport=ssl\nEnabled=perhaps\nTransprot=tls\n[Acount]\nA=1")
        == [
          "3 Transport=: “ssl” is not one of udp, tcp, tls", "4 Enabled=: “perhaps” is not yes or no",
          "5 [Account] has no key “Transprot”; its keys are Address, AllowApps, AuthUser, CAFile, CountryCode, Default, "
            + "DialPrefix, DisplayName, Enabled, Encryption, ICE, KeyExchange, Label, OutboundProxy, PasswordPlace, Realm, "
            + "Register, Registrar, STUNServer, TURNServer, Transport",
          "7 unknown section [Acount]; expected [Account]",
        ])
    #expect(
      problems("[Account]\n") == [
        "0 Address=: it is missing; every account needs one, such as sip:me@example.org"
      ])
    #expect(
      problems("[Account]\nAddress=sips:me@example.org\nTransport=udp") == [
        "0 Transport=: a sips: address is called over tls only, not over udp; change one of the two"
      ])
    #expect(problems("Address=sip:me@example.org\n").first == "1 expected a [Section] before it")
  }

  @Test(arguments: ["Password", "password", "Passwd", "AuthPassword", "Secret"])
  func aPasswordIsRefusedAndNotRepeated(_ key: String) {
    let found = problems("[Account]\nAddress=sip:me@example.org\n\(key)=hunter2\n")
    #expect(
      found == [
        "3 “\(key)=”: a password must not be in this file; remove the line, and keep the password where PasswordPlace= says"
      ])
  }

  // MARK: Changing

  private func changed(_ text: String, _ entries: (String, BusValue)...) throws -> String {
    let account = try #require(Account.read(Array(text.utf8)).account)
    var other = account
    try other.change(entries)
    let result = account.changing(text, to: other)
    #expect(Account.read(Array(result.utf8)).account == other)
    return result
  }

  private let written = """
    # Mine
    [Account]
    # At home
    Address=sip:me@example.org
    Realm=a\\
      b
    ; Over TLS
    Transport=tls
    X-Mine=1
    [X-Other]
    Realm=kept
    """

  @Test func whatAPersonHasWrittenStays() throws {
    #expect(
      try changed(written, ("transport", .string("tcp")), ("address", .string("sip:you@example.org")))
        == written.replacing("Transport=tls", with: "Transport=tcp").replacing("sip:me@", with: "sip:you@"))
    #expect(try changed(written, ("realm", .string(""))) == written.replacing("Realm=a\\\n  b\n", with: ""))
    #expect(
      try changed(written, ("enabled", .bool(false)))
        == written.replacing("X-Mine=1\n", with: "X-Mine=1\nEnabled=no\n"))
    #expect(try changed(written) == written)
  }

  @Test func ofSeveralAssignmentsOneStays() throws {
    let text = "[Account]\r\nAddress=sip:me@example.org\r\nRealm=a\r\nTransport=udp\r\nRealm=b"
    #expect(
      try changed(text, ("realm", .string("c")))
        == "[Account]\r\nAddress=sip:me@example.org\r\nTransport=udp\r\nRealm=c")
    #expect(
      try changed(text, ("realm", .string("")))
        == "[Account]\r\nAddress=sip:me@example.org\r\nTransport=udp\r")
  }
}
