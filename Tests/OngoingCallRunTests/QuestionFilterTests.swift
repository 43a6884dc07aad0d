// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import Testing

@testable import ongoingcall_run

struct QuestionFilterTests {
  private func passed(_ text: String, inPiecesOf size: Int, asks: (Int) -> Bool) -> String {
    var filter = QuestionFilter()
    var (rest, place, result) = (Array(text.utf8)[...], 0, [UInt8]())
    while !rest.isEmpty {
      let piece = Array(rest.prefix(size))
      result += filter.pass(piece, at: place) { asks($1) }
      place += piece.count
      rest = rest.dropFirst(size)
    }
    return String(decoding: result, as: UTF8.self)
  }

  @Test(arguments: ["\u{1B}[c", "\u{1B}[6n", "\u{1B}]11;?\u{7}", "\u{1B}P+q544e\u{1B}\\", "\u{1B}[?u", "\u{1B}Z"])
  func aQuestionPassesWhereItIsAsked(_ question: String) {
    let text = "a\u{1B}[31m" + question + "b" + question + "\u{1B}]0;title\u{7}"
    let second = text.utf8.count - "\u{1B}]0;title\u{7}".utf8.count
    for size in [1, 2, 3, 7, 1000] {
      #expect(passed(text, inPiecesOf: size) { _ in true } == text)
      #expect(passed(text, inPiecesOf: size) { _ in false } == "a\u{1B}[31mb\u{1B}]0;title\u{7}")
      let once = passed(text, inPiecesOf: size) { $0 == second }
      #expect(once == "a\u{1B}[31mb" + question + "\u{1B}]0;title\u{7}")
    }
  }

  @Test func longSequencesPassWhole() {
    let picture = "\u{1B}Pq" + String(repeating: "#0;2;0;0;0~", count: 10_000) + "\u{1B}\\"
    for size in [1, 100, .max] {
      #expect(passed("a" + picture + "\u{1B}[cb", inPiecesOf: size) { _ in false } == "a" + picture + "b")
    }
  }

  @Test func whatIsCancelledPasses() {
    for text in ["\u{1B}[1\u{18}x", "\u{1B}[1\u{1B}[2Jx", "\u{1B}[1\n2Hx", "\u{1B}\u{1B}x", "é\u{1B}é"] {
      #expect(passed(text, inPiecesOf: 1) { _ in false } == text)
    }
  }

  @Test func theRestOfASequenceWithoutItsBeginningIsDropped() {
    var parser = ControlParser()
    for byte in "\u{1B}Pq#0".utf8 { _ = parser.take(byte) }
    for size in [1, 2, 100] {
      var filter = QuestionFilter(dropping: parser)
      var (rest, result) = (Array("~~~\u{1B}\\text\u{1B}[31m".utf8)[...], [UInt8]())
      while !rest.isEmpty {
        result += filter.pass(Array(rest.prefix(size)), at: 0) { _, _ in true }
        rest = rest.dropFirst(size)
      }
      #expect(String(decoding: result, as: UTF8.self) == "text\u{1B}[31m")
    }
  }
}
