// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The daemon's objects on a real bus, and a client of them.
@EventLoopActor
final class Served {
  let peers: BusPeers
  let service: CallsService
  let notifications: NotificationController
  let exporter: CallsExporter
  let returner: CallReturner
  let house: House
  /// Who callers are taken for, by their unique names; of all others it is found out.
  var callers: [String: Caller] {
    get { known.callers }
    set { known.callers = newValue }
  }
  private let known = Known()

  private final class Known {
    var callers: [String: Caller] = [:]
  }

  init(_ engines: EngineFolder) async throws {
    peers = try await BusPeers()
    house = try await House()
    service = CallsService(
      manager: ServiceManager(bus: peers.server), catalog: engines.catalog,
      accounts: AccountStore(directory: engines.folder["config/accounts"], logger: .silent),
      passwords: PasswordStore(
        keyring: Keyring(program: "/nonexistent"), directory: engines.folder["state/passwords"], credentials: nil),
      store: try RecordStore(directory: engines.folder["run"], logger: .silent), logger: .silent)
    notifications = try NotificationController(
      on: peers.server, house.manager, engines.folder,
      onChange: ManagerChanges(bus: peers.server, logger: .silent).tell)
    returner = CallReturner(bus: peers.server, manager: house.manager, logger: .silent) { _, _ in }
    exporter = try CallsExporter(service, notifications, returner, on: peers.server, logger: .silent) {
      [known] name, credentials in known.callers[name] ?? credentials.identify()
    }
  }

  func call(
    _ member: String, _ arguments: [BusValue] = [], path: String = BusName.rootPath,
    interface: String = BusName.managerInterface
  ) async throws(BusError) -> BusValue? {
    try await peers.client.service(BusPeers.name).call(
      path: path, interface: interface, member: member, arguments
    ) { reply throws(BusError) in try? reply.read() }
  }

  /// Those of the daemon, as a client hears them.
  func signals(
    of interface: String, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    try peers.client.service(BusPeers.name).onSignal(interface: interface, handler)
  }

  func introspection(_ path: String) async throws -> [InterfaceDocument.Interface] {
    let xml = try await call("Introspect", path: path, interface: "org.freedesktop.DBus.Introspectable")?.asString
    return InterfaceDocument(try #require(xml)).interfaces
  }

  func failure(_ member: String, _ arguments: [BusValue], path: String, interface: String) async -> BusError? {
    do throws(BusError) {
      _ = try await call(member, arguments, path: path, interface: interface)
      return nil
    } catch { return error }
  }
}
