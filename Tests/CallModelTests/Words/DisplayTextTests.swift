// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

struct DisplayTextTests {
  @Test(arguments: [
    ("", ""),
    ("Stand-up", "Stand-up"),
    ("  a  b  ", "a b"),
    ("a\nb\r\nc\td\u{0B}e\u{0C}f\u{85}g\u{2028}h\u{2029}i", "a b c d e f g h i"),
    ("\n\n", ""),
    (" \u{1B} ", ""),
    ("a \u{7} b", "a b"),
    ("\u{1B}[31mred\u{1B}[0m", "[31mred[0m"),
    ("\u{9B}31mred", "31mred"),
    ("\u{1B}]0;title\u{7}\u{1B}\\", "]0;title\\"),
    ("a\0b\u{8}c\u{7F}d\u{80}e\u{9F}f", "abcdef"),
    ("a\u{200E}b\u{200F}c\u{61C}d", "abcd"),
    ("a\u{202A}b\u{202B}c\u{202C}d\u{202D}e\u{202E}f", "abcdef"),
    ("a\u{2066}b\u{2067}c\u{2068}d\u{2069}e", "abcde"),
    ("\u{FEFF}a\u{FFF9}b\u{FFFA}c\u{FFFB}", "abc"),
    ("<b>bold</b> & 'so'", "<b>bold</b> & 'so'"),
    ("Hände, ελληνικά, עברית, العربية, 漢字", "Hände, ελληνικά, עברית, العربية, 漢字"),
    ("\u{1F469}\u{200D}\u{1F680}\u{FE0F}", "\u{1F469}\u{200D}\u{1F680}\u{FE0F}"),
    ("\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}", "\u{1F468}\u{200D}\u{1F469}\u{200D}\u{1F467}"),
    ("\u{1F1E9}\u{1F1EA} \u{1F44B}\u{1F3FD}", "\u{1F1E9}\u{1F1EA} \u{1F44B}\u{1F3FD}"),
    ("می\u{200C}خواهم", "می\u{200C}خواهم"),
    ("e\u{301}", "e\u{301}"),
    ("a\u{A0}b", "a\u{A0}b"),
  ])
  func makesSafe(_ text: String, _ safe: String) {
    let result = DisplayText(text).description
    #expect(Array(result.unicodeScalars) == Array(safe.unicodeScalars))
    #expect(DisplayText(result).description == result)
  }

  @Test func noNoncharacterIsLeft() {
    for value in UInt32(0x80)...0x10FFFF {
      guard (0xFDD0...0xFDEF).contains(value) || value & 0xFFFF >= 0xFFFE, let scalar = Unicode.Scalar(value) else {
        continue
      }
      #expect(DisplayText("a\(String(Character(scalar)))b").description == "ab", "U+\(String(value, radix: 16))")
    }
    for value in [0xFDCF, 0xFDF0, 0xFFFD, 0x10FFFD] as [UInt32] {
      #expect(DisplayText(String(Unicode.Scalar(value).map(Character.init) ?? " ")).description != "")
    }
  }

  @Test func noCharacterThatATerminalObeysIsLeft() {
    for value in UInt32(0)...0xFFFF {
      guard let scalar = Unicode.Scalar(value) else { continue }
      let isObeyed =
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: scalar.properties.isBidiControl
        }
      guard isObeyed else { continue }
      let result = DisplayText("a\(String(Character(scalar)))b").description.unicodeScalars
      #expect(!result.contains(scalar), "U+\(String(value, radix: 16))")
    }
  }
}
