// SPDX-License-Identifier: Apache-2.0
import CLinux
import CallModel
import EngineChannel
import LinuxFiles

/// The program's environment: the engine's own, without the variables that concern only the engine, plus those of
/// `join`.
struct ProgramEnvironment {
  /// systemd.exec(5): they describe the engine's own process, descriptors and folders.
  private static let engineOnly: Set<String> = [
    "NOTIFY_SOCKET", "WATCHDOG_PID", "WATCHDOG_USEC", "LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES", "FDSTORE",
    "SYSTEMD_EXEC_PID", "MAINPID", "RUNTIME_DIRECTORY", "STATE_DIRECTORY", "CACHE_DIRECTORY",
    "LOGS_DIRECTORY",
    "CONFIGURATION_DIRECTORY", "CREDENTIALS_DIRECTORY",
  ]
  /// They say that the output goes to the journal, which is wrong on a terminal.
  private static let journalOnly: Set<String> = ["JOURNAL_STREAM", "INVOCATION_ID"]
  private static let defaultTerminal = "xterm-256color"

  private var values: [String: String]

  init(join: EngineRequest.Join, session: String, inherited: [String] = Self.own) throws(ProgramFailure) {
    values = [:]
    for entry in inherited {
      guard let (name, value) = Self.split(entry), !Self.engineOnly.contains(name) else { continue }
      values[name] = value
    }
    if join.terminal {
      for name in Self.journalOnly { values[name] = nil }
      values["TERM"] = Self.defaultTerminal
    }
    for entry in join.environment {
      guard let (name, value) = Self.split(entry), !entry.utf8.contains(0) else {
        throw ProgramFailure(.refused, "“\(entry)” is not an environment variable; write it as NAME=VALUE")
      }
      values[name] = value
    }
    values[EnvironmentName.session] = session
  }

  /// In the form for execve(2).
  var entries: [String] { values.map { "\($0.key)=\($0.value)" } }

  var path: String { values["PATH"] ?? SearchPath.standard }

  private static func split(_ entry: String) -> (String, String)? {
    guard let equals = entry.utf8.firstIndex(of: UInt8(ascii: "=")), equals > entry.startIndex else {
      return nil
    }
    return (String(entry[..<equals]), String(entry[entry.utf8.index(after: equals)...]))
  }

  private static var own: [String] {
    var entries: [String] = []
    guard var next = clinux_environment() else { return entries }
    while let entry = next.pointee {
      entries.append(String(cString: entry))
      next += 1
    }
    return entries
  }
}
