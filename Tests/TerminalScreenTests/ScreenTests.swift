// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TerminalScreen

/// On a screen of 10 columns and 4 rows.
struct ScreenTests {
  private func expect(_ printed: String, _ text: String, _ place: [Int], past: String = "") {
    for size in [1, 2, 3, 7, .max] {
      let screen = VirtualScreen(10, 4, printed, inPiecesOf: size)
      #expect(screen.text == text)
      #expect(screen.place == place)
      #expect(screen.past == past)
      #expect(screen.taken == printed.utf8.count)
    }
  }

  @Test(arguments: [
    ("", "", [0, 0]), ("abc", "abc", [0, 3]), ("abc\rx", "xbc", [0, 1]), ("a\nb", "a| b", [1, 2]),
    ("a\r\nb", "a|b", [1, 1]), ("ab\u{8}\u{8}\u{8}x", "xb", [0, 1]), ("a\tb\tc\td", "a       bc|d", [1, 1]),
    ("a\u{1B}[2Ib", "a        b", [0, 9]), ("123456789\u{1B}[Zx", "12345678x", [0, 9]),
    ("a\u{7}\u{5}\u{7F}b", "ab", [0, 2]),
    ("a\u{B}b\u{C}c", "a| b|  c", [2, 3]), ("a\u{1B}Db\u{1B}Ec", "a| b|c", [2, 1]), ("\u{1B}[20ha\nb", "a|b", [1, 1]),
    ("\u{1B}[3ga\tb", "a        b", [0, 9]), ("\u{1B}[3ga\u{1B}H\r\tb", "ab", [0, 2]),
    ("12345678\u{1B}[g\rx\ty", "x2345678 y", [0, 9]),
  ])
  func controls(_ printed: String, _ text: String, _ place: [Int]) { expect(printed, text, place) }

  @Test(arguments: [
    ("1234567890", "1234567890", [0, 9]), ("1234567890a", "1234567890|a", [1, 1]),
    ("1234567890\ra", "a234567890", [0, 1]), ("1234567890\na", "1234567890|         a", [1, 9]),
    ("1234567890\u{8}a", "12345678a0", [0, 9]), ("1234567890\u{1B}[Ca", "123456789a", [0, 9]),
    ("1234567890\u{1B}[Ka", "123456789|a", [1, 1]),
    ("\u{1B}[?7l1234567890abc", "123456789c", [0, 9]), ("\u{1B}[?7l1234567890é", "123456789é", [0, 9]),
  ])
  func lastColumn(_ printed: String, _ text: String, _ place: [Int]) { expect(printed, text, place) }

  @Test(arguments: [
    ("1\r\n2\r\n3\r\n4\r\n5", "2|3|4|5", [3, 1], "1"), ("1\r\n2\r\n3\r\n4\u{1B}[S", "2|3|4", [3, 1], "1"),
    ("\u{1B}[T1", "1", [0, 1], ""), ("1\r\n2\u{1B}[2T", "||1|2", [1, 1], ""),
    ("1\r\n2\u{1B}[H\u{1B}M3", "3|1|2", [0, 1], ""),
    ("1\r\n2\r\n3\r\n4\u{1B}[2;3r\u{1B}[3H\n5", "1|3|5|4", [2, 1], ""),
    ("1\r\n2\r\n3\r\n4\u{1B}[1;3r\u{1B}[3H\n5", "2|3|5|4", [2, 1], "1"),
    ("1\r\n2\r\n3\r\n4\u{1B}[2;3r\u{1B}[2H\u{1B}M5", "1|5|2|4", [1, 1], ""),
    ("1\r\n2\r\n3\r\n4\u{1B}[2;3r\u{1B}[4H\n\n5", "1|2|3|5", [3, 1], ""),
    ("1\r\n2\r\n3\r\n4\u{1B}[2H\u{1B}[L", "1||2|3", [1, 0], ""),
    ("1\r\n2\r\n3\r\n4\u{1B}[2H\u{1B}[2M", "1|4", [1, 0], ""),
    ("1\r\n2\r\n3\r\n4\u{1B}[2;3r\u{1B}[3H\u{1B}[9L", "1|2||4", [2, 0], ""),
    ("1\r\n2\u{1B}[2;3r\u{1B}[H\u{1B}[L", "1|2", [0, 0], ""),
    ("\u{1B}[2;3r\u{1B}[?6h\u{1B}[9;9Hx", "||        x", [2, 9], ""),
    ("\u{1B}[3;2r\u{1B}[4Hx", "|||x", [3, 1], ""), ("1\r\n2\r\n3\r\n4\u{1B}[9S", "", [3, 1], "1|2|3|4"),
  ])
  func scrolling(_ printed: String, _ text: String, _ place: [Int], _ past: String) {
    expect(printed, text, place, past: past)
  }

  @Test(arguments: [
    ("12345\u{1B}[3G\u{1B}[K", "12", [0, 2]), ("12345\u{1B}[3G\u{1B}[1K", "   45", [0, 2]),
    ("12345\u{1B}[3G\u{1B}[2K", "", [0, 2]), ("12345\u{1B}[2G\u{1B}[2X", "1  45", [0, 1]),
    ("12345\u{1B}[2G\u{1B}[2P", "145", [0, 1]), ("12345\u{1B}[2G\u{1B}[2@", "1  2345", [0, 1]),
    ("1234567890\u{1B}[2G\u{1B}[2@", "1  2345678", [0, 1]), ("1234567890\u{1B}[2G\u{1B}[99P", "1", [0, 1]),
    ("12345\u{1B}[2G\u{1B}[4hab\u{1B}[4lc", "1abc345", [0, 4]), ("a\r\nb\r\nc\u{1B}[2H\u{1B}[J", "a", [1, 0]),
    ("a\r\nb\r\nc\u{1B}[2H\u{1B}[1J", "||c", [1, 0]), ("a\r\nb\r\nc\u{1B}[2J", "", [2, 1]),
    ("ab\u{1B}[3b", "abbbb", [0, 5]), ("\u{1B}[3bab", "ab", [0, 2]),
    ("a\u{1B}[65535b", "aaaaaaaaaa|aaaaaaaaaa|aaaaaaaaaa|aaaaaa", [3, 6]),
    ("x\u{1B}#8", "EEEEEEEEEE|EEEEEEEEEE|EEEEEEEEEE|EEEEEEEEEE", [0, 0]),
  ])
  func editing(_ printed: String, _ text: String, _ place: [Int]) {
    let screen = VirtualScreen(10, 4, printed)
    #expect(screen.text == text)
    #expect(screen.place == place)
  }

  @Test(arguments: [
    ("\u{1B}[3;5Hx\u{1B}[Ay\u{1B}[2Dz\u{1B}[Bw\u{1B}[9D.", "|    zy|.   xw", [2, 1]),
    ("\u{1B}[99;99Hx\u{1B}[Hy\u{1B}[0;0Hz", "z|||         x", [0, 1]),
    ("\u{1B}[2dx\u{1B}[5`y\u{1B}[ez", "|x   y|     z", [2, 6]),
    ("\u{1B}[2Ex\u{1B}[Fy", "|y|x", [1, 1]), ("\u{1B}[3;3Hx\u{1B}7\u{1B}[Hy\u{1B}8z", "y||  xz", [2, 4]),
    ("x\u{1B}8y", "y", [0, 1]), ("\u{1B}[s\u{1B}[3Hx\u{1B}[uy", "y||x", [0, 1]),
  ])
  func places(_ printed: String, _ text: String, _ place: [Int]) { expect(printed, text, place) }

  @Test(arguments: [
    ("é€😀a", "é€😀a", [0, 5]), ("e\u{301}\u{302}x", "e\u{301}\u{302}x", [0, 2]), ("\u{301}x", "x", [0, 1]),
    ("123456789你", "123456789|你", [1, 2]), ("你\rx", "x", [0, 1]), ("你\u{1B}[2Gx", " x", [0, 2]),
    ("x你\u{1B}[2G\u{1B}[X", "x", [0, 1]),
    ("12345678你e\u{301}", "12345678你|e\u{301}", [1, 1]), ("1234567890\u{301}", "1234567890\u{301}", [0, 9]),
    ("\u{1B}(0lqk\u{1B}(Bq", "┌─┐q", [0, 4]), ("\u{1B})0q\u{E}q\u{F}q", "q─q", [0, 3]),
    ("\u{1B}*0\u{1B}Nqq", "─q", [0, 2]),
    ("\u{1B}(A#", "£", [0, 1]), ("你\r\u{1B}[P你", "你", [0, 2]),
  ])
  func characters(_ printed: String, _ text: String, _ place: [Int]) {
    for size in [1, 2, 3, .max] {
      let screen = VirtualScreen(10, 4, printed, inPiecesOf: size)
      #expect(screen.text.unicodeScalars.elementsEqual(text.unicodeScalars))
      #expect(screen.place == place)
    }
  }

  @Test func whatIsNoUTF8IsReplaced() {
    var screen = VirtualScreen(10, 4)
    screen.take([0x61, 0xFF, 0xC3, 0x28, 0xE2, 0x82, 0x1B, 0x5B, 0x43, 0xF0, 0x9F, 0x98, 0x80, 0xC0, 0x62])
    #expect(screen.text == "a\u{FFFD}\u{FFFD}(\u{FFFD} 😀\u{FFFD}b")
  }

  @Test(arguments: ["47", "1047", "1049"])
  func theMainScreenIsKept(_ mode: String) {
    var screen = VirtualScreen(10, 4, "main\u{1B}[?\(mode)h")
    #expect(screen.isAlternate && screen.text == "" && screen.place == [0, 4])
    screen.take("\u{1B}[H\u{1B}[2Jalternate\r\n\n\n\n\n\n")
    #expect(screen.text == "" && screen.past == "")
    screen.take("\u{1B}[2Hx\u{1B}[?\(mode)l")
    #expect(!screen.isAlternate && screen.text == "main")
    #expect(screen.place == (mode == "1049" ? [0, 4] : [1, 1]))
  }

  @Test func resets() {
    var screen = VirtualScreen(10, 4, "a\u{1B}[31m\u{1B}[2;3r\u{1B}[?6h\u{1B}[4h\u{E}\u{1B}7\u{1B}[!p")
    #expect(screen.cursor.style == CellStyle() && screen.region == 0..<4 && !screen.inserts && screen.saved == nil)
    #expect(screen.text == "a" && screen.cursor.sets == Cursor.Sets())
    screen.take("\u{1B}[?1049hx\u{1B}c")
    #expect(!screen.isAlternate && screen.text == "" && screen.place == [0, 0])
  }

  @Test func whatIsErasedHasTheBackground() {
    let screen = VirtualScreen(10, 4, "\u{1B}[1;44mab\u{1B}[K\u{1B}[m")
    #expect(screen.look(0, 1).style.codes == ";1;44" && screen.look(0, 2).style.codes == ";44")
    #expect(screen.look(1, 0).style.codes == "")
  }

  @Test func linksAreOfTheTextThatTheyAreAround() {
    let screen = VirtualScreen(10, 4, "a\u{1B}]8;id=1;http://x/;y\u{7}b\u{1B}]8;;\u{1B}\\c")
    #expect(screen.look(0, 0).link == [] && screen.look(0, 2).link == [])
    #expect(String(decoding: screen.look(0, 1).link, as: UTF8.self) == "id=1;http://x/;y")
  }

  @Test func theRestingPlaceIsBeforeWhatHasBegun() {
    for (printed, begun) in [("ab", ""), ("ab", "\u{1B}"), ("ab", "\u{1B}[3"), ("a\u{1B}[1m", "\u{1B}]0;ti")] {
      for size in [1, .max] {
        let screen = VirtualScreen(10, 4, printed + begun, inPiecesOf: size)
        #expect(screen.restingPlace == printed.utf8.count)
        #expect(screen.taken == (printed + begun).utf8.count)
      }
    }
    var screen = VirtualScreen(10, 4, "ab")
    screen.take([0xE2, 0x82])
    #expect(screen.restingPlace == 2)
    screen.take([0xAC])
    #expect(screen.restingPlace == 5 && screen.text == "ab€")
  }
}
