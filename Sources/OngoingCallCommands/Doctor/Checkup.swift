// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// All the checks, at the same time, each with the same deadline.
struct Checkup {
  var limit: Duration

  private typealias Verdicts = [HealthTopic: Verdict]

  func report() throws(CommandFailure) -> HealthReport {
    let limit = limit
    var probes: [Probe<Verdicts>] = []
    for check in Self.checks { probes.append(try Probe { check(limit) }) }
    // Those that wait for an answer give up at the limit; they then have a moment to say so.
    let deadline = Deadline(in: limit + .seconds(1))
    var verdicts: Verdicts = [:]
    for probe in probes {
      verdicts.merge(probe.value(until: deadline) ?? [:]) { one, _ in one }
    }
    return HealthReport(verdicts)
  }

  private static let checks: [@Sendable (Duration) -> Verdicts] = [
    { [.sessionBus: ManagerProbes.bus(within: $0).verdict] },
    { [.userManager: ManagerProbes.manager(within: $0).verdict] },
    { limit in
      guard let (daemon, unit) = ManagerProbes.daemon(within: limit) else { return unknownUnit }
      return [
        .daemon: daemon.verdict(tool: DaemonName.version), .unit: unit.verdict, .watchdog: unit.watchdogVerdict,
        .fdStore: unit.storeVerdict,
      ]
    },
    { limit in
      let environment = ManagerProbes.environment(within: limit)
      let engines = FileProbes.engines(environment)
      return [
        .engines: engines.verdict, .sipEngine: engines.sipVerdict,
        .audio: FileProbes.audio(environment).verdict(needed: engines.callsSIP),
      ]
    },
    { [.notifications: ManagerProbes.notifications(within: $0).verdict] },
    { [.logout: LoginProbes.logout(within: $0).verdict] },
    { [.sleep: LoginProbes.sleep(within: $0).verdict] },
    { limit in
      let path = ManagerProbes.environment(within: limit).runtimeFolder
      return [.runtimeFolder: FileProbes.folder(path).verdict(consequence: "no call can be launched")]
    },
    { limit in
      guard let path = ManagerProbes.environment(within: limit).stateFolder else {
        return [.stateFolder: .problem("no home directory: neither HOME nor XDG_STATE_HOME is set")]
      }
      return [
        .stateFolder: FileProbes.writtenFolder(path, within: limit).verdict(
          consequence: "channels and lingering cannot be saved")
      ]
    },
    { limit in
      do throws(CommandFailure) {
        try JournalReader(limit: limit).check()
        return [.journal: JournalFinding.readable.verdict]
      } catch {
        return [.journal: JournalFinding.unreadable(error).verdict]
      }
    },
  ]

  /// Where systemd cannot be asked.
  private static let unknownUnit: Verdicts = {
    let unknown = Verdict.problem("unknown: your systemd user manager does not answer")
    return [.unit: unknown, .daemon: unknown, .watchdog: unknown, .fdStore: unknown]
  }()
}
