// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct NameAddressTests {
  @Test(
    arguments: [
      ("sip:x@h;tag=1", nil, "sip:x@h", [Parameter("tag", "1")]),
      ("<sip:x@h;lr>;tag=1", nil, "sip:x@h;lr", [Parameter("tag", "1")]),
      ("\"Last, First\" <sip:x@h>", "Last, First", "sip:x@h", []),
      (
        #""say \"hi\" \\o/"<sip:x@h> ; a = "b;,c" ;d"#, #"say "hi" \o/"#, "sip:x@h",
        [Parameter("a", "b;,c"), Parameter("d")]
      ),
      ("The Operator <sip:0@h:5070>", "The Operator", "sip:0@h:5070", []),
      ("\"\" <sip:h>", nil, "sip:h", []),
      ("Jürgen <sip:j@h>;x=\"ü\"", "Jürgen", "sip:j@h", [Parameter("x", "ü")]),
      (
        "<sip:a,b;c=d@h?x=y>;q=0.7;expires=3600", nil, "sip:a,b;c=d@h?x=y",
        [Parameter("q", "0.7"), Parameter("expires", "3600")]
      ),
      ("<sip:x@h>;+sip.instance=\"<urn:uuid:1>\"", nil, "sip:x@h", [Parameter("+sip.instance", "<urn:uuid:1>")]),
    ] as [(String, String?, String, [Parameter])])
  func isTakenApart(text: String, name: String?, uri: String, parameters: [Parameter]) throws {
    let address = try NameAddress(text)
    #expect(address.displayName == name)
    #expect(address.uri.description == uri)
    #expect(address.parameters == parameters)
    #expect(try NameAddress(address.description) == address)
    #expect(try NameAddress.list("\(text) , \(address)") == [address, address])
  }

  @Test(
    arguments: [
      ("", .empty("address")), ("*", .scheme("")), ("<tel:+49>", .scheme("tel")), ("<sip:h", .address("<sip:h")),
      ("\"a\" sip:h", .address("\"a\" sip:h")), ("<sip:h> x", .address("<sip:h> x")),
      ("<sip:h>;a=\"b", .parameter("a=\"b")), ("a\r\nb <sip:h>", .character("address", code: 13)),
    ] as [(String, SIPSyntaxError)])
  func wrongOnesAreRefused(text: String, error: SIPSyntaxError) {
    #expect(throws: error) { try NameAddress(text) }
  }

  @Test func listsKeepQuotesAndBracketsTogether() throws {
    let list = try NameAddress.list("\"a, <b\" <sip:x,y@h>;q=0.5, , sip:z@h;q=1,<sip:w@h?a=b,c>")
    #expect(list.map(\.uri.description) == ["sip:x,y@h", "sip:z@h", "sip:w@h?a=b,c"])
    #expect(list.map(\.quality) == [500, 1000, 1000])
    #expect(list[0].displayName == "a, <b")
  }

  @Test(arguments: [("0", 0), ("0.", 0), ("0.05", 50), ("0.1234", 123), ("1.0", 1000), ("x", 1000), ("0.x", 0)])
  func preferencesAreThousandths(text: String, quality: Int) throws {
    #expect(try NameAddress("<sip:h>;q=\(text)").quality == quality)
  }

  @Test func sizeIsBounded() {
    let many = String(repeating: "<sip:h>,", count: 257)
    #expect(throws: SIPSyntaxError.tooMany("addresses of a header field", limit: 256)) { try NameAddress.list(many) }
    let parameters = String(repeating: ";a", count: 65)
    #expect(throws: SIPSyntaxError.tooMany("parameters of a header field", limit: 64)) {
      try NameAddress("<sip:h>" + parameters)
    }
    let name = String(repeating: "a", count: 8192)
    #expect(throws: SIPSyntaxError.tooLong("address", count: 8200, limit: 8192)) {
      try NameAddress("\(name) <sip:h>")
    }
  }

  @Test func tagIsSetAndTaken() throws {
    var address = try NameAddress("<sip:h>;x")
    address.tag = "1"
    address.tag = "2"
    #expect(address.description == "<sip:h>;x;tag=2")
    address.tag = nil
    #expect(address.description == "<sip:h>;x")
  }
}
