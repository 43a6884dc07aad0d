// SPDX-License-Identifier: Apache-2.0

/// The user's service manager (org.freedesktop.systemd1(5)).
@EventLoopActor
public final class ServiceManager {
  public struct UnitStatus: Sendable, Equatable {
    public var name: String
    /// active, activating, deactivating, inactive, failed …
    public var activeState: String
  }

  private let service: BusService
  private static let path = "/org/freedesktop/systemd1"
  private static let interface = "org.freedesktop.systemd1.Manager"

  public init(bus: Bus) { service = bus.service("org.freedesktop.systemd1") }

  /// Asks the manager for its signals; without that there is no ``onRemoval(of:_:)`` and no end of a start.
  public func subscribe() async throws(BusError) {
    // A bus that has just come back may not have the manager yet, and not know that it will.
    try await call("Subscribe", timeout: .seconds(2))
  }

  /// Starts a transient unit and returns when that is done: of a service, when its program has been executed.
  public func startTransient(_ unit: String, _ properties: [(String, BusValue)]) async throws(BusError) {
    let job = Job(of: unit)
    let slot = try service.onSignal(path: Self.path, interface: Self.interface, member: "JobRemoved") { message in
      job.finish(message)
    }
    defer { withExtendedLifetime(slot) {} }
    let list = properties.map { BusValue.structure([.string($0.0), .variant($0.1)]) }
    do throws(BusError) {
      try await call(
        "StartTransientUnit",
        [.string(unit), .string("fail"), .array(list, of: "(sv)"), .array([], of: "(sa(sv))")])
    } catch  where error.name == BusError.noSuchUnit {
      // What it had just been given is gone: it keeps that in a file.
      throw BusError(
        BusError.failed,
        "the service manager could not write down \(unit); it needs room in the folder $XDG_RUNTIME_DIR/systemd")
    }
    let result = await job.result()
    guard result == "done" else {
      throw BusError(BusError.failed, "the service manager could not start \(unit): its job's result is “\(result)”")
    }
  }

  /// `ExecStart` of a service that runs `command`: an absolute path, and arguments that arrive as they are.
  public nonisolated static func execution(_ command: [String]) -> BusValue {
    // Not ExecStartEx with "no-env-expand": systemd 252 cannot read back what it writes for that, so that after its
    // next reload the unit has no program any more. Here "$" is written twice to stay what it is.
    let arguments = command.map { $0.split(separator: "$", omittingEmptySubsequences: false).joined(separator: "$$") }
    return .array([.structure([.string(command[0]), .strings(arguments), .bool(false)])], of: "(sasb)")
  }

  /// Moves processes of the same user to a unit that has `Delegate=`, wherever they are.
  public func attach(_ processes: [Int32], to unit: String) async throws(BusError) {
    let list = BusValue.array(processes.map { .uint32(UInt32(bitPattern: $0)) }, of: "u")
    try await call("AttachProcessesToUnit", [.string(unit), .string(""), list])
  }

  /// Begins to stop a unit: SIGTERM, then SIGKILL after its `TimeoutStopSec=`.
  public func stop(_ unit: String) async throws(BusError) {
    try await call("StopUnit", [.string(unit), .string("replace")])
  }

  /// Sends a signal to all processes of a unit.
  public func kill(_ unit: String, signal: Int32) async throws(BusError) {
    try await call("KillUnit", [.string(unit), .string("all"), .int32(signal)])
  }

  /// The loaded units whose names match a glob pattern.
  public func units(matching pattern: String) async throws(BusError) -> [UnitStatus] {
    try await service.call(
      path: Self.path, interface: Self.interface, member: "ListUnitsByPatterns",
      [.strings([]), .strings([pattern])]
    ) { reply throws(BusError) in
      (try reply.read().asArray ?? []).compactMap { unit in
        guard let fields = unit.asStructure, fields.count > 3, let name = fields[0].asString,
          let state = fields[3].asString
        else { return nil }
        return UnitStatus(name: name, activeState: state)
      }
    }
  }

  /// `handler` is called when the manager has forgotten `unit`: nothing of it runs any more.
  public func onRemoval(
    of unit: String, _ handler: @escaping @EventLoopActor () -> Void
  ) throws(BusError) -> BusSlot {
    try service.onSignal(path: Self.path, interface: Self.interface, member: "UnitRemoved", arg0: unit) {
      [weak self] _ in
      // A manager that reloads forgets every unit, and knows it again a moment later.
      EventLoopActor.task { if await self?.knows(unit) == false { handler() } }
    }
  }

  /// `handler` is called when a service has failed: with the kind of failure (`exit-code`, `signal` …), and the exit
  /// status or the signal's number.
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
      guard (try? message.readString()) == interface, let changed = (try? message.read())?.asDictionary,
        let result = changed.first(where: { $0.0 == "Result" })?.1.asString, result != "success"
      else { return }
      handler(result, changed.first { $0.0 == "ExecMainStatus" }?.1.asInt32 ?? 0)
    }
  }

  /// The variables (`NAME=VALUE`) of what the manager starts, those of a graphical session among them.
  public func environment() async throws(BusError) -> [String] {
    try await property("Environment", of: Self.path, Self.interface).asStrings ?? []
  }

  /// The type of the job that is under way for `unit` (`stop`, `restart` …), or nil.
  public func jobType(of unit: String) async throws(BusError) -> String? {
    let path = try await path(of: unit)
    let job = try await property("Job", of: path, "org.freedesktop.systemd1.Unit").asStructure?[1].asObjectPath
    guard let job, job != "/" else { return nil }
    return try await property("JobType", of: job, "org.freedesktop.systemd1.Job").asString
  }

  /// The main process of a service, or nil where it has none.
  public func mainProcess(of service: String) async throws(BusError) -> UInt32? {
    let path = try await path(of: service)
    let process = try await property("MainPID", of: path, "org.freedesktop.systemd1.Service").asUInt32
    return process == 0 ? nil : process
  }

  private func path(of unit: String) async throws(BusError) -> String {
    try await service.call(
      path: Self.path, interface: Self.interface, member: "GetUnit", [.string(unit)]
    ) { reply throws(BusError) in try reply.readString() }
  }

  /// Whether the manager itself is about to end, with all that it manages.
  public func isStopping() async throws(BusError) -> Bool {
    try await property("SystemState", of: Self.path, Self.interface).asString == "stopping"
  }

  private func property(_ name: String, of path: String, _ interface: String) async throws(BusError) -> BusValue {
    try await service.call(
      path: path, interface: "org.freedesktop.DBus.Properties", member: "Get",
      [.string(interface), .string(name)]
    ) { reply throws(BusError) in
      guard case .variant(let value) = try reply.read() else { return .string("") }
      return value
    }
  }

  private func knows(_ unit: String) async -> Bool {
    do throws(BusError) { try await call("GetUnit", [.string(unit)]) } catch {
      return error.name != BusError.noSuchUnit
    }
    return true
  }

  private func call(
    _ member: String, _ arguments: [BusValue] = [], timeout: Duration = .seconds(25)
  ) async throws(BusError) {
    try await service.call(
      path: Self.path, interface: Self.interface, member: member, arguments,
      timeout: timeout
    ) { _ throws(BusError) in }
  }

  /// A job that somebody waits for; its end may come before the wait.
  @EventLoopActor
  private final class Job {
    private let unit: String
    private var ended: String?
    private var waiter: CheckedContinuation<String, Never>?

    init(of unit: String) { self.unit = unit }

    func finish(_ message: borrowing Message) {
      // JobRemoved(u id, o job, s unit, s result)
      let values = (0..<4).map { _ in try? message.read() }
      guard values[2]?.asString == unit, ended == nil else { return }
      let result = values[3]?.asString ?? "unknown"
      ended = result
      waiter?.resume(returning: result)
      waiter = nil
    }

    func result() async -> String {
      // Not before the continuation: it may end on the way there.
      await withCheckedContinuation { if let ended { $0.resume(returning: ended) } else { waiter = $0 } }
    }
  }
}
