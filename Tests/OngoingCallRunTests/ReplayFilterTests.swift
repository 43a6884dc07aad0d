// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import Testing

@testable import ongoingcall_run

struct ReplayFilterTests {
  private func passed(_ text: String, inPiecesOf size: Int = .max) -> String {
    var filter = ReplayFilter()
    var rest = Array(text.utf8)[...]
    var result: [UInt8] = []
    while !rest.isEmpty {
      result += filter.pass(Array(rest.prefix(size)))
      rest = rest.dropFirst(size)
    }
    return String(decoding: result, as: UTF8.self)
  }

  @Test(arguments: [
    "text, Grüße 😀\r\n\t\u{8}", "\u{1B}[1;31mred\u{1B}[0m", "\u{1B}[2J\u{1B}[H\u{1B}[10;20H\u{1B}[K",
    "\u{1B}7\u{1B}8\u{1B}M",
    "\u{1B}(0lqk\u{1B}(B", "\u{1B}[?1049h\u{1B}[?25l", "\u{1B}[5 q", "\u{1B}]0;title\u{7}",
    "\u{1B}]8;;http://x\u{1B}\\x\u{1B}]8;;\u{1B}\\",
    "\u{1B}[3;20r", "\u{1B}#8", "a\u{1B}[1\n;31mb".replacing("\n", with: ""),
  ])
  func whatPaintsPasses(_ text: String) {
    #expect(passed(text) == text)
    #expect(passed(text, inPiecesOf: 1) == text)
  }

  @Test(arguments: [
    "\u{1B}[c", "\u{1B}[>c", "\u{1B}[6n", "\u{1B}[?6n", "\u{1B}Z", "\u{5}", "\u{7}", "\u{1B}[18t", "\u{1B}[x",
    "\u{1B}[?u",
    "\u{1B}[>q", "\u{1B}[?1$p", "\u{1B}]11;?\u{7}", "\u{1B}]52;c;aGk=\u{7}", "\u{1B}]9;note\u{1B}\\",
    "\u{1B}P+q544e\u{1B}\\",
    "\u{1B}_Gi=1\u{1B}\\", "\u{1B}^x\u{1B}\\", "\u{1B}]0;" + String(repeating: "x", count: 2000) + "\u{7}",
    "\u{1B}[1\u{18}",
  ])
  func whatAsksOrIsOverDoesNot(_ text: String) {
    #expect(passed("a" + text + "b") == "ab")
    #expect(passed("a" + text + "b", inPiecesOf: 1) == "ab")
  }

  @Test func marginsOfAnotherSizeDoNotPass() {
    var filter = ReplayFilter()
    filter.keepsMargins = false
    #expect(filter.pass(Array("a\u{1B}[3;20r\u{1B}[2;9sb\u{1B}[r\u{1B}[sc".utf8)) == Array("ab\u{1B}[r\u{1B}[sc".utf8))
    filter.keepsMargins = true
    #expect(filter.pass(Array("\u{1B}[3;20r".utf8)) == Array("\u{1B}[3;20r".utf8))
  }

  @Test func whatGoesOnIsKept() {
    var filter = ReplayFilter()
    #expect(filter.pass(Array("a\u{1B}[3".utf8)) == Array("a".utf8))
    #expect(filter.parser.incomplete == Array("\u{1B}[3".utf8))
  }
}
