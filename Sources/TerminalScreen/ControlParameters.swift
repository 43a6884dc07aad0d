// SPDX-License-Identifier: Apache-2.0

/// The parts of a control sequence (`ESC [ … `), read where it is: nothing is allocated.
struct ControlParameters: ~Copyable {
  private static let maximum = 32
  private static let largest = 65535

  /// `<`, `=`, `>` or `?`, or 0.
  private(set) var mark: UInt8 = 0
  private(set) var intermediate: UInt8 = 0
  let final: UInt8
  private(set) var count = 0
  private var values = InlineArray<32, Int32>(repeating: 0)
  /// Those before which a colon is.
  private var colons: UInt32 = 0

  /// - Parameter sequence: a whole one.
  init(_ sequence: [UInt8]) {
    final = sequence.last ?? 0
    var (value, hasAny, isFirst) = (0, false, true)
    for byte in sequence.dropFirst(2).dropLast() {
      switch byte {
      case 0x30...0x39: (value, hasAny) = (min(Self.largest, value * 10 + Int(byte - 48)), true)
      case 0x3A, 0x3B:
        append(value)
        (value, hasAny) = (0, true)
        if byte == 0x3A, count < Self.maximum { colons |= 1 << UInt32(count) }
      case 0x3C...0x3F: if isFirst { mark = byte }
      default: intermediate = byte
      }
      isFirst = false
    }
    if hasAny { append(value) }
  }

  private mutating func append(_ value: Int) {
    guard count < Self.maximum else { return }
    values[count] = Int32(value)
    count += 1
  }

  /// 0 where it is missing.
  subscript(place: Int) -> Int { place < count ? Int(values[place]) : 0 }

  /// A number of things, at least 1.
  var amount: Int { max(1, self[0]) }

  /// How many parameters belong together from `place` on, by colons.
  func parts(at place: Int) -> Int {
    var end = place + 1
    while end < count, colons & 1 << UInt32(end) != 0 { end += 1 }
    return end - place
  }
}
