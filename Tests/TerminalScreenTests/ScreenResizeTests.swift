// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import Testing

@testable import TerminalScreen

/// From 10 columns and 4 rows.
struct ScreenResizeTests {
  @Test(arguments: [
    ("ab", 20, 8, "ab", [0, 2], ""), ("1\r\n2\r\n3\r\n4", 10, 2, "3|4", [1, 1], "1|2"),
    ("1\r\n2", 10, 3, "1|2", [1, 1], ""),
    ("1\r\n2\r\n3\r\n4\r\n5\r\n6", 10, 5, "2|3|4|5|6", [4, 1], "1"),
    ("1\r\n2\r\n3\r\n4\r\n5\r\n6", 10, 9, "1|2|3|4|5|6", [5, 1], ""),
    // What was erased does not come back.
    ("1\r\n2\r\n3\r\n4\r\n5\u{1B}[H\u{1B}[2Jx", 10, 9, "x", [0, 1], "1"),
    // Lines are wrapped anew.
    ("1234567890abc", 20, 4, "1234567890abc", [0, 13], ""), ("1234567890abc", 5, 4, "12345|67890|abc", [2, 3], ""),
    ("1234567890abc\r\n", 3, 4, "789|0ab|c", [3, 0], "123|456"),
    ("1234567890", 5, 4, "12345|67890", [1, 4], ""), ("12345", 5, 4, "12345", [0, 4], ""),
    ("1\r\n1234567890abcdefghij1234567890x", 40, 4, "1|1234567890abcdefghij1234567890x", [1, 31], ""),
    ("ab你", 3, 4, "ab|你", [1, 2], ""), ("abc\u{1B}[1;2H", 2, 4, "ab|c", [0, 1], ""),
    ("\u{1B}[2;8H", 5, 4, "", [1, 4], ""),
    // The cursor stays.
    ("\u{1B}[4Hx\u{1B}[H", 10, 2, "", [0, 0], ""),
  ])
  func theMainScreen(_ printed: String, _ columns: Int, _ rows: Int, _ text: String, _ place: [Int], _ past: String) {
    guard let size = TerminalSize(columns: columns, rows: rows) else { return }
    var screen = VirtualScreen(10, 4, printed)
    screen.resize(to: size)
    #expect(screen.text == text)
    #expect(screen.place == place)
    #expect(screen.past == past)
    // And goes on as one line.
    screen.resize(to: TerminalSize(10, 4))
    if past.isEmpty, printed.hasPrefix("1") { #expect(screen.text == VirtualScreen(10, 4, printed).text) }
  }

  @Test func theAlternateScreenIsCutOff() {
    var screen = VirtualScreen(10, 4, "main text\u{1B}[?1049h\u{1B}[H1234567890\r\nb\r\nc\r\nd")
    screen.resize(to: TerminalSize(5, 2))
    #expect(screen.text == "12345|b" && screen.place == [1, 1])
    screen.take("\u{1B}[?1049l")
    #expect(screen.text == "main |text" && screen.place == [1, 4])
  }

  @Test func tabsAndMarginsAreOfTheNewSize() {
    var screen = VirtualScreen(10, 4, "\u{1B}[2;3r\u{1B}[1;6H\u{1B}H")
    screen.resize(to: TerminalSize(30, 6))
    #expect(screen.region == 0..<6)
    screen.take("\u{1B}[H\ta\tb\tc\td")
    #expect(screen.text == "     a  b       c       d")
  }

  @Test func anySizeIsBounded() {
    for (columns, rows) in [(4096, 4096), (1, 4096), (4096, 1), (1, 1), (2, 1)] {
      var screen = VirtualScreen(80, 24, String(repeating: "text 你 ", count: 1000))
      screen.resize(to: TerminalSize(columns, rows))
      screen.take("\u{1B}[999;999Hx你\u{1B}[6n\r\n\u{1B}[18t")
      #expect(screen.columns * screen.rows <= 256 * 1024)
      #expect(
        screen.questions.last.map { String(decoding: $0.answer, as: UTF8.self) } == "\u{1B}[8;\(rows);\(columns)t")
      screen.resize(to: TerminalSize(80, 24))
      #expect(screen.columns == 80)
    }
  }
}
