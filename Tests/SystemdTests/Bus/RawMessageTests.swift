// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite struct RawMessageTests {
  /// Little-endian, each field with the type that the specification gives it.
  private static func call(type: UInt8 = 1, flags: UInt8 = 0, fields: [(UInt8, Character, String)], body: Int = 5)
    -> [UInt8]
  {
    var all: [UInt8] = []
    func number(_ value: Int) -> [UInt8] { (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
    for (code, kind, text) in fields {
      all += Array(repeating: 0, count: (8 - all.count % 8) % 8) + [code, 1, kind.asciiValue ?? 0, 0]
      switch kind {
      case "u": all += number(Int(text) ?? 0)
      case "g": all += [UInt8(text.utf8.count)] + Array(text.utf8) + [0]
      default: all += number(text.utf8.count) + Array(text.utf8) + [0]
      }
    }
    let head: [UInt8] = [0x6C, type, flags, 1] + number(body) + number(77) + number(all.count)
    let padding = (8 - all.count % 8) % 8
    return head + all + Array(repeating: 0, count: padding + body)
  }

  private static let fields: [(UInt8, Character, String)] = [
    (8, "g", "a{sv}"), (1, "o", "/org/x"), (2, "s", "org.x.Y"), (3, "s", "Launch"), (6, "s", "org.x"),
    (7, "s", ":1.42"),
  ]

  private static func read<T>(_ bytes: [UInt8], _ part: (RawMessage) -> T) -> T? {
    bytes.withUnsafeBytes { RawMessage($0).map(part) }
  }

  private static func sender(_ bytes: [UInt8]) -> String? { read(bytes, \.sender) }

  private static func reply(_ bytes: [UInt8]) -> UInt32? {
    let serial: UInt32?? = read(bytes) { if case .reply(let serial) = $0.kind { serial } else { nil } }
    return serial ?? nil
  }

  @Test func whatIsNeededIsRead() throws {
    let bytes = Self.call(fields: Self.fields)
    let call = try #require(
      Self.read(bytes + [1, 2, 3]) {
        ($0.header.bytes, $0.header.serial, $0.sender, $0.member, $0.expectsReply)
      })
    #expect(call == (bytes.count, 77, ":1.42", "Launch", true))
    #expect(Self.read(Self.call(flags: 1, fields: Self.fields), \.expectsReply) == false)
    #expect(Self.sender(Self.call(fields: Self.fields.reversed())) == ":1.42")
    let withDescriptors = Self.call(fields: Self.fields + [(9, "u", "3")])
    #expect(Self.read(withDescriptors) { ($0.sender, $0.descriptors) } ?? ("", 0) == (":1.42", 3))
    #expect(Self.read(bytes, \.descriptors) == 0)
  }

  @Test(arguments: [2, 3] as [UInt8])
  func aReplyTellsWhichCallItIsOf(type: UInt8) {
    #expect(Self.reply(Self.call(type: type, fields: [(5, "u", "77"), (7, "s", ":1.42")])) == 77)
    #expect(Self.reply(Self.call(type: type, fields: [(7, "s", ":1.42")])) == nil)
    #expect(Self.reply(Self.call(type: 4, fields: [(5, "u", "77"), (7, "s", ":1.42")])) == nil)
  }

  /// A large one arrives in parts.
  @Test func theBodyIsNotNeeded() {
    let whole = Self.call(fields: Self.fields, body: 1_000_000)
    let start = whole.count - 1_000_000
    #expect(Self.read(Array(whole[..<start]), \.header.bytes) == whole.count)
  }

  @Test func whatMustBeReadByOthersIsLeft() {
    #expect(Self.sender(Self.call(fields: Self.fields.dropLast())) == nil)
    #expect(Self.sender(Self.call(fields: Self.fields + [(20, "x", "")])) == nil)
    let whole = Self.call(fields: Self.fields, body: 0)
    for length in 0..<whole.count - 8 { #expect(Self.sender(Array(whole[..<length])) == nil) }
  }

  /// It is in the memory of whoever reads it: nothing may lead out of it.
  @Test func anyBytesDoNoHarm() {
    var numbers = Dice(7)
    let whole = Self.call(fields: Self.fields)
    for _ in 0..<20_000 {
      var bytes = whole
      for _ in 0..<Int.random(in: 1...4, using: &numbers) {
        bytes[Int.random(in: 0..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      }
      _ = Self.read(bytes) { _ = $0.member }
    }
  }
}
