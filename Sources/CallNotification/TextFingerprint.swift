// SPDX-License-Identifier: Apache-2.0

/// A number that stands for texts, the same in each process (FNV-1a). Swift's own hashes differ from one to the next.
struct TextFingerprint {
  private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

  mutating func add(_ text: String) {
    for byte in text.utf8 { add(byte) }
    // Part of no text: where one ends is a part of all.
    add(0xFF)
  }

  private mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }

  static func of(_ texts: String...) -> UInt64 {
    var print = TextFingerprint()
    for text in texts { print.add(text) }
    return print.value
  }
}
