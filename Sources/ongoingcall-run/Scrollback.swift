// SPDX-License-Identifier: Apache-2.0

/// The last bytes that a program printed, up to a fixed capacity.
struct Scrollback {
  static let defaultCapacity = 256 * 1024

  private var bytes: [UInt8]
  /// Where the next byte goes.
  private var end = 0
  private var isFull = false

  init(capacity: Int = defaultCapacity) { bytes = [UInt8](repeating: 0, count: capacity) }

  /// What is kept, oldest first.
  var contents: [UInt8] { isFull ? Array(bytes[end...] + bytes[..<end]) : Array(bytes[..<end]) }

  mutating func append(_ new: UnsafeRawBufferPointer) {
    var rest = new.suffix(bytes.count)
    while !rest.isEmpty {
      let piece = rest.prefix(bytes.count - end)
      bytes.replaceSubrange(end..<end + piece.count, with: piece)
      end += piece.count
      if end == bytes.count { (end, isFull) = (0, true) }
      rest = rest.dropFirst(piece.count)
    }
  }
}
