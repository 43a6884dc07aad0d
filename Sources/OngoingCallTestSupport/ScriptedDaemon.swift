// SPDX-License-Identifier: Apache-2.0
internal import CDBus
package import CallModel
internal import Glibc
internal import OngoingCall
internal import Synchronization

/// A service on a real bus that says what a test has it say: the daemon's side of the D-Bus API, and whatever a broken
/// or hostile one might do.
///
/// It answers as ``ScriptedSessions`` does; a test replaces single answers with ``on(_:_:)``. It ends with its bus.
package final class ScriptedDaemon: Sendable {
  package struct Request: Sendable {
    /// The unique name of who asks.
    package var sender: String
    package var path: String
    package var interface: String
    package var member: String
    package var arguments: [BusValue]
    /// How many requests of this member came before.
    package var earlier: Int

    /// The session's id, where the path is a session's.
    package var session: String { String(path.split(separator: "/").last ?? "") }
  }

  /// What to do about a request, in order.
  package enum Step: Sendable {
    case reply([BusValue])
    case fail(String, String)
    /// Change a session's properties, or add a session.
    case change(String, [String: BusValue])
    /// Forget a session.
    case forget(String)
    /// - Parameter destination: the one connection to send it to; nil is all that have asked for it.
    case signal(to: String?, path: String, interface: String, member: String, [BusValue])
    /// Something happens to a session, and is told with the next sequence number; or is only recorded, as where the
    /// signal is lost.
    case happen(String, String, [String: BusValue] = [:], told: Bool = true)
    /// Close the connection, as a process that is killed does; then come back, on a new connection.
    case restart
    /// Close the connection, and stay away.
    case vanish
  }

  package typealias Script = @Sendable (Request) -> [Step]

  private struct State {
    var sessions = ScriptedSessions()
    var scripts: [String: Script] = [:]
    var requests: [Request] = []
  }

  private let address: String
  private let name: String
  private let state = Mutex(State())

  /// Returns when the service owns its name.
  package convenience init(on bus: PrivateBus, owning name: String = BusName.service) throws {
    try self.init(at: bus.address, owning: name)
  }

  /// The same, on the bus at `address`.
  package init(at address: String, owning name: String = BusName.service) throws {
    self.address = address
    self.name = name
    let connection = try Self.connect(to: address, owning: name)
    let start = Unmanaged.passRetained(Start(daemon: self, connection: connection))
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { argument in
        guard let argument else { return nil }
        let start = Unmanaged<Start>.fromOpaque(argument).takeRetainedValue()
        start.daemon.serve(start.connection)
        return nil
      }, start.toOpaque())
    precondition(result == 0, "pthread_create: \(result)")
    pthread_detach(thread)
  }

  /// What the thread begins with.
  private final class Start {
    let daemon: ScriptedDaemon
    let connection: OpaquePointer
    init(daemon: ScriptedDaemon, connection: OpaquePointer) { (self.daemon, self.connection) = (daemon, connection) }
  }

  /// Answers all requests of `member` by a script, from now on.
  package func on(_ member: String, _ script: @escaping Script) { state.withLock { $0.scripts[member] = script } }

  /// Changes a session's properties, or adds a session.
  package func set(_ id: String, _ properties: [String: BusValue]) {
    state.withLock { $0.sessions.change(id, properties) }
  }

  /// Forgets all events: the next one is number 1 again.
  package func loseHistory() { state.withLock { $0.sessions.loseHistory() } }

  package func set(manager property: String, _ value: BusValue) {
    state.withLock { $0.sessions.manager[property] = value }
  }

  /// Does something now. Returns when it is done, or, where the connection is to be closed, when it is about to be.
  package func perform(_ steps: Step...) throws {
    let goesAway = steps.contains { if case .restart = $0 { true } else if case .vanish = $0 { true } else { false } }
    on("Perform") { _ in goesAway ? [.reply([])] + steps : steps + [.reply([])] }
    _ = try BusConnection(address: address).call(
      BusCall(to: name, path: "/", interface: "org.ongoingcall.Test", member: "Perform"),
      until: Deadline(in: .seconds(20)))
  }

  /// What has arrived, of one member, in order.
  package func requests(_ member: String) -> [Request] {
    state.withLock { $0.requests.filter { $0.member == member } }
  }
}

// MARK: - The thread

extension ScriptedDaemon {
  /// - Parameter afterwards: the bus may not have noticed yet that the owner before this one is gone.
  private static func connect(to address: String, owning name: String, afterwards: Bool = false) throws -> OpaquePointer
  {
    var problem = DBusError()
    dbus_error_init(&problem)
    defer { dbus_error_free(&problem) }
    guard let connection = dbus_connection_open_private(address, &problem) else {
      throw PrivateBus.Failure(description: "the scripted daemon cannot connect to \(address)")
    }
    dbus_connection_set_exit_on_disconnect(connection, 0)
    let accepted = [DBUS_REQUEST_NAME_REPLY_PRIMARY_OWNER] + (afterwards ? [DBUS_REQUEST_NAME_REPLY_IN_QUEUE] : [])
    guard dbus_bus_register(connection, &problem) != 0,
      accepted.contains(dbus_bus_request_name(connection, name, 0, &problem))
    else {
      letGo(connection)
      throw PrivateBus.Failure(description: "the scripted daemon cannot own \(name)")
    }
    return connection
  }

  private static func letGo(_ connection: OpaquePointer) {
    dbus_connection_close(connection)
    dbus_connection_unref(connection)
  }

  private enum Next {
    case goOn
    case restart
    case end
  }

  private func serve(_ first: OpaquePointer) {
    var connection = first
    while true {
      let next = serveUntilClosed(connection)
      Self.letGo(connection)
      guard next == .restart, let again = try? Self.connect(to: address, owning: name, afterwards: true)
      else { return }
      connection = again
    }
  }

  private func serveUntilClosed(_ connection: OpaquePointer) -> Next {
    while true {
      while let raw = dbus_connection_pop_message(connection) {
        let message = BusMessage(taking: raw)
        guard message.kind == .call else { continue }
        let next = answer(message, on: connection)
        dbus_connection_flush(connection)
        guard next == .goOn else { return next }
      }
      guard dbus_connection_read_write(connection, -1) != 0 else { return .end }
    }
  }

  private func answer(_ message: borrowing BusMessage, on connection: OpaquePointer) -> Next {
    for step in steps(for: message) {
      switch step {
      case .reply(let values):
        guard let reply = dbus_message_new_method_return(message.raw).map(BusMessage.init(taking:)) else { return .end }
        reply.append(values)
        dbus_connection_send(connection, reply.raw, nil)
      case .fail(let name, let text):
        guard let reply = dbus_message_new_error(message.raw, name, text).map(BusMessage.init(taking:)) else {
          return .end
        }
        dbus_connection_send(connection, reply.raw, nil)
      case .signal(let destination, let path, let interface, let member, let values):
        guard let signal = dbus_message_new_signal(path, interface, member).map(BusMessage.init(taking:)) else {
          return .end
        }
        if let destination { dbus_message_set_destination(signal.raw, destination) }
        signal.append(values)
        dbus_connection_send(connection, signal.raw, nil)
      case .change(let id, let properties): set(id, properties)
      case .forget(let id): state.withLock { $0.sessions.forget(id) }
      // It has become a signal, or nothing.
      case .happen: break
      case .restart: return .restart
      case .vanish: return .end
      }
    }
    return .goOn
  }

  private func steps(for message: borrowing BusMessage) -> [Step] {
    guard let path = message.path, let interface = message.interface, let member = message.member else { return [] }
    let arguments = message.arguments() ?? []
    let (request, script) = state.withLock { state in
      let earlier = state.requests.count { $0.member == member }
      let request = Request(
        sender: message.sender ?? "", path: path, interface: interface, member: member, arguments: arguments,
        earlier: earlier)
      state.requests.append(request)
      return (request, state.scripts[member])
    }
    let steps = script?(request) ?? state.withLock { $0.sessions.steps(for: request) }
    return state.withLock { state in steps.compactMap { state.sessions.carriedOut($0) } }
  }
}
