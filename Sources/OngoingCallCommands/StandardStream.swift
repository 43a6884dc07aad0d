// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Standard output and standard error.
enum StandardStream: Int32 {
  case output = 1
  case error = 2

  /// Takes the places of descriptors that the caller closed, so that no socket gets their numbers. To read only: what is
  /// written where nobody can read it is an error, as it would be without this.
  static func reserveDescriptors() {
    for descriptor: Int32 in 0...2 where fcntl(descriptor, F_GETFD) < 0 { _ = open("/dev/null", O_RDONLY) }
  }

  /// Writes a line. With nobody there to read it, the process ends as any other would: by SIGPIPE, silently.
  func write(line: String) throws(CommandFailure) {
    var rest = Array((line + "\n").utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(rawValue, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var wait = pollfd(fd: rawValue, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, -1)
      case EPIPE:
        // Only a caller that ignores SIGPIPE, which is inherited, lets it come this far.
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
      case let problem:
        throw CommandFailure(
          .outputError, "output", "the output cannot be written: \(String(cString: strerror(problem)))")
      }
    }
  }
}
