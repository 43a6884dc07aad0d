// SPDX-License-Identifier: Apache-2.0
import CLinux
import CallModel
import Glibc

/// Reads a password: what a person types on the terminal, where it is not shown, or a line of standard input.
struct PasswordPrompt {
  /// What a person reads, for example “Password for me@example.org:”. A space follows it.
  var text: String
  /// The terminal is not asked even if there is one: the command line has `-` for the password.
  var isFromInput = false
  /// This process's own, whatever its standard input is.
  var terminal = "/dev/tty"
  var input = STDIN_FILENO

  /// Returns when a line is there, or the end of standard input.
  func read() throws(CommandFailure) -> Password { try password(readLine()) }

  /// The same; nil is an empty line.
  func readIfAny() throws(CommandFailure) -> Password? {
    let line = try readLine()
    return line.isEmpty || line.first == UInt8(ascii: "\n") ? nil : try password(line)
  }

  private func readLine() throws(CommandFailure) -> [UInt8] {
    if isFromInput || isatty(input) == 0 { return try Self.line(of: input) }
    let descriptor = open(terminal, O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard descriptor >= 0 else {
      throw .usage(
        "there is no terminal on which to ask for the password", remedy: "give it on standard input")
    }
    defer { close(descriptor) }
    guard clinux_silent_enter(descriptor) == 0 else {
      throw CommandFailure(
        .failure, "terminal", "cannot ask for the password: \(String(cString: strerror(errno)))",
        remedy: "give it on standard input")
    }
    defer { clinux_raw_leave() }
    try ask(descriptor)
    return try Self.line(of: descriptor) { () throws(CommandFailure) in
      // Whoever has stopped this, and continued it, sees what it waits for.
      if clinux_raw_next_events() & Int32(CLINUX_RAW_CONTINUED) != 0 { try ask(descriptor) }
    }
  }

  private func ask(_ descriptor: Int32) throws(CommandFailure) {
    let bytes = Array("\(shown(text, limit: 200)) ".utf8)
    guard write(descriptor, bytes, bytes.count) == bytes.count else {
      throw CommandFailure(.failure, "terminal", "cannot ask for the password: \(String(cString: strerror(errno)))")
    }
  }

  private func password(_ bytes: [UInt8]) throws(CommandFailure) -> Password {
    do throws(PasswordFault) { return try Password(firstLine: bytes) } catch { throw .usage("\(error)") }
  }

  /// The bytes up to a line break or the end, but not many more than a password has.
  private static func line(
    of descriptor: Int32, interrupted: () throws(CommandFailure) -> Void = {}
  ) throws(CommandFailure) -> [UInt8] {
    var line: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: Password.maximumBytes + 1)
    while line.count <= Password.maximumBytes, !line.contains(UInt8(ascii: "\n")) {
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 && errno == EINTR {
        try interrupted()
        continue
      }
      guard count >= 0 else {
        throw CommandFailure(
          .failure, "password", "cannot read the password: \(String(cString: strerror(errno)))")
      }
      if count == 0 { break }
      line += buffer[..<count]
    }
    return line
  }
}
