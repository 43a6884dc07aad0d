// SPDX-License-Identifier: Apache-2.0

/// Characters from bytes that come in pieces. What is none becomes U+FFFD, as browsers and terminals have it.
struct UTF8Decoder {
  static let replacement: UInt32 = 0xFFFD

  private var value: UInt32 = 0
  private var needed = 0
  private var lowest: UInt8 = 0x80
  private var highest: UInt8 = 0xBF

  var isInCharacter: Bool { needed > 0 }

  /// - Returns: the character that is complete or broken, if any, and whether the byte has been taken.
  mutating func take(_ byte: UInt8) -> (scalar: UInt32?, isTaken: Bool) {
    if needed == 0 { return (begin(byte), true) }
    guard (lowest...highest).contains(byte) else {
      self = UTF8Decoder()
      return (Self.replacement, false)
    }
    (lowest, highest) = (0x80, 0xBF)
    value = value << 6 | UInt32(byte & 0x3F)
    needed -= 1
    return (needed == 0 ? value : nil, true)
  }

  private mutating func begin(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0..<0x80: return UInt32(byte)
    case 0xC2...0xDF: (value, needed) = (UInt32(byte & 0x1F), 1)
    case 0xE0...0xEF:
      (value, needed) = (UInt32(byte & 0x0F), 2)
      if byte == 0xE0 { lowest = 0xA0 }
      if byte == 0xED { highest = 0x9F }
    case 0xF0...0xF4:
      (value, needed) = (UInt32(byte & 0x07), 3)
      if byte == 0xF0 { lowest = 0x90 }
      if byte == 0xF4 { highest = 0x8F }
    default: return Self.replacement
    }
    return nil
  }
}
