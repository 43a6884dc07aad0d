// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Standard error, which the journal reads (sd-daemon(3)).
enum Journal {
  enum Level: Int {
    case error = 3
    case warning = 4
    case info = 6
  }

  static func say(_ level: Level, _ text: String) {
    let line = Array("<\(level.rawValue)>\(text)\n".utf8)
    _ = write(STDERR_FILENO, line, line.count)
  }
}
