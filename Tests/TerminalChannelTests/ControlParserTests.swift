// SPDX-License-Identifier: Apache-2.0
import TerminalChannel
import Testing

struct ControlParserTests {
  private func pieces(_ text: String) -> [ControlParser.Piece] {
    var parser = ControlParser()
    return text.utf8.compactMap { parser.take($0) }
  }

  /// A terminal obeys it at once, and goes on with the sequence.
  @Test func aControlInsideASequenceIsNoPartOfIt() {
    #expect(pieces("\u{1B}[3\n1m") == [.plain(0x0A), .sequence(Array("\u{1B}[31m".utf8))])
    #expect(pieces("\u{1B}\r(0") == [.plain(0x0D), .sequence(Array("\u{1B}(0".utf8))])
  }

  @Test func aSequenceWithoutEndIsNotKept() {
    var parser = ControlParser()
    for byte in "\u{1B}]0;".utf8 + [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20) {
      #expect(parser.take(byte) == nil)
    }
    #expect(parser.isInSequence && parser.incomplete.count <= 1024)
    #expect(parser.take(0x07) == nil)
    #expect(!parser.isInSequence)
    #expect(parser.take(UInt8(ascii: "a")) == .plain(UInt8(ascii: "a")))
  }
}
