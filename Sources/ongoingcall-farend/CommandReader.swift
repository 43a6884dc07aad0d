// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import Glibc

  /// Lines of standard input, without blocking.
  struct CommandReader {
    private static let longestLine = 1024
    private var pending: [UInt8] = []
    private(set) var isAtEnd = false

    /// Whether there is something to read within that time.
    func wait(milliseconds: Int32) -> Bool {
      var poll = pollfd(fd: STDIN_FILENO, events: Int16(POLLIN), revents: 0)
      return Glibc.poll(&poll, 1, milliseconds) > 0
    }

    mutating func read() -> [String] {
      var buffer = [UInt8](repeating: 0, count: 512)
      let count = Glibc.read(STDIN_FILENO, &buffer, buffer.count)
      guard count > 0 else {
        isAtEnd = count == 0 || errno != EINTR
        return []
      }
      pending += buffer[..<count]
      var lines = pending.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
      pending = Array(lines.removeLast().suffix(Self.longestLine))
      return lines.map { String(decoding: $0, as: UTF8.self) }.filter { !$0.isEmpty }
    }
  }
#endif
