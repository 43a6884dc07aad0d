// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Asks the user's systemd manager why ongoingcalld does not answer. The bus does not know: it waits for a daemon that
/// cannot start as it does for one that is just starting; and for one that nobody starts, where the manager has
/// re-executed itself as it was asked to, and forgotten it.
struct DaemonDiagnosis {
  private static let manager = "org.freedesktop.systemd1"
  private static let managerPath = "/org/freedesktop/systemd1"

  /// What the bus asks of the manager, asked once more.
  static let start = BusCall(
    to: manager, path: managerPath, interface: "\(manager).Manager", member: "StartUnit", .string(DaemonName.unit),
    .string("replace"))

  private let bus: BusConnection
  private let deadline = Deadline(in: .seconds(5))

  init(on bus: BusConnection) { self.bus = bus }

  /// Whether this bus has a systemd manager, which alone can start the daemon.
  func hasManager() throws(CallsError) -> Bool { try bus.owner(of: Self.manager, until: deadline) != nil }

  /// Nil where the daemon runs, or may yet come; where it is only not being started, it is from then on.
  ///
  /// - Parameter isLast: nobody waits any longer, also where it is being tried again and again.
  func failure(isLast: Bool) throws(CallsError) -> CallsError? {
    guard try bus.owner(of: BusName.service, until: deadline) == nil, try hasManager() else { return nil }
    let call = BusCall(
      to: Self.manager, path: Self.managerPath, interface: "\(Self.manager).Manager", member: "LoadUnit",
      .string(DaemonName.unit))
    guard let unit = try bus.call(call, until: deadline).first?.asObjectPath,
      let state = try property("ActiveState", of: unit, "Unit")?.asString
    else { return nil }
    let result = try property("Result", of: unit, "Service")?.asString ?? "unknown result"
    let restarts = try property("NRestarts", of: unit, "Service")?.asUInt32 ?? 0
    let tries = restarts > 0 ? ", after \(restarts) restarts" : ""
    switch state {
    case "failed": return .daemonNotStarted(detail: "its unit \(DaemonName.unit) failed (\(result))\(tries)")
    // While it is being started again, its result is not that of the time before.
    case "activating" where isLast && restarts > 0:
      return .daemonNotStarted(detail: "its unit \(DaemonName.unit) does not start\(tries)")
    case "inactive" where !isLast:
      _ = try bus.call(Self.start, until: deadline)
      return nil
    default: return nil
    }
  }

  private func property(_ name: String, of unit: String, _ kind: String) throws(CallsError) -> BusValue? {
    let call = BusCall(
      to: Self.manager, path: unit, interface: "org.freedesktop.DBus.Properties", member: "Get",
      .string("\(Self.manager).\(kind)"), .string(name))
    guard case .variant(let value)? = try bus.call(call, until: deadline).first else { return nil }
    return value
  }
}
