// SPDX-License-Identifier: Apache-2.0

/// One database of dconf: a hash table in a file (GVDB).
struct SettingsDatabase {
  private static let signature = Array("GVariant".utf8)
  private static let headerBytes = 24
  private static let itemBytes = 24
  /// What marks an item without a parent.
  private static let none: UInt32 = .max
  private static let longestKey = 32

  private let bytes: [UInt8]
  private let items: Int
  private let count: Int

  /// nil where it is none, or one of a machine with the other byte order.
  init?(_ bytes: [UInt8]) {
    self.bytes = bytes
    guard bytes.starts(with: Self.signature), let start = Self.word(bytes, 16), let end = Self.word(bytes, 20),
      start >= Self.headerBytes, start < end, Int(end) <= bytes.count,
      let filter = Self.word(bytes, Int(start)), let buckets = Self.word(bytes, Int(start) + 4)
    else { return nil }
    // The upper five bits are of the filter.
    items = Int(start) + 8 + 4 * (Int(filter & 0x07ff_ffff) + Int(buckets))
    guard items <= Int(end) else { return nil }
    count = (Int(end) - items) / Self.itemBytes
  }

  /// The value of a key; nil where it is not set, or not a flag.
  func flag(_ key: String) -> Bool? {
    let wanted = Array(key.utf8)
    let hash = wanted.reduce(UInt32(5381)) { $0 &* 33 &+ UInt32(bitPattern: Int32(Int8(bitPattern: $1))) }
    for number in 0..<count where word(number, 0) == hash && isValue(number) && isNamed(number, wanted[...]) {
      guard let start = word(number, 16), let end = word(number, 20), start <= end, Int(end) <= bytes.count else {
        return nil
      }
      // A value, a zero, and its type.
      let value = bytes[Int(start)..<Int(end)]
      return value.count == 3 && value.dropFirst().elementsEqual([0, UInt8(ascii: "b")]) ? value.first != 0 : nil
    }
    return nil
  }

  private func isValue(_ number: Int) -> Bool { bytes[items + number * Self.itemBytes + 14] == UInt8(ascii: "v") }

  /// Whether its name, which ends here and begins with its parents', is this.
  private func isNamed(_ item: Int, _ name: ArraySlice<UInt8>) -> Bool {
    var (number, rest) = (item, name)
    for _ in 0..<Self.longestKey {
      guard let start = word(number, 8), let size = word(number, 12).map({ Int($0 & 0xffff) }),
        Int(start) + size <= bytes.count, rest.suffix(size).elementsEqual(bytes[Int(start)..<Int(start) + size])
      else { return false }
      rest = rest.dropLast(size)
      guard let parent = word(number, 4), parent != Self.none else { return rest.isEmpty }
      guard parent < count else { return false }
      number = Int(parent)
    }
    return false
  }

  private func word(_ item: Int, _ offset: Int) -> UInt32? { Self.word(bytes, items + item * Self.itemBytes + offset) }

  private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt32? {
    guard offset >= 0, offset + 4 <= bytes.count else { return nil }
    return bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }
}
