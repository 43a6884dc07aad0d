// SPDX-License-Identifier: Apache-2.0

/// Where the next character goes, and how it looks: what a program saves and brings back.
struct Cursor {
  /// Character sets: what a byte of text means.
  struct Sets: Equatable {
    /// G0 to G3.
    var chosen = InlineArray<4, UInt8>(repeating: usual)
    var used = 0
    static let usual = UInt8(ascii: "B")

    var isUsual: Bool { chosen[used] == Self.usual }

    static func == (one: Sets, other: Sets) -> Bool {
      one.used == other.used && (0..<4).allSatisfy { one.chosen[$0] == other.chosen[$0] }
    }

    /// Line drawings, from `_` on.
    private static let drawings = Array("\u{A0}◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·".unicodeScalars).map(\.value)

    static func scalar(_ byte: UInt8, in set: UInt8) -> UInt32 {
      switch set {
      case UInt8(ascii: "0") where (0x5F...0x7E).contains(byte): drawings[Int(byte) - 0x5F]
      case UInt8(ascii: "A") where byte == UInt8(ascii: "#"): 0xA3
      default: UInt32(byte)
      }
    }
  }

  var row = 0
  var column = 0
  /// A character was written in the last column: the next goes to the next row.
  var isAtEnd = false
  var style = CellStyle()
  /// Of `SideTables`: of the style, of what is erased, and of the link.
  var styleNumber: UInt16 = 0
  var erasedNumber: UInt16 = 0
  var link: UInt16 = 0
  var sets = Sets()
  /// Rows are counted from the margin.
  var isInOrigin = false
}
