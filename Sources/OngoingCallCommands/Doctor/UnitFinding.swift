// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// The daemon's unit, as systemd has it. Each field is the answer to one question, and the verdict weighs them all.
struct UnitFinding: Equatable, Sendable {
  var loadState = ""
  var loadError = ""
  var activeState = ""
  var result = ""
  var fileState = ""
  var file = ""
  var needsReload = false
  var restarts: UInt32 = 0
  /// How many starts in a short time systemd allows.
  var startLimit: UInt32 = 0
  var process: UInt32 = 0
  var program = ""
  /// Why the program cannot be run.
  var programProblem: String?
  /// Whether the session bus knows how to start it.
  var isActivatable = false
  /// µs; 0 is none
  var watchdog: UInt64 = 0
  var storedMaximum: UInt32 = 0
  var stored: UInt32 = 0

  private static let unit = DaemonName.unit
  private static let journal = "see why: journalctl --user -u \(DaemonName.unit)"

  var isLoaded: Bool { loadState == "loaded" }

  var verdict: Verdict {
    switch loadState {
    case "loaded": break
    case "not-found": return .problem("\(Self.unit) is not installed", remedy: InstallationRemedy.daemon)
    case "masked":
      return .problem(
        "\(Self.unit) is masked, so nothing can start it", remedy: "run systemctl --user unmask \(Self.unit)")
    default:
      return .problem(
        "\(Self.unit) cannot be loaded (\(shown(loadState))): \(shown(loadError))",
        remedy: "find the error: systemd-analyze --user verify \(Self.unit)")
    }
    if let programProblem {
      return .problem("cannot run “\(shown(program))”: \(shown(programProblem))", remedy: InstallationRemedy.daemon)
    }
    if activeState == "failed" { return failed }
    if !isActivatable {
      return .problem(
        "the session bus does not know \(BusName.service), so calls do not start it",
        remedy: "\(InstallationRemedy.again); or run systemctl --user reload dbus")
    }
    if needsReload {
      return .warning(
        "its files have changed since systemd read them", remedy: "run systemctl --user daemon-reload")
    }
    if restarts > 0 {
      let times = restarts == 1 ? "once" : "\(restarts) times"
      return .warning("\(shown(activeState)), restarted \(times) after a failure", remedy: Self.journal)
    }
    return .ok("\(shown(activeState)), \(shown(fileState)); \(shown(file))")
  }

  private var failed: Verdict {
    // The result is that of what failed before.
    if result == "start-limit-hit" || (startLimit > 0 && restarts + 1 >= startLimit) {
      return .problem(
        "it failed to start so often that systemd gave up (start limit)",
        remedy: "\(Self.journal); then run systemctl --user reset-failed \(Self.unit)")
    }
    return .problem("it failed (\(shown(result)))", remedy: Self.journal)
  }

  var watchdogVerdict: Verdict {
    guard isLoaded else { return .problem("\(Self.unit) is not loaded") }
    guard watchdog > 0, watchdog != .max else {
      return .warning(
        "off: a daemon that hangs is not restarted", remedy: "remove WatchdogSec=0 from the drop-ins of \(Self.unit)")
    }
    return .ok("a daemon that hangs for \(max(1, watchdog / 1_000_000)) s is restarted")
  }

  var storeVerdict: Verdict {
    guard isLoaded else { return .problem("\(Self.unit) is not loaded") }
    guard storedMaximum > 0 else {
      return .problem(
        "off: calls do not survive a restart of the daemon",
        remedy: "remove FileDescriptorStoreMax=0 from the drop-ins of \(Self.unit)")
    }
    // Each call has one.
    guard stored < storedMaximum else {
      return .problem("all \(storedMaximum) places are in use", remedy: "end calls: ongoingcallctl abort --all")
    }
    return .ok("\(stored) of \(storedMaximum) places are in use")
  }
}

/// The daemon, asked for what it is; that starts it, as every verb does.
enum DaemonFinding: Equatable, Sendable {
  case answered(version: String, process: UInt32, isReplaced: Bool)
  case refused(CallsError)

  func verdict(tool: String) -> Verdict {
    let restart = "run systemctl --user restart \(DaemonName.unit); calls go on"
    switch self {
    case .refused(let error): return .problem(shown(error.description), remedy: error.remedy)
    case .answered(let version, let process, _) where version != tool:
      return .warning(
        "version \(shown(version, limit: 40)) is running (process \(process)), but this tool is version \(tool)",
        remedy: "\(restart); if that does not help, \(InstallationRemedy.again)")
    case .answered(_, let process, true):
      return .warning("process \(process) still runs the old program", remedy: restart)
    case .answered(let version, let process, false):
      return .ok("version \(shown(version, limit: 40)) is running (process \(process))")
    }
  }
}
