// SPDX-License-Identifier: Apache-2.0
import CProgram
import CallModel
import EngineChannel
import Glibc

/// A program that was started: the leader of a session and of a process group of its own.
struct Program: ~Copyable {
  let path: String
  let pid: pid_t
  var terminal: Pseudoterminal?
  /// nil where what it prints does not come this way.
  let output: ProgramOutput?
  private(set) var exit: ProgramExit?

  /// Runs the program of `join`, with its arguments as they are.
  ///
  /// - Parameter relaysOutput: whether what it prints without a terminal is to come this way.
  init(_ join: EngineRequest.Join, session: String, relaysOutput: Bool) throws(ProgramFailure) {
    guard let arguments = join.command, let name = arguments.first else {
      throw ProgramFailure(.refused, "there is no command to run; this engine takes no addresses")
    }
    guard !arguments.contains(where: { $0.utf8.contains(0) }) else {
      throw ProgramFailure(
        .refused, "an argument of “\(name)” has a NUL character in it, which no program can be given")
    }
    let environment = try ProgramEnvironment(join: join, session: session)
    let path = try ProgramFile.find(name, in: environment.path)
    let directory = try Self.open(join.workingDirectory)
    defer { if directory >= 0 { close(directory) } }
    let terminal = join.terminal ? try Pseudoterminal() : nil
    let output = relaysOutput && !join.terminal ? try ProgramOutput() : nil
    pid = try Self.spawn(
      path, arguments, environment.entries, directory: directory, terminal: terminal?.path, output: output?.end ?? -1)
    self.output = output
    output?.closeEnd()
    self.path = path
    self.terminal = terminal
  }

  /// Takes note of what has ended: the program, or descendants of it that lost their parents.
  mutating func reap() {
    var status: Int32 = 0
    while case let ended = waitpid(-1, &status, WNOHANG), ended > 0 {
      if ended == pid { exit = ProgramExit(waitStatus: status) }
    }
  }

  /// Whether anything is left of the program's process group.
  var groupRuns: Bool { Glibc.kill(-pid, 0) == 0 || errno == EPERM }

  /// What a terminal that is closed does, or the service manager without one: the program is asked to end. A stopped
  /// program is continued, to hear of it.
  func hangUp() {
    signal(terminal == nil ? SIGTERM : SIGHUP)
    signal(SIGCONT)
  }

  func kill() { signal(SIGKILL) }

  private func signal(_ signal: Int32) {
    _ = Glibc.kill(-pid, signal)
    // A shell gives every job a group of its own; the one in the foreground is what the user sees.
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
            var spawn = cprogram_spawn(
              path: path, arguments: arguments, environment: environment, directory: directory,
              terminal: terminal, output: output)
            return cprogram_spawn(&spawn, &pid)
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
    let descriptor = cprogram_open_directory(directory)
    guard descriptor < 0 else { return descriptor }
    let reason = ProgramFailure.reason(of: errno)
    // “Not found” is for the program.
    throw ProgramFailure(
      reason == .notFound ? .refused : reason,
      "cannot change into the working directory “\(directory)”: \(errorText(errno))")
  }
}

/// Calls `body` with a NULL-terminated list of C strings, which are valid during the call.
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
