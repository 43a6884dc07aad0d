// SPDX-License-Identifier: Apache-2.0
import EngineChannel
import Testing

struct LineFramerTests {
  static let limit = EngineProtocol.maximumLineLength

  static func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

  @Test func everySplitGivesTheSameLines() throws {
    let stream = Self.bytes("first\n\n\nsécond 🧑‍🚀\nthird\r\n x \n")
    let lines = ["first", "sécond 🧑‍🚀", "third\r", " x "].map(Self.bytes)
    for first in 0...stream.count {
      for second in first...stream.count {
        var framer = LineFramer()
        var result: [[UInt8]] = []
        for part in [stream[..<first], stream[first..<second], stream[second...]] {
          result += try framer.lines(of: part)
        }
        #expect(result == lines, "split at \(first) and \(second)")
      }
    }
  }

  @Test func aLineWithoutItsNewlineWaits() throws {
    var framer = LineFramer()
    #expect(try framer.lines(of: Self.bytes("half")).isEmpty)
    #expect(try framer.lines(of: []).isEmpty)
    #expect(try framer.lines(of: Self.bytes("\n")) == [Self.bytes("half")])
  }

  @Test(arguments: [1, 2, 3, 1000, 65_535, 65_536, 65_537, 200_000])
  func theLongestLineFitsHoweverItComes(pieces: Int) throws {
    for (count, fits) in [(Self.limit, true), (Self.limit + 1, false)] {
      let line = [UInt8](repeating: UInt8(ascii: "x"), count: count)
      var framer = LineFramer()
      var result: [LineFramer.Line] = []
      var rest = (Self.bytes("a\n") + line + Self.bytes("\nb\n"))[...]
      while !rest.isEmpty {
        result += framer.each(of: rest.prefix(pieces))
        rest = rest.dropFirst(pieces)
      }
      let middle: LineFramer.Line = fits ? .success(line) : .failure(.lineTooLong)
      #expect(result == [.success(Self.bytes("a")), middle, .success(Self.bytes("b"))])
    }
  }

  @Test func anEndlessLineIsToldOfOnceAndHoldsNothingBack() {
    var framer = LineFramer()
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 10_000)
    var result: [LineFramer.Line] = []
    for _ in 0..<1000 { result += framer.each(of: piece) }
    #expect(result == [.failure(.lineTooLong)])
    #expect(framer.each(of: Self.bytes("still it\nnext\n")) == [.success(Self.bytes("next"))])
  }

  @Test func linesThrowsWhereOneIsTooLong() throws {
    var framer = LineFramer()
    let stream = Self.bytes("a\n") + [UInt8](repeating: 1, count: Self.limit + 1)
    #expect(throws: EngineProtocolError.lineTooLong) { try framer.lines(of: stream) }
    #expect(try framer.lines(of: Self.bytes("\nb\n")) == [Self.bytes("b")])
  }
}
