// SPDX-License-Identifier: Apache-2.0
import CLinux
import CallModel
import EngineChannel
import Glibc

/// A running program: the leader of its own session and process group.
struct Program: ~Copyable {
  let path: String
  let pid: pid_t
  var terminal: Pseudoterminal?
  /// nil if its output does not go through this process.
  let output: ProgramOutput?
  private(set) var exit: ProgramExit?

  /// Runs the program of `join`, with its arguments unchanged.
  ///
  /// - Parameter relaysOutput: whether its output without a terminal goes through this process.
  init(_ join: EngineRequest.Join, session: String, relaysOutput: Bool) throws(ProgramFailure) {
    guard let arguments = join.command, let name = arguments.first else {
      throw ProgramFailure(.refused, "there is no command to run; this engine does not call addresses")
    }
    guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
      throw ProgramFailure(
        .refused, "an argument of “\(name)” contains a NUL character, which cannot be passed to a program")
    }
    let environment = try ProgramEnvironment(join: join, session: session)
    let path = try ProgramFile.find(name, in: environment.path)
    let directory = try Self.open(join.workingDirectory)
    defer { if directory >= 0 { close(directory) } }
    let terminal = join.terminal ? try Pseudoterminal(columns: join.columns, rows: join.rows) : nil
    let output = relaysOutput && !join.terminal ? try ProgramOutput() : nil
    pid = try Self.spawn(
      path, arguments, environment.entries, directory: directory, terminal: terminal?.path, output: output?.end ?? -1)
    self.output = output
    output?.closeEnd()
    self.path = path
    self.terminal = terminal
  }

  /// Collects exited children: the program, or orphaned descendants.
  mutating func reap() {
    var status: Int32 = 0
    while case let ended = waitpid(-1, &status, WNOHANG), ended > 0 {
      if ended == pid { exit = ProgramExit(waitStatus: status) }
    }
  }

  /// Whether any process of the program's process group is left.
  var groupRuns: Bool { Glibc.kill(-pid, 0) == 0 || errno == EPERM }

  /// Does what closing a terminal does, or, without one, the service manager: asks the program to exit. A stopped
  /// program is continued, so that it gets the signal.
  func hangUp() {
    signal(terminal == nil ? SIGTERM : SIGHUP)
    signal(SIGCONT)
  }

  func kill() { signal(SIGKILL) }

  private func signal(_ signal: Int32) {
    _ = Glibc.kill(-pid, signal)
    // A shell gives every job its own group; the user sees the one in the foreground.
    if let foreground = terminal?.foregroundGroup, foreground != pid { _ = Glibc.kill(-foreground, signal) }
  }

  private static func spawn(
    _ path: String, _ arguments: [String], _ environment: [String], directory: Int32, terminal: String?, output: Int32
  ) throws(ProgramFailure) -> pid_t {
    var pid: pid_t = 0
    let error = withCStrings(arguments) { arguments in
      withCStrings(environment) { environment in
        path.withCString { path in
          withOptionalCString(terminal) { terminal in
            var spawn = clinux_spawn(
              path: path, arguments: arguments, environment: environment, directory: directory,
              terminal: terminal, output: output)
            return clinux_spawn(&spawn, &pid)
          }
        }
      }
    }
    guard error == 0 else { throw ProgramFile.failure(path, error) }
    return pid
  }

  private static func open(_ directory: String?) throws(ProgramFailure) -> Int32 {
    guard let directory else { return -1 }
    guard directory.hasPrefix("/"), !directory.utf8.contains(0) else {
      throw ProgramFailure(.refused, "the working directory “\(directory)” is not an absolute path")
    }
    let descriptor = clinux_open_directory(directory)
    guard descriptor < 0 else { return descriptor }
    let reason = ProgramFailure.reason(of: errno)
    // “Not found” is reserved for the program.
    throw ProgramFailure(
      reason == .notFound ? .refused : reason,
      "cannot change into the working directory “\(directory)”: \(errorText(errno))")
  }
}

/// Calls `body` with a NULL-terminated list of C strings that are valid during the call.
private func withCStrings<R>(
  _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> R
) -> R {
  var pointers = strings.map { strdup($0) } + [nil]
  defer { for pointer in pointers { free(pointer) } }
  return body(&pointers)
}

private func withOptionalCString<R>(_ string: String?, _ body: (UnsafePointer<CChar>?) -> R) -> R {
  guard let string else { return body(nil) }
  return string.withCString(body)
}
