// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The user's service manager (org.freedesktop.systemd1(5)).
///
/// It may replace itself at any time (systemctl(1), `daemon-reexec`). Pending requests are then lost, nobody owns its
/// name for a moment, and its signals in that moment are lost, too. So unanswered requests are repeated to its
/// successor, and lost signals are replaced by questions.
@EventLoopActor
public final class ServiceManager {
  public struct UnitStatus: Sendable, Equatable {
    public var name: String
    /// active, activating, deactivating, inactive, failed …
    public var activeState: String
  }

  package struct Patience {
    /// How long to wait for a successor.
    package var successor = Duration.seconds(10)
    /// How long to wait for the end of a job before asking for it.
    package var job = Duration.seconds(5)

    package init() {}
  }

  private let service: BusService
  private let patience: Patience
  private var resubscription: BusSlot?
  /// Units that a manager may not have yet.
  private var starting: Set<String> = []
  private static let path = "/org/freedesktop/systemd1"
  private static let interface = "org.freedesktop.systemd1.Manager"

  public convenience init(bus: Bus) { self.init(bus: bus, Patience()) }

  package init(bus: Bus, _ patience: Patience) {
    service = bus.service("org.freedesktop.systemd1")
    self.patience = patience
  }

  /// Subscribes to the manager's signals; without them there is no ``onRemoval(of:_:)``, and no end of a start.
  public func subscribe() async throws(BusError) {
    // After a restart, a bus may not have the manager yet, and not know that it will.
    try await askOnce("Subscribe", timeout: .seconds(2))
    resubscription = try service.onSuccessor { [weak self] in
      // Most managers take over their predecessors' subscribers, and say so with an error.
      EventLoopActor.task { try? await self?.askOnce("Subscribe") }
    }
  }

  // MARK: Starting

  /// Starts a transient unit with an unused name. Returns when that is done; for a service, when its program has been
  /// executed.
  public func startTransient(_ unit: String, _ properties: [(String, BusValue)]) async throws(BusError) {
    let job = StartJob(of: unit)
    let end = try onSignal("JobRemoved") { job.heard($0) }
    let successor = try service.onSuccessor { job.doubt() }
    starting.insert(unit)
    defer {
      starting.remove(unit)
      withExtendedLifetime((end, successor)) {}
    }
    try await askToStart(unit, properties)
    guard let result = try await result(of: job), result != "done" else { return }
    throw BusError(BusError.failed, "the service manager could not start \(unit): the result of its job is “\(result)”")
  }

  private func askToStart(_ unit: String, _ properties: [(String, BusValue)]) async throws(BusError) {
    let list = properties.map { BusValue.structure([.string($0.0), .variant($0.1)]) }
    let arguments: [BusValue] = [
      .string(unit), .string("fail"), .array(list, of: "(sv)"), .array([], of: "(sa(sv))"),
    ]
    do throws(BusError) {
      try await retrying { () throws(BusError) in
        try await askOnce("StartTransientUnit", arguments)
      } unless: { () throws(BusError) in
        // The predecessor may have started it without reporting it.
        try await isLoaded(unit) ? () : nil
      }
    } catch  where error.name == BusError.noSuchUnit {
      // Its latest data are lost, because it saves them in a file.
      throw BusError(
        BusError.failed,
        "the service manager could not write \(unit); free some space in $XDG_RUNTIME_DIR/systemd")
    }
  }

  /// How the job ended; nil if that was not heard, and the unit is running.
  private func result(of job: StartJob) async throws(BusError) -> String? {
    while true {
      if let result = await job.result(within: patience.job) { return result }
      let state: String?
      do throws(BusError) {
        // A unit that waits for its turn is just as inactive as one that has failed.
        guard try await self.job(of: job.unit) == nil else { continue }
        state = try await activeState(of: job.unit)
      } catch  where error.name == BusError.noSuchUnit { state = nil }
      // It may have been heard during the question.
      if let result = job.result { return result }
      if let state, ["active", "reloading"].contains(state) { return nil }
      return "unknown, and the unit \(state ?? "gone")"
    }
  }

  /// `ExecStart` of a service that runs `command`: an absolute path, and arguments that are passed on unchanged.
  public nonisolated static func execution(_ command: [String]) -> BusValue {
    // Not ExecStartEx with "no-env-expand": systemd 252 cannot read back what it writes for that, and after its next
    // reload the unit has no program any more. Instead, every "$" is doubled.
    let arguments = command.map { $0.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$") }
    return .array([.structure([.string(command[0]), .strings(arguments), .bool(false)])], of: "(sasb)")
  }

  // MARK: Changing

  /// Moves processes of the same user, from anywhere, to a unit with `Delegate=`.
  public func attach(_ processes: [Int32], to unit: String) async throws(BusError) {
    let list = BusValue.array(processes.map { .uint32(UInt32(bitPattern: $0)) }, of: "u")
    try await ask("AttachProcessesToUnit", [.string(unit), .string(""), list])
  }

  /// Starts to stop a unit: SIGTERM, then SIGKILL after its `TimeoutStopSec=`.
  public func stop(_ unit: String) async throws(BusError) {
    try await ask("StopUnit", [.string(unit), .string("replace")])
  }

  /// Sends a signal to all processes of a unit.
  public func kill(_ unit: String, signal: Int32) async throws(BusError) {
    try await ask("KillUnit", [.string(unit), .string("all"), .int32(signal)])
  }

  // MARK: Looking

  /// The loaded units whose names match a glob pattern.
  public func units(matching pattern: String) async throws(BusError) -> [UnitStatus] {
    try await ask("ListUnitsByPatterns", [.strings([]), .strings([pattern])]) { reply throws(BusError) in
      (try reply.read().asArray ?? []).compactMap { unit in
        guard let fields = unit.asStructure, fields.count > 3, let name = fields[0].asString,
          let state = fields[3].asString
        else { return nil }
        return UnitStatus(name: name, activeState: state)
      }
    }
  }

  /// The variables (`NAME=VALUE`) for the manager's units, including those of a graphical session.
  public func environment() async throws(BusError) -> [String] {
    try await property("Environment", of: Self.path, Self.interface).asStrings ?? []
  }

  /// The type of the pending job of `unit` (`stop`, `restart` …), or nil.
  public func jobType(of unit: String) async throws(BusError) -> String? {
    guard let job = try await job(of: unit) else { return nil }
    return try await property("JobType", of: job, "org.freedesktop.systemd1.Job").asString
  }

  /// The main process of a service, or nil if it has none.
  public func mainProcess(of service: String) async throws(BusError) -> UInt32? {
    let path = try await path(of: service)
    let process = try await property("MainPID", of: path, "org.freedesktop.systemd1.Service").asUInt32
    return process == 0 ? nil : process
  }

  /// Whether the manager itself is stopping, with everything that it manages.
  public func isStopping() async throws(BusError) -> Bool {
    try await property("SystemState", of: Self.path, Self.interface).asString == "stopping"
  }

  private func path(of unit: String) async throws(BusError) -> String {
    try await ask("GetUnit", [.string(unit)]) { reply throws(BusError) in try reply.readString() }
  }

  private func isLoaded(_ unit: String) async throws(BusError) -> Bool {
    do throws(BusError) { _ = try await path(of: unit) } catch  where error.name == BusError.noSuchUnit { return false }
    return true
  }

  /// The path of the pending job of `unit`, or nil.
  private func job(of unit: String) async throws(BusError) -> String? {
    let job = try await property("Job", of: path(of: unit), "org.freedesktop.systemd1.Unit").asStructure?[1]
      .asObjectPath
    return job == "/" ? nil : job
  }

  private func activeState(of unit: String) async throws(BusError) -> String? {
    try await property("ActiveState", of: path(of: unit), "org.freedesktop.systemd1.Unit").asString
  }

  private func property(_ name: String, of path: String, _ interface: String) async throws(BusError) -> BusValue {
    try await ask(
      "Get", [.string(interface), .string(name)], of: path, "org.freedesktop.DBus.Properties"
    ) { reply throws(BusError) in
      guard case .variant(let value) = try reply.read() else { return .string("") }
      return value
    }
  }

  // MARK: Hearing

  /// `handler` is called once, when the manager has forgotten `unit`, and none of its processes is left.
  public func onRemoval(
    of unit: String, _ handler: @escaping @EventLoopActor () -> Void
  ) throws(BusError) -> BusSlot {
    var isTold = false
    let look: @EventLoopActor () -> Void = { [weak self] in
      EventLoopActor.task {
        // A manager that does not answer may still know it.
        guard let isLoaded = try? await self?.isLoaded(unit), !isLoaded, !isTold else { return }
        isTold = true
        handler()
      }
    }
    // A manager that reloads forgets all units, and knows them again a moment later.
    let removal = try onSignal("UnitRemoved", of: unit) { _ in look() }
    let successor = try service.onSuccessor { [weak self] in if self?.starting.contains(unit) == false { look() } }
    return BusSlot { withExtendedLifetime((removal, successor)) {} }
  }

  /// `handler` is called when a service fails: with the kind of failure (`exit-code`, `signal` …), and the exit status
  /// or the signal's number.
  public func onFailure(
    of unit: String, _ handler: @escaping @EventLoopActor (String, Int32) -> Void
  ) throws(BusError) -> BusSlot {
    let interface = "org.freedesktop.systemd1.Service"
    guard let path = BusSyntax.path("\(Self.path)/unit", unit) else {
      throw BusError(BusError.failed, "no memory for the path of \(unit)")
    }
    return try service.onSignal(
      path: path, interface: "org.freedesktop.DBus.Properties", member: "PropertiesChanged", arg0: interface
    ) { message in
      guard (try? message.readString()) == interface, let changed = (try? message.read())?.asEntries,
        let result = changed.first(where: { $0.0 == "Result" })?.1.asString, result != "success"
      else { return }
      handler(result, changed.first { $0.0 == "ExecMainStatus" }?.1.asInt32 ?? 0)
    }
  }

  private func onSignal(
    _ member: String, of unit: String? = nil, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    try service.onSignal(path: Self.path, interface: Self.interface, member: member, arg0: unit, handler)
  }

  // MARK: Asking

  private func ask(_ member: String, _ arguments: [BusValue]) async throws(BusError) {
    try await ask(member, arguments) { _ throws(BusError) in }
  }

  private func ask<T: Sendable>(
    _ member: String, _ arguments: [BusValue], of path: String = path, _ interface: String = interface,
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    try await retrying { () throws(BusError) in
      try await service.call(path: path, interface: interface, member: member, arguments, decode: decode)
    }
  }

  private func askOnce(
    _ member: String, _ arguments: [BusValue] = [], timeout: Duration = .seconds(25)
  ) async throws(BusError) {
    try await service.call(
      path: Self.path, interface: Self.interface, member: member, arguments, timeout: timeout
    ) { _ throws(BusError) in }
  }

  /// Repeats a request if the manager was replaced before it answered, unless there is an answer by then.
  private func retrying<T: Sendable>(
    _ ask: () async throws(BusError) -> T, unless answered: () async throws(BusError) -> T? = { nil }
  ) async throws(BusError) -> T {
    let deadline = TimeLimit(in: patience.successor)
    while true {
      let asked = service.owner
      do throws(BusError) { return try await ask() } catch {
        guard BusError.absences.contains(error.name),
          try await service.hasOwner(otherThan: asked, within: deadline.rest)
        else { throw error }
      }
      if let answer = try await answered() { return answer }
    }
  }
}
