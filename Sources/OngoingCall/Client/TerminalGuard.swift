// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// What lets a process that is a call outlive the terminal it was started in.
struct TerminalGuard: ~Copyable {
  private var descriptors: (input: Int32, output: Int32)?

  /// Makes ready for ``arm()``.
  init() throws(CallsError) {
    // Close-on-exec: programs that are started later have the standard descriptors, not these.
    let nothing = open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nothing >= 0 else { throw .notAdoptable("/dev/null: \(String(cString: strerror(errno)))") }
    let output = Self.journalStream() ?? fcntl(nothing, F_DUPFD_CLOEXEC, 3)
    guard output >= 0 else {
      let why = String(cString: strerror(errno))
      close(nothing)
      throw .notAdoptable("cannot get a descriptor for its output: \(why)")
    }
    descriptors = (nothing, output)
  }

  deinit {
    guard let descriptors else { return }
    close(descriptors.input)
    close(descriptors.output)
  }

  /// Makes this process immune: a terminal that hangs up takes it neither by SIGHUP nor, once something is written to
  /// it, by SIGPIPE. What it writes to its terminal goes to the journal from then on, where there is one.
  ///
  /// It cannot be undone, and need not be: who is released from a call is still without a terminal.
  consuming func arm() {
    if let descriptors { clinux_survive_terminal(descriptors.input, descriptors.output) }
    descriptors = nil
  }

  /// A stream whose lines become entries of the journal, under this program's name, in the way systemd-cat(1) makes
  /// one; nil where no journal listens.
  private static func journalStream() -> Int32? {
    let stream = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard stream >= 0 else { return nil }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: "/run/systemd/journal/stdout".utf8) }
    let connected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(stream, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    // The identifier, no unit, the priority "info", levels in front of the lines, and no forwarding.
    let header = "\(programName)\n\n6\n1\n0\n0\n0\n"
    guard connected == 0, write(stream, header, header.utf8.count) == header.utf8.count else {
      close(stream)
      return nil
    }
    // As a terminal's: a program that writes waits rather than losing lines.
    _ = fcntl(stream, F_SETFL, 0)
    return stream
  }

  private static var programName: String {
    let name = CommandLine.arguments.first?.split(separator: "/").last.map(String.init) ?? ""
    return name.contains("\n") || name.isEmpty ? "call" : name
  }
}
