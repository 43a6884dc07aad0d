// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TerminalChannel

struct TextStyleReaderTests {
  @Test(arguments: [
    ("text", ""), ("\u{1B}[31m", "\u{1B}[31m"), ("\u{1B}[1;31;44mx\u{1B}[0m", ""), ("\u{1B}[1mx\u{1B}[m", ""),
    ("\u{1B}[31m\u{1B}[32m", "\u{1B}[32m"), ("\u{1B}[1m\u{1B}[2;3;4m\u{1B}[22;24m", "\u{1B}[3m"),
    ("\u{1B}[38;5;31;1m", "\u{1B}[1;38;5;31m"), ("\u{1B}[38;2;1;0;3;48:2::1:2:3m", "\u{1B}[38;2;1;0;3;48:2::1:2:3m"),
    ("\u{1B}[4:3;58;5;9m", "\u{1B}[4:3;58;5;9m"), ("\u{1B}[4m\u{1B}[4:0m", ""), ("\u{1B}[7;39;49m", "\u{1B}[7m"),
    ("\u{1B}[31m\u{1B}c", ""), ("\u{1B}[31m\u{1B}[!p", ""), ("\u{1B}[>4;2m\u{1B}[?4m", ""),
    ("\u{1B}[38;5m\u{1B}[38m", ""),
    ("\u{1B}]0;\u{1B}[31m", "\u{1B}[31m"), ("\u{1B}]0;[31m\u{7}", ""),
  ])
  func isWhatWasSet(_ printed: String, _ setting: String) {
    for size in [1, 2, .max] {
      var reader = TextStyleReader()
      var rest = Array(printed.utf8)[...]
      while !rest.isEmpty {
        reader.take(Array(rest.prefix(size)))
        rest = rest.dropFirst(size)
      }
      #expect(String(decoding: reader.setting, as: UTF8.self) == setting)
    }
  }
}
