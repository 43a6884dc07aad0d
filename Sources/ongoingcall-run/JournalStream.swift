// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles

/// Standard error, which the journal reads (sd-daemon(3)).
///
/// Never waits for the journal, so that a call does not stop because journald does. A limited amount waits here; lines
/// beyond it are counted, and their number is logged when the journal works again.
final class JournalStream {
  enum Level: Int {
    case error = 3
    case warning = 4
    case info = 6
  }

  static let limit = 64 * 1024
  private static let newline = UInt8(ascii: "\n")

  private let descriptor: Int32
  private var waiting: ArraySlice<UInt8> = []
  private var dropped = 0
  /// The rest of a line follows whose beginning was dropped.
  private var skipsLine = false

  init(_ descriptor: Int32 = STDERR_FILENO) { self.descriptor = descriptor }

  /// Only a socket can be written without blocking and without changing its state for other users.
  lazy var isSocket: Bool = {
    var status = stat()
    return fstat(descriptor, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
  }()

  func say(_ level: Level, _ text: String) { write(Array("<\(level.rawValue)>\(text)\n".utf8)[...]) }

  /// Writes lines, or parts of lines.
  func write(_ bytes: ArraySlice<UInt8>) {
    guard isSocket else {
      // A file, a pipe or a terminal that whoever started this has chosen.
      _ = Descriptor.write(bytes, to: descriptor)
      return
    }
    var bytes = bytes
    if skipsLine {
      guard let end = bytes.firstIndex(of: Self.newline) else { return }
      bytes = bytes[(end + 1)...]
      skipsLine = false
    }
    guard !bytes.isEmpty else { return }
    guard waiting.count + bytes.count <= Self.limit else {
      let ends = bytes.count { $0 == Self.newline }
      skipsLine = bytes.last != Self.newline
      dropped += ends + (skipsLine ? 1 : 0)
      // The start of that line is dropped with its end, unless it has been written already.
      if let last = waiting.lastIndex(of: Self.newline) {
        waiting = waiting[...last]
      } else if !waiting.isEmpty {
        waiting.append(Self.newline)
      }
      return flush()
    }
    waiting += bytes
    flush()
  }

  var wantsToWrite: Bool { !waiting.isEmpty }

  /// Writes what is taken at once.
  func flush() {
    while !waiting.isEmpty {
      let count = retryOnInterrupt {
        waiting.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL)) }
      }
      if count < 0 && errno == EAGAIN { return }
      // Nobody will ever read it.
      guard count >= 0 else { return waiting = [] }
      waiting = waiting.dropFirst(count)
      if waiting.isEmpty, dropped > 0 {
        let text = "<\(Level.warning.rawValue)>the journal took no lines for a while; \(dropped) lines were dropped\n"
        waiting = Array(text.utf8)[...]
        dropped = 0
      }
    }
  }

  /// Writes the rest, for a limited time.
  func flush(milliseconds: Int32) {
    flush()
    var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
    if wantsToWrite, poll(&polled, 1, milliseconds) > 0 { flush() }
  }
}
