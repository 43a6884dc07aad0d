// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TerminalScreen

struct ScreenQuestionsTests {
  @Test(arguments: [
    ("\u{1B}[6n", "\u{1B}[1;1R"), ("ab\r\nc\u{1B}[6nd", "\u{1B}[2;2R"), ("\u{1B}[?6n", "\u{1B}[?1;1;1R"),
    ("\u{1B}[2;3r\u{1B}[?6h\u{1B}[2;5H\u{1B}[6n\u{1B}[H", "\u{1B}[2;5R"), ("1234567890\u{1B}[6n", "\u{1B}[1;10R"),
    ("\u{1B}[1;31mx\u{1B}P$qm\u{1B}\\\u{1B}[m", "\u{1B}P1$r0;1;31m\u{1B}\\"),
    ("\u{1B}P$qm\u{1B}\\", "\u{1B}P1$r0m\u{1B}\\"),
    ("\u{1B}[2;3r\u{1B}P$qr\u{1B}\\", "\u{1B}P1$r2;3r\u{1B}\\"), ("\u{1B}P$qr\u{1B}\\", "\u{1B}P1$r1;4r\u{1B}\\"),
    ("\u{1B}[4 q\u{1B}P$q q\u{1B}\\", "\u{1B}P1$r4 q\u{1B}\\"), ("\u{1B}P$qx\u{1B}\\", "\u{1B}P0$r\u{1B}\\"),
    ("\u{1B}[?25l\u{1B}[?25$p\u{1B}[?25h", "\u{1B}[?25;2$y"), ("\u{1B}[18t", "\u{1B}[8;4;10t"),
    ("\u{1B}[c", "\u{1B}[?62;22c"), ("\u{1B}P+q544e\u{1B}\\", "\u{1B}P0+r\u{1B}\\"), ("\u{1B}]52;c;?\u{7}", ""),
  ])
  func areAnsweredAsTheScreenWasThen(_ printed: String, _ answer: String) throws {
    for size in [1, 3, .max] {
      let screen = VirtualScreen(10, 4, printed, inPiecesOf: size)
      try #require(screen.questions.count == 1)
      #expect(String(decoding: screen.questions[0].answer, as: UTF8.self) == answer)
    }
  }

  @Test func theirNumberIsBounded() {
    #expect(VirtualScreen(10, 4, String(repeating: "\u{1B}[c", count: 10_000)).questions.count == 256)
  }
}
