// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import TerminalChannel

struct TerminalQuestionTests {
  private func asked(_ printed: String) -> (modes: ScreenModes, questions: [TerminalQuestion]) {
    var (modes, parser, questions) = (ScreenModes(height: 24), ControlParser(), [TerminalQuestion]())
    for byte in printed.utf8 {
      guard case .sequence(let sequence) = parser.take(byte) else { continue }
      if let question = TerminalQuestion(sequence) { questions.append(question) }
      modes.note(sequence, at: 0)
    }
    return (modes, questions)
  }

  @Test(arguments: [
    ("\u{1B}[c", "\u{1B}[?62;22c"), ("\u{1B}[0c", "\u{1B}[?62;22c"), ("\u{1B}Z", "\u{1B}[?62;22c"),
    ("\u{1B}[>c", "\u{1B}[>1;10;0c"), ("\u{1B}[=c", "\u{1B}P!|00000000\u{1B}\\"),
    ("\u{1B}[5n", "\u{1B}[0n"), ("\u{1B}[6n", "\u{1B}[3;7R"), ("\u{1B}[?6n", "\u{1B}[?3;7;1R"),
    ("\u{1B}[>q", "\u{1B}P>|ongoingcall\u{1B}\\"), ("\u{1B}[>0q", "\u{1B}P>|ongoingcall\u{1B}\\"),
    ("\u{1B}[?25$p", "\u{1B}[?25;1$y"), ("\u{1B}[?25l\u{1B}[?25$p", "\u{1B}[?25;2$y"),
    ("\u{1B}[?2026$p", "\u{1B}[?2026;2$y"), ("\u{1B}[?98765$p", "\u{1B}[?98765;0$y"),
    ("\u{1B}[?1049h\u{1B}[?1049$p", "\u{1B}[?1049;1$y"), ("\u{1B}[4h\u{1B}[4$p", "\u{1B}[4;1$y"),
    ("\u{1B}[?u", "\u{1B}[?0u"), ("\u{1B}[>5u\u{1B}[?u", "\u{1B}[?5u"),
    ("\u{1B}[>1u\u{1B}[?1049h\u{1B}[?u", "\u{1B}[?0u"),
    ("\u{1B}[>4;2m\u{1B}[?4m", "\u{1B}[>4;2m"), ("\u{1B}[?4m", "\u{1B}[>4;0m"),
    ("\u{1B}]11;?\u{7}", "\u{1B}]11;rgb:0000/0000/0000\u{7}"),
    ("\u{1B}]10;?\u{1B}\\", "\u{1B}]10;rgb:e5e5/e5e5/e5e5\u{1B}\\"),
    ("\u{1B}]11;#123\u{7}\u{1B}]11;?\u{7}", "\u{1B}]11;#123\u{7}"),
    ("\u{1B}]4;1;?\u{7}", "\u{1B}]4;1;rgb:cdcd/0000/0000\u{7}"),
    ("\u{1B}]4;196;?;232;?\u{7}", "\u{1B}]4;196;rgb:ffff/0000/0000\u{7}\u{1B}]4;232;rgb:0808/0808/0808\u{7}"),
    ("\u{1B}[18t", "\u{1B}[8;24;80t"), ("\u{1B}P+q544e\u{1B}\\", "\u{1B}P0+r\u{1B}\\"),
    ("\u{1B}P$qm\u{1B}\\", "\u{1B}P0$r\u{1B}\\"),
  ])
  func isAnswered(_ printed: String, _ answer: String) throws {
    let (modes, questions) = asked(printed)
    try #require(questions.count == 1)
    let typed = modes.answer(
      to: questions[0], size: TerminalSize(columns: 80, rows: 24), cursor: (row: 3, column: 7))
    #expect(typed.map { String(decoding: $0, as: UTF8.self) } == answer)
  }

  @Test(arguments: [
    "\u{1B}]52;c;?\u{7}", "\u{1B}[21t", "\u{1B}[14t", "\u{1B}[?2;1;0S", "\u{1B}_Gi=1,a=q;AAAA\u{1B}\\", "\u{1B}[?15n",
  ])
  func othersAreATerminalsOwn(_ printed: String) throws {
    let (modes, questions) = asked(printed)
    try #require(questions.count == 1)
    #expect(modes.answer(to: questions[0], size: nil) == nil)
  }

  @Test(arguments: [
    "\u{1B}[31m", "\u{1B}[2J", "\u{1B}[?25h", "\u{1B}]0;what?\u{7}", "\u{1B}]8;;http://x/?a\u{7}", "\u{1B}]11;red\u{7}",
    "\u{1B}[>1u", "\u{1B}[4 q", "\u{1B}[!p", "\u{1B}_Ga=T;AAAA\u{1B}\\", "\u{1B}]52;c;aGk=\u{7}", "\u{1B}[22;0t",
    "\u{1B}[8;24;80t", "\u{1B}Pq#0\u{1B}\\",
  ])
  func whatAsksNothingIsNone(_ printed: String) { #expect(asked(printed).questions.isEmpty) }

  /// An answer is typed: what was printed must not be able to type.
  @Test func anAnswerCarriesNothingThatWasPrinted() throws {
    let (modes, questions) = asked("\u{1B}]11;a\rrm -r\r\u{7}\u{1B}]11;?\u{7}")
    #expect(modes.answer(to: questions[0], size: nil) == Array("\u{1B}]11;rgb:0000/0000/0000\u{7}".utf8))
  }
}
