// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import OngoingCall

/// What is asked on the session bus.
enum ManagerProbes {
  static func bus(within limit: Duration) -> BusFinding {
    do throws(CallsError) {
      let address = try SessionBusAddress.find()
      let questions = try BusQuestions(address: address, within: limit)
      let isThere = try questions.owner(of: SystemdName.service) != nil
      return .open(address: address, managersOwn: isThere, managersBus: isThere ? nil : managersBus())
    } catch {
      return .none(error)
    }
  }

  /// Where the user's manager, if it runs, has its bus.
  private static func managersBus() -> String? {
    let folder = "/run/user/\(getuid())"
    let sockets = ["systemd/private", "bus"].map { "\(folder)/\($0)" }
    let isThere = sockets.allSatisfy { access($0, F_OK) == 0 }
    return isThere ? "unix:path=\(folder)/bus" : nil
  }

  static func manager(within limit: Duration) -> ManagerFinding {
    do throws(CallsError) {
      let properties = try managerProperties(.session(within: limit))
      return .version(properties["Version"]?.asString ?? "")
    } catch {
      return .unreachable(words(error))
    }
  }

  /// The variables that the daemon gets from the user's manager; this process's where it cannot be asked.
  static func environment(within limit: Duration) -> DaemonEnvironment {
    let lines = try? managerProperties(.session(within: limit))["Environment"]?.asStrings
    return DaemonEnvironment(lines: lines ?? nil)
  }

  private static func managerProperties(_ questions: BusQuestions) throws(CallsError) -> [String: BusValue] {
    try questions.properties(SystemdName.service, SystemdName.path, SystemdName.manager)
  }

  /// In words that are not of the daemon.
  static func words(_ error: CallsError) -> String {
    switch error {
    case .daemonNotInstalled: "it is not on the bus"
    case .timedOut(_, let seconds), .busTimedOut(let seconds): "no answer within \(seconds) s"
    case .daemonNotStarted(let detail): detail
    case .refused(_, let message): message
    default: error.description
    }
  }

  /// The daemon, which is started where it is not there; then its unit, as it is after that.
  static func daemon(within limit: Duration) -> (daemon: DaemonFinding, unit: UnitFinding)? {
    let answer = Result<String, CallsError> { () throws(CallsError) in
      try CallsClient(limit: limit).manager().version
    }
    guard let unit = try? unit(.session(within: limit)) else { return nil }
    switch answer {
    case .success(let version):
      let isReplaced = isReplaced(unit.process)
      return (.answered(version: version, process: unit.process, isReplaced: isReplaced), unit)
    case .failure(let error): return (.refused(error), unit)
    }
  }

  private static func unit(_ questions: BusQuestions) throws(CallsError) -> UnitFinding {
    let loaded = try questions.ask(
      SystemdName.service, SystemdName.path, SystemdName.manager, "LoadUnit", .string(DaemonName.unit))
    let path = loaded.first?.asObjectPath ?? "/"
    let unit = try questions.properties(SystemdName.service, path, SystemdName.unit)
    let service = try questions.properties(SystemdName.service, path, SystemdName.unitService)
    var finding = UnitFinding()
    finding.loadState = unit["LoadState"]?.asString ?? ""
    finding.loadError = unit["LoadError"]?.asStructure?.last?.asString ?? ""
    finding.activeState = unit["ActiveState"]?.asString ?? ""
    finding.fileState = unit["UnitFileState"]?.asString ?? ""
    finding.file = unit["FragmentPath"]?.asString ?? ""
    finding.needsReload = unit["NeedDaemonReload"]?.asBool ?? false
    finding.startLimit = unit["StartLimitBurst"]?.asUInt32 ?? 0
    finding.result = service["Result"]?.asString ?? ""
    finding.restarts = service["NRestarts"]?.asUInt32 ?? 0
    finding.process = service["MainPID"]?.asUInt32 ?? 0
    finding.watchdog = service["WatchdogUSec"]?.asUInt64 ?? 0
    finding.storedMaximum = service["FileDescriptorStoreMax"]?.asUInt32 ?? 0
    finding.stored = service["NFileDescriptorStore"]?.asUInt32 ?? 0
    finding.program = service["ExecStart"]?.asArray?.first?.asStructure?.first?.asString ?? ""
    finding.programProblem = finding.program.isEmpty ? nil : ProgramLookup.problem(with: finding.program)
    finding.isActivatable = try questions.isActivatable(BusName.service)
    return finding
  }

  /// Whether the file that a process runs is no longer there.
  private static func isReplaced(_ process: UInt32) -> Bool {
    var status = stat()
    // The link leads to the file even when it has no name any more.
    return stat("/proc/\(process)/exe", &status) == 0 && status.st_nlink == 0
  }

  static func notifications(within limit: Duration) -> NotificationFinding {
    let name = "org.freedesktop.Notifications"
    let path = "/org/freedesktop/Notifications"
    var isThere = true
    do throws(CallsError) {
      let questions = try BusQuestions.session(within: limit)
      let isActivatable = try questions.isActivatable(name)
      isThere = try questions.owner(of: name) != nil
      guard isActivatable || isThere else { return .none }
      let information = try questions.ask(name, path, name, "GetServerInformation").map { $0.asString ?? "" }
      let capabilities = try questions.ask(name, path, name, "GetCapabilities").first?.asStrings ?? []
      guard information.count >= 3 else { return .unanswered("its answer violates the specification") }
      return .server(name: information[0], version: information[2], capabilities: capabilities)
    } catch {
      if case .noSessionBus = error { return .unknown }
      return isThere ? .unanswered(words(error)) : .notStarted(words(error))
    }
  }
}

/// Variables of the daemon.
struct DaemonEnvironment: Sendable {
  private var values: [String: String]?

  /// - Parameter lines: `NAME=VALUE`; nil is this process's environment.
  init(lines: [String]?) {
    values = lines.map { lines in
      lines.reduce(into: [:]) { values, line in
        let name = String(line.prefix { $0 != "=" })
        values[name] = String(line.dropFirst(name.count + 1))
      }
    }
  }

  /// nil where it is not set, or empty.
  subscript(_ name: String) -> String? {
    let value = values.map { $0[name] } ?? CallerEnvironment.value(of: name)
    return (value ?? "").isEmpty ? nil : value
  }

  var directories: BaseDirectories { BaseDirectories { self[$0] } }

  var stateFolder: String? { directories.state.map { "\($0)/\(DataPath.state)" } }

  /// What systemd makes of `RuntimeDirectory=`.
  var runtimeFolder: String { "\(directories.runtime)/\(DaemonName.executable)" }
}
