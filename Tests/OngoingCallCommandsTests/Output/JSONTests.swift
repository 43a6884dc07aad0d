// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import OngoingCallCommands

@Suite struct JSONTests {
  @Test func keysKeepTheirOrder() {
    let value: JSON = ["b": .null, "a": .array([.bool(true), .integer(-1), .unsigned(.max)])]
    #expect(value.text == #"{"b":null,"a":[true,-1,18446744073709551615]}"#)
    #expect(value.answer == #"{"version":1,"b":null,"a":[true,-1,18446744073709551615]}"#)
  }

  @Test func whatATerminalMightObeyIsEscaped() {
    let cases = [
      ("\u{1B}[31m", #""\u001b[31m""#), ("a\nb\tc\r", #""a\nb\tc\u000d""#), (#"\ ""#, #""\\ \"""#),
      ("\u{0}\u{7F}\u{9B}2J", #""\u0000\u007f\u009b2J""#), ("\u{202E}\u{200F}", #""\u202e\u200f""#),
      ("Grüße 😀", #""Grüße 😀""#),
    ]
    for (text, expected) in cases { #expect(JSON.string(text).text == expected) }
  }
}
