// SPDX-License-Identifier: Apache-2.0

/// The last bytes that a program printed, up to a fixed capacity, for viewers that have still to read them. A place is a
/// number of bytes since the program's start.
struct Scrollback {
  static let defaultCapacity = 256 * 1024

  /// As long as there was output, up to the capacity.
  private var bytes: [UInt8]
  let capacity: Int
  /// The place of the next byte.
  private(set) var end = 0

  init(capacity: Int = defaultCapacity) {
    self.capacity = capacity
    bytes = []
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
    let needed = min(capacity, end + rest.count)
    if bytes.count < needed { bytes += repeatElement(0, count: needed - bytes.count) }
    while !rest.isEmpty {
      let first = end % capacity
      let piece = rest.prefix(capacity - first)
      bytes.replaceSubrange(first..<first + piece.count, with: piece)
      end += piece.count
      rest = rest.dropFirst(piece.count)
    }
  }
}
