// SPDX-License-Identifier: Apache-2.0

/// The last bytes that a program printed, up to a fixed capacity. A place is a number of bytes since its start.
struct Scrollback {
  static let defaultCapacity = 256 * 1024

  private var bytes: [UInt8]
  private let capacity: Int
  /// Where the next byte goes.
  private(set) var end = 0

  init(capacity: Int = defaultCapacity) {
    self.capacity = capacity
    bytes = [UInt8](repeating: 0, count: capacity)
  }

  /// Of the oldest byte that is kept.
  var start: Int { max(0, end - capacity) }

  /// What is kept from one place to another, which is no further than the end.
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

  /// The beginning of the last `count` lines, the one that is not complete among them, or of as many as `limit` bytes
  /// have. Where older bytes are gone, it is behind the first line's end that is there.
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
