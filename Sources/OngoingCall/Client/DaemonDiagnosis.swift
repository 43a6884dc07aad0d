// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Glibc

/// Asks the user's systemd manager why ongoingcalld does not answer. The bus does not know: it waits for a daemon that
/// cannot start as it does for one that is just starting; and for one that nobody starts, where the manager has
/// re-executed itself as it was asked to, and forgotten it.
struct DaemonDiagnosis {
  private static let manager = "org.freedesktop.systemd1"
  private static let managerPath = "/org/freedesktop/systemd1"

  /// What the bus asks of the manager, asked once more.
  static let start = toManager("StartUnit", .string(DaemonName.unit), .string("replace"))

  private let bus: BusConnection
  private let deadline: Deadline

  init(on bus: BusConnection, until deadline: Deadline) { (self.bus, self.deadline) = (bus, deadline) }

  private static func toManager(_ member: String, _ arguments: BusValue...) -> BusCall {
    var call = BusCall(to: manager, path: managerPath, interface: "\(manager).Manager", member: member)
    call.arguments = arguments
    return call
  }

  /// Whether this bus has a systemd manager, which alone can start the daemon.
  func hasManager() throws(CallsError) -> Bool { try bus.owner(of: Self.manager, until: deadline) != nil }

  /// Nil where the daemon runs, or may yet come; where it is only not being started, it is from then on.
  ///
  /// - Parameter isLast: nobody waits any longer, also where it is being tried again and again.
  func failure(isLast: Bool, startsDaemon: Bool) throws(CallsError) -> CallsError? {
    guard try bus.owner(of: BusName.service, until: deadline) == nil else { return try stranger(hasAnswered: false) }
    guard startsDaemon, try hasManager(), let unit = try unit() else { return nil }
    switch try unit.state() {
    case "failed": return try unit.failure()
    // While it is being started again, its result is not that of the time before; it is inactive for a moment then.
    case "activating" where isLast, "inactive" where isLast:
      let tries = try unit.tries()
      return tries.isEmpty
        ? nil : .daemonNotStarted(detail: "its unit \(DaemonName.unit) does not start\(tries)")
    case "inactive":
      _ = try bus.call(Self.start, until: deadline)
      return nil
    default: return nil
    }
  }

  /// How often a daemon that is being started was already, in words; nil is that nobody starts one.
  ///
  /// - Throws: why there can be none.
  func triesOfStart() throws(CallsError) -> String? {
    do { return try isBeingStarted() } catch {
      throw switch error {
      // They are the manager's here.
      case .refused(_, let message): .daemonNotStarted(detail: "your systemd user manager refused: \(message)")
      case .timedOut(_, let seconds):
        .daemonNotStarted(detail: "your systemd user manager did not answer within \(seconds) s")
      default: error
      }
    }
  }

  private func isBeingStarted() throws(CallsError) -> String? {
    guard try hasManager() else {
      let names = try bus.call(.toBus("ListActivatableNames"), until: deadline).first?.asStrings ?? []
      throw names.contains(BusName.service) ? .foreignBus : .daemonNotInstalled
    }
    guard let unit = try unit() else { return nil }
    switch try unit.state() {
    case "failed": throw try unit.failure()
    case "inactive":
      if try unit.get("LoadState")?.asString == "not-found" { throw .daemonNotInstalled }
      // One that is restarted is inactive for a moment.
      guard try unit.get("Job")?.asStructure?.first?.asUInt32 ?? 0 != 0 else { return nil }
    default: break
    }
    return try unit.tries()
  }

  // MARK: The unit

  private struct Unit {
    let diagnosis: DaemonDiagnosis
    let path: String

    func get(_ name: String, _ kind: String = "Unit") throws(CallsError) -> BusValue? {
      let call = BusCall(
        to: manager, path: path, interface: "org.freedesktop.DBus.Properties", member: "Get",
        .string("\(manager).\(kind)"), .string(name))
      guard case .variant(let value)? = try diagnosis.bus.call(call, until: diagnosis.deadline).first else {
        return nil
      }
      return value
    }

    func state() throws(CallsError) -> String { try get("ActiveState")?.asString ?? "" }

    func tries() throws(CallsError) -> String {
      let restarts = try get("NRestarts", "Service")?.asUInt32 ?? 0
      return restarts > 0 ? ", after \(restarts) restarts" : ""
    }

    func failure() throws(CallsError) -> CallsError {
      let result = try get("Result", "Service")?.asString ?? "unknown result"
      return .daemonNotStarted(detail: "its unit \(DaemonName.unit) failed (\(result))\(try tries())")
    }
  }

  private func unit() throws(CallsError) -> Unit? {
    let loaded = try bus.call(Self.toManager("LoadUnit", .string(DaemonName.unit)), until: deadline)
    return loaded.first?.asObjectPath.map { Unit(diagnosis: self, path: $0) }
  }

  // MARK: Another's name

  /// That the daemon's name belongs to another program, where it does.
  ///
  /// - Parameter hasAnswered: it has answered what the daemon never does; else it has answered nothing, as a daemon that
  ///   hangs does, too.
  func stranger(hasAnswered: Bool) throws(CallsError) -> CallsError? {
    let answer = try? bus.call(.toBus("GetConnectionUnixProcessID", BusName.service), until: deadline)
    let process = Int32(clamping: answer?.first?.asUInt32 ?? 0)
    let unit = try unitOfOwner(process)
    switch unit {
    case .named(DaemonName.unit): return nil
    case .unknown:
      if !hasAnswered { return nil }
    case .named, .none:
      // By hand, for example.
      if Self.isDaemon(process) { return nil }
    }
    if hasAnswered, try isUnderstood() { return nil }
    return .nameTaken(process: process, unit: unit.name)
  }

  private enum OwnerUnit {
    case named(String)
    /// No unit of the manager.
    case none
    case unknown

    var name: String? { if case .named(let name) = self { name } else { nil } }
  }

  private func unitOfOwner(_ process: Int32) throws(CallsError) -> OwnerUnit {
    guard process > 0, try hasManager() else { return .unknown }
    do throws(CallsError) {
      let call = Self.toManager("GetUnitByPID", .uint32(UInt32(process)))
      guard let path = try bus.call(call, until: deadline).first?.asObjectPath,
        let name = try Unit(diagnosis: self, path: path).get("Id")?.asString
      else { return .unknown }
      return .named(name)
    } catch .daemonNotStarted, .refused {
      return .none
    } catch { throw error }
  }

  private static func isDaemon(_ process: Int32) -> Bool {
    guard let file = fopen("/proc/\(process)/comm", "re") else { return false }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 64)
    guard fgets(&line, Int32(line.count), file) != nil else { return false }
    let name = line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:))
    return name == Array("\(DaemonName.executable)\n".utf8)
  }

  /// Whether the owner has what every daemon has.
  private func isUnderstood() throws(CallsError) -> Bool {
    var call = Question.manager.call
    call.startsService = false
    do throws(CallsError) {
      _ = try bus.call(call, until: deadline)
      return true
    } catch .refused {
      return false
    } catch { throw error }
  }
}

extension CallsError {
  /// Whether it may be the answer of another program than the daemon.
  var mayBeOfAnother: Bool {
    switch self {
    case .refused(let name, _): name.hasPrefix("org.freedesktop.DBus.Error.")
    case .unexpectedReply: true
    default: false
    }
  }
}
