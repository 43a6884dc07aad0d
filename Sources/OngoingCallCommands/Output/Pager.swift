// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles

/// A program that shows long text a screen at a time: $ONGOINGCALL_PAGER or $PAGER, which a shell runs, else `less`.
/// Empty, or `cat`, is none.
enum Pager {
  static func show(_ text: String) throws {
    guard StandardStream.output.isTerminal, !Screen.isDumb, !Screen.holds(text), let command else {
      return try StandardStream.output.write(line: text)
    }
    if try !run(command, with: text) { try StandardStream.output.write(line: text) }
  }

  private static var command: String? {
    let chosen = [EnvironmentName.pager, "PAGER"].lazy.compactMap(CallerEnvironment.value(of:)).first
    guard let command = chosen else { return "less" }
    return command.isEmpty || command == "cat" ? nil : command
  }

  /// - Returns: false where the pager could not be run, and has shown nothing.
  private static func run(_ command: String, with text: String) throws -> Bool {
    let pipe = try Pipe()
    // As systemd has them.
    var variables = [("LESS", CallerEnvironment.value(of: "LESS") ?? "FRSX")]
    if CharacterSet.isUnicode { variables.append(("LESSCHARSET", "utf-8")) }
    let child = try? ChildProcess(["sh", "-c", command], adding: variables, streams: [STDIN_FILENO: pipe.reading])
    close(pipe.reading)
    guard let child else {
      close(pipe.writing)
      return false
    }
    // The pager's own keys: it, and not this process, ends. So does who has seen enough.
    for number in [SIGINT, SIGPIPE] { signal(number, SIG_IGN) }
    defer { for number in [SIGINT, SIGPIPE] { signal(number, SIG_DFL) } }
    _ = Descriptor.write(CharacterSet.bytes(text + "\n")[...], to: pipe.writing)
    close(pipe.writing)
    // 126, 127: the shell could not run it.
    return !(126...127).contains(child.wait())
  }
}
