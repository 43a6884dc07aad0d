// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import EngineChannel
import OngoingCallTestSupport
import Testing

/// Lines that are made to hurt. Nothing but an error may come of them.
struct HostileLineTests {
  static let limit = EngineProtocol.maximumLineLength

  /// A line of exactly so many bytes.
  static func line(of count: Int) -> [UInt8] {
    let start = Array(#"{"type":"leave","x":""#.utf8)
    let end = Array(#""}"#.utf8)
    return start + [UInt8](repeating: UInt8(ascii: "x"), count: count - start.count - end.count) + end
  }

  @Test func aLineOf64KibibytesIsReadAndALongerOneIsNot() throws {
    #expect(try EngineRequest(line: Self.line(of: Self.limit)) == .leave)
    #expect(throws: EngineProtocolError.lineTooLong) { try EngineRequest(line: Self.line(of: Self.limit + 1)) }
  }

  @Test func aLineOf64KibibytesIsWrittenAndALongerOneIsNot() throws {
    let empty = try EngineRequest.join(.init(uri: "")).encoded().count - 1
    let longest = EngineRequest.join(.init(uri: String(repeating: "u", count: Self.limit - empty)))
    #expect(try longest.encoded().count == Self.limit + 1)
    let tooLong = EngineRequest.join(.init(uri: String(repeating: "u", count: Self.limit - empty + 1)))
    #expect(throws: EngineProtocolError.lineTooLong) { try tooLong.encoded() }
    // Escapes count.
    let escaped = EngineRequest.join(.init(command: [String(repeating: "\u{1}", count: 11_000)]))
    #expect(throws: EngineProtocolError.lineTooLong) { try escaped.encoded() }
  }

  struct Bomb: CustomTestStringConvertible {
    let testDescription: String
    let line: String

    init(_ name: String, _ line: String) { (testDescription, self.line) = (name, line) }
  }

  static func many(_ text: String, _ count: Int) -> String { String(repeating: text, count: count) }

  static let bombs = [
    Bomb("lists in lists", many("[", 60_000)),
    Bomb("objects in objects", many(#"{"type":"#, 7_000)),
    Bomb("objects in objects, closed", many(#"{"a":"#, 6_000) + "1" + many("}", 6_000)),
    Bomb("lists in lists under an unknown key", #"{"type":"leave","x":"# + many("[", 30_000) + many("]", 30_000) + "}"),
    Bomb("lists in lists as the type", #"{"type":"# + many("[", 60_000)),
    Bomb("an endless escape", #"{"type":""# + many("\\", 60_000)),
    Bomb("a long number as the type", #"{"type":"# + many("9", 60_000) + "}"),
    Bomb("a number with a long exponent as the type", #"{"type":1e"# + many("9", 60_000) + "}"),
  ]

  @Test(arguments: bombs)
  func aBombIsAnError(_ bomb: Bomb) {
    #expect(throws: EngineProtocolError.self) { try EngineMessage(line: Array(bomb.line.utf8)) }
    #expect(throws: EngineProtocolError.self) { try EngineRequest(line: Array(bomb.line.utf8)) }
  }

  static let hugeNumbers = [
    Bomb("long", many("9", 60_000)), Bomb("long exponent", "1e" + many("9", 60_000)),
    Bomb("long and negative", "-" + many("9", 60_000)), Bomb("long fraction", "1." + many("3", 60_000)),
  ]

  @Test(arguments: hugeNumbers)
  func aHugeNumberIsAnError(_ number: Bomb) {
    let (pong, ping) = (#"{"type":"pong","serial":"#, #"{"type":"ping","serial":"#)
    #expect(throws: EngineProtocolError.self) { try EngineMessage(line: Array((pong + number.line + "}").utf8)) }
    #expect(throws: EngineProtocolError.self) { try EngineRequest(line: Array((ping + number.line + "}").utf8)) }
  }

  @Test(
    arguments: [
      [0xFF, 0xFE, 0x7B, 0x00, 0x7D, 0x00],
      Array(#"{"type":"le"#.utf8) + [0xC3, 0x28] + Array(#"ave"}"#.utf8),
      Array(#"{"type":""#.utf8) + [0xED, 0xA0, 0x80] + Array(#""}"#.utf8),
      Array(#"{"type":""#.utf8) + [0xF8, 0x88, 0x80, 0x80, 0x80] + Array(#""}"#.utf8),
      Array(#"{"type":""#.utf8) + [0xC0, 0xAF] + Array(#""}"#.utf8),
      [0x00], [0x00, 0x00, 0x00, 0x7B], [0xEF, 0xBB], [0xFE, 0xFF], [0x80],
      Array(#"{"type":"leave"}"#.utf8) + [0x00],
      Array(#"{"type":"l\#u{0}eave"}"#.utf8),
    ] as [[UInt8]])
  func bytesThatAreNoTextAreNoRequest(_ line: [UInt8]) {
    #expect(throws: EngineProtocolError.self) { try EngineRequest(line: line) }
  }

  @Test func whatAnErrorShowsIsShortAndSafe() {
    let hostile = "\u{1B}]0;title\u{7}\n\u{202E}" + String(repeating: "x", count: 50_000)
    for line in [hostile, #"{"type":"state","state":""# + String(repeating: "y", count: 50_000) + #""}"#] {
      do {
        _ = try EngineMessage(line: Array(line.utf8))
        Issue.record("it was read")
      } catch {
        let text = "\(error)"
        #expect(text.utf8.count < 700)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202E })
      }
    }
  }

  @Test func randomBytesAreOnlyEverErrors() {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = Dice(seed)
    let alphabet = Array(#"{}[]":,\0123456789.-+eE truefalsnyp/"#.utf8) + [0, 0x80, 0xC3, 0xFF]
    for round in 0..<5_000 {
      let count = Int.random(in: 0..<200, using: &generator)
      let line = (0..<count).map { _ in
        round % 2 == 0
          ? UInt8.random(in: 0...255, using: &generator)
          : alphabet[Int.random(in: 0..<alphabet.count, using: &generator)]
      }
      // To come back at all is what is tested.
      _ = try? EngineRequest(line: line)
      _ = try? EngineMessage(line: line)
    }
  }

  @Test func aValidLineWithRandomFaultsIsOnlyEverAnError() throws {
    let seed = UInt64.random(in: 0...UInt64.max)
    var generator = Dice(seed)
    var understood = 0
    for (message, text) in MessageCodecTests.lines {
      for _ in 0..<200 {
        var line = Array(text.utf8)
        for _ in 0...Int.random(in: 0..<3, using: &generator) {
          line[Int.random(in: 0..<line.count, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        guard let read = try? EngineMessage(line: line) else { continue }
        understood += 1
        // What is read can be written, and means the same again.
        #expect(try EngineMessage(line: read.encoded().dropLast()) == read, "seed \(seed), \(message)")
      }
    }
    #expect(understood > 100)
  }
}
