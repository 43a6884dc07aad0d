// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

/// What people write, and what an account makes of it.
@Suite struct CallTargetTests {
  @Test(arguments: [
    ("030 123456", "030123456"), ("+49 (30) 12-34.56", "+49301234.56".filter { $0 != "." }), ("112", "112"),
    ("*21#", "*21#"), ("tel:+49-30-123", "+4930123"), ("TEL:030/123", "030123"), ("tel:*21%23", "*21#"),
    ("tel:123;phone-context=+4930", "+4930123"), ("tel:123;phone-context=example.org", "123"),
    ("tel:+4930123;phone-context=+1;ext=7", "+4930123"),
  ])
  func aNumber(_ text: String, _ number: String) throws { #expect(try CallTarget(text) == .number(number)) }

  @Test func anAddressOrAName() throws {
    let address = try CallURI("sip:a@example.org")
    #expect(try CallTarget("sip:a@example.org") == .address(address))
    for name in ["alice", "Alice_2", "a.b-c", "7up", "example.org"] { #expect(try CallTarget(name) == .name(name)) }
  }

  @Test(arguments: [
    ("", CallURI.Invalid.empty), ("a@b", .noScheme), ("+", .noScheme), ("tel:", .noHost),
    ("tel:abc", .malformedNumber("abc")), ("a b", .forbiddenCharacter(0x20, at: 1)),
    (String(repeating: "1", count: 41) + " ", .forbiddenCharacter(0x20, at: 41)), (".a", .noScheme),
  ])
  func neither(_ text: String, _ why: CallURI.Invalid) { #expect(throws: why) { _ = try CallTarget(text) } }

  /// The table of ongoingcall-accounts(5), and more.
  @Test(arguments: [
    ("", "", "030123", "030123"), ("", "", "+4930123", "+4930123"), ("49", "", "030123", "+4930123"),
    ("49", "", "0043 1 123", "+431123"), ("49", "", "+43 1 123", "+431123"), ("49", "", "112", "112"),
    ("", "0", "030 123", "0030123"), ("", "0", "+43 1 123", "000431123"), ("49", "0", "030 123", "0004930123"),
    ("", "0", "23", "023"), ("49", "9", "*21#", "9*21%23"),
  ])
  func aNumberIsDialled(_ country: String, _ prefix: String, _ number: String, _ dialled: String) throws {
    let account = try Account([
      ("address", .string("sip:me@example.org:5070")), ("country-code", .string(country)),
      ("dial-prefix", .string(prefix)),
    ])
    #expect(account.address(calling: try CallTarget(number)) == "sip:\(dialled)@example.org:5070")
  }

  @Test func aNameIsOnTheAccountsHost() throws {
    let account = try Account([("address", .string("sips:me@[2001:db8::1]")), ("dial-prefix", .string("0"))])
    #expect(account.address(calling: .name("alice")) == "sips:alice@[2001:db8::1]")
    #expect(account.address(calling: try CallTarget("sip:a@example.com")) == "sip:a@example.com")
  }
}
