// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// The daemon's unit, as systemd has it.
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
  private static let install = "install it with packaging/install"
  private static let journal = "journalctl --user -u \(DaemonName.unit) says why"

  var isLoaded: Bool { loadState == "loaded" }

  var verdict: Verdict {
    switch loadState {
    case "loaded": break
    case "not-found": return .problem("\(Self.unit) is not installed", remedy: Self.install)
    case "masked":
      return .problem(
        "\(Self.unit) is masked, so that nothing starts it", remedy: "systemctl --user unmask \(Self.unit)")
    default:
      return .problem(
        "\(Self.unit) cannot be loaded (\(shown(loadState))): \(shown(loadError))",
        remedy: "systemd-analyze --user verify \(Self.unit) says where it is wrong")
    }
    if let programProblem {
      return .problem("its program “\(shown(program))” cannot be run: \(shown(programProblem))", remedy: Self.install)
    }
    if activeState == "failed" { return failed }
    if !isActivatable {
      return .problem(
        "the session bus does not know \(BusName.service), so that no call starts it",
        remedy: "\(Self.install), or systemctl --user reload dbus")
    }
    if needsReload {
      return .warning(
        "its files have changed since systemd read them", remedy: "systemctl --user daemon-reload")
    }
    if restarts > 0 {
      let times = restarts == 1 ? "once" : "\(restarts) times"
      return .warning("\(shown(activeState)), and was started anew \(times) after it had died", remedy: Self.journal)
    }
    return .ok("\(shown(activeState)), \(shown(fileState)); \(shown(file))")
  }

  private var failed: Verdict {
    // The result is that of what failed before.
    if result == "start-limit-hit" || (startLimit > 0 && restarts + 1 >= startLimit) {
      return .problem(
        "it failed to start so often that systemd has given up (start limit)",
        remedy: "\(Self.journal); then systemctl --user reset-failed \(Self.unit)")
    }
    return .problem("it has failed (\(shown(result)))", remedy: Self.journal)
  }

  var watchdogVerdict: Verdict {
    guard isLoaded else { return .problem("\(Self.unit) is not there to have one") }
    guard watchdog > 0, watchdog != .max else {
      return .warning(
        "none: a daemon that hangs is not replaced", remedy: "take WatchdogSec=0 out of the drop-ins of \(Self.unit)")
    }
    return .ok("a daemon that hangs for \(max(1, watchdog / 1_000_000)) s is replaced")
  }

  var storeVerdict: Verdict {
    guard isLoaded else { return .problem("\(Self.unit) is not there to have one") }
    guard storedMaximum > 0 else {
      return .problem(
        "none: calls would not outlive the daemon's restart",
        remedy: "take FileDescriptorStoreMax=0 out of the drop-ins of \(Self.unit)")
    }
    // Each call has one.
    guard stored < storedMaximum else {
      return .problem("all \(storedMaximum) places are taken", remedy: "end calls: ongoingcallctl abort --all")
    }
    return .ok("\(stored) of \(storedMaximum) places are taken")
  }
}

/// The daemon, asked for what it is; that starts it, as every verb does.
enum DaemonFinding: Equatable, Sendable {
  case answered(version: String, process: UInt32, isReplaced: Bool)
  case refused(CallsError)

  func verdict(tool: String) -> Verdict {
    let restart = "systemctl --user restart \(DaemonName.unit), which calls do not notice"
    switch self {
    case .refused(let error): return .problem(shown(error.description), remedy: error.remedy)
    case .answered(let version, let process, _) where version != tool:
      return .warning(
        "version \(shown(version, limit: 40)) runs (process \(process)), and this tool is \(tool)",
        remedy: "\(restart); where that is all, install both anew with packaging/install")
    case .answered(_, let process, true):
      return .warning("process \(process) runs a program that has been replaced since", remedy: restart)
    case .answered(let version, let process, false):
      return .ok("version \(shown(version, limit: 40)) runs (process \(process))")
    }
  }
}
