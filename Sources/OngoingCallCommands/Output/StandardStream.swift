// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles

/// Standard output and standard error.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  /// Takes the places of descriptors that the caller closed, so that no socket gets their numbers. To read only: what is
  /// written where nobody can read it is an error, as it would be without this.
  static func reserveDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDONLY) }
  }

  var isTerminal: Bool { isatty(rawValue) == 1 }

  /// Whether a person has typed this command there, and waits for it: an interactive shell makes what it starts a
  /// process group of its own, in the foreground. What a script starts is in the script's group, whatever its terminal.
  var isTerminalOfTheCaller: Bool {
    isTerminal && getpgrp() == getpid() && tcgetpgrp(rawValue) == getpgrp()
  }

  /// Writes a line for people, in the characters of their locale.
  func write(line: String) throws(CommandFailure) { try write(CharacterSet.bytes(line + "\n")) }

  /// Writes a line for programs, which is UTF-8 everywhere.
  func write(record: String) throws(CommandFailure) { try write(Array((record + "\n").utf8)) }

  /// With nobody there to read it, the process ends as any other would: by SIGPIPE, silently.
  func write(_ bytes: [UInt8]) throws(CommandFailure) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = retryOnInterrupt { rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) } }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EAGAIN:
        var wait = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, -1)
      case EPIPE:
        Self.endByBrokenPipe()
      case let problem:
        throw CommandFailure(
          .outputError, CommandFailure.output, "cannot write the output: \(String(cString: strerror(problem)))")
      }
    }
  }

  /// As any other process whose output nobody reads. Only a caller that ignores SIGPIPE, which is inherited, lets it
  /// come this far.
  static func endByBrokenPipe() -> Never {
    signal(SIGPIPE, SIG_DFL)
    raise(SIGPIPE)
    exit(128 + SIGPIPE)
  }
}
