// SPDX-License-Identifier: Apache-2.0

/// The last bytes that a program printed, up to a fixed capacity. A place is a number of bytes since the program's
/// start.
struct Scrollback {
  static let defaultCapacity = 256 * 1024

  private var bytes: [UInt8]
  let capacity: Int
  /// The place of the next byte.
  private(set) var end = 0

  init(capacity: Int = defaultCapacity) {
    self.capacity = capacity
    bytes = [UInt8](repeating: 0, count: capacity)
  }

  /// The place of the oldest byte that is kept.
  var start: Int { max(0, end - capacity) }

  /// The kept bytes between two places, which must not be after the end.
  subscript(range: Range<Int>) -> [UInt8] {
    let first = range.lowerBound % capacity
    let count = min(range.count, capacity - first)
    return Array(bytes[first..<first + count] + bytes[..<(range.count - count)])
  }

  mutating func append(_ new: UnsafeRawBufferPointer) {
    end += max(0, new.count - capacity)
    var rest = new.suffix(capacity)
    while !rest.isEmpty {
      let first = end % capacity
      let piece = rest.prefix(capacity - first)
      bytes.replaceSubrange(first..<first + piece.count, with: piece)
      end += piece.count
      rest = rest.dropFirst(piece.count)
    }
  }

  /// The start of the last `count` lines, including an incomplete one, or of as many as fit in `limit` bytes. If older
  /// bytes are gone, it is after the first complete line ending.
  func beginning(ofLines count: Int, within limit: Int) -> Int {
    let oldest = max(start, end - limit)
    let kept = self[oldest..<end]
    var (left, first) = (count, 0)
    for (place, byte) in kept.enumerated().reversed() where byte == UInt8(ascii: "\n") {
      left -= 1
      if left == 0 { return oldest + place + 1 }
      first = place + 1
    }
    return oldest == 0 ? 0 : oldest + first
  }
}
