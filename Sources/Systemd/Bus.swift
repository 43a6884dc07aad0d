// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// A connection to the user's bus, served by the event loop.
@EventLoopActor
public final class Bus {
  private var bus: OpaquePointer?
  weak var callers: CallQueue?
  var pointer: OpaquePointer? { bus }
  private var isAnnouncing = false

  /// Connects to the bus of `$DBUS_SESSION_BUS_ADDRESS`, or of the user's runtime directory.
  public init(description: String) throws(BusError) {
    try BusError.check(sd_bus_open_user_with_description(&bus, description), "connect to the user's bus")
    try attach()
  }

  /// Connects to the system's bus.
  public init(systemBusAs description: String) throws(BusError) {
    try BusError.check(sd_bus_open_system_with_description(&bus, description), "connect to the system's bus")
    try attach()
  }

  /// Connects to the bus at `address`, which is for tests: a process has one environment for all of them.
  package init(address: String, description: String) throws(BusError) {
    try BusError.check(sd_bus_new(&bus), "make a bus connection")
    try BusError.check(sd_bus_set_description(bus, description), "name a bus connection")
    try BusError.check(sd_bus_set_address(bus, address), "use the bus address \(address)")
    try BusError.check(sd_bus_set_bus_client(bus, 1), "be a client of the bus")
    try BusError.check(sd_bus_start(bus), "connect to the bus \(address)")
    try attach()
  }

  private func attach() throws(BusError) {
    try BusError.check(
      sd_bus_attach_event(bus, EventLoop.main.event, Int32(SD_EVENT_PRIORITY_NORMAL)),
      "serve the bus from the event loop")
  }

  deinit { EventLoopActor.assumeIsolated { _ = sd_bus_flush_close_unref(bus) } }

  /// `handler` is called when the connection is lost.
  public func onDisconnect(_ handler: @escaping @EventLoopActor () -> Void) throws(BusError) -> BusSlot {
    try match("type='signal',sender='org.freedesktop.DBus.Local',member='Disconnected'") { _ in handler() }
  }

  // MARK: Names

  /// This connection's own; nil before the bus has given it one.
  package var uniqueName: String? {
    var name: UnsafePointer<CChar>?
    return sd_bus_get_unique_name(bus, &name) < 0 ? nil : name.map { String(cString: $0) }
  }

  /// Becomes the owner of `name`, or fails where it has one.
  public func requestName(_ name: String) async throws(BusError) {
    let code = try await call(
      destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
      member: "RequestName", [.string(name), .uint32(4)]
    ) { reply throws(BusError) in try reply.read().asUInt32 }
    guard code == 1 || code == 4 else {
      throw BusError.taken(name)
    }
  }

  public func hasOwner(_ name: String) async throws(BusError) -> Bool {
    try await call(
      destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
      member: "NameHasOwner", [.string(name)]
    ) { reply throws(BusError) in try reply.read().asBool ?? false }
  }

  /// `handler` is called when `name` has no owner any more, as long as the slot is there.
  public func onDeparture(
    of name: String, _ handler: @escaping @EventLoopActor () -> Void
  ) throws(BusError) -> BusSlot {
    try match(
      "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',"
        + "arg0='\(name)',arg2=''"
    ) { _ in handler() }
  }

  /// `handler` gets every name that has no owner any more, as long as the slot is there.
  func onDepartures(_ handler: @escaping @EventLoopActor (String) -> Void) throws(BusError) -> BusSlot {
    try match(
      "type='signal',sender='org.freedesktop.DBus',interface='org.freedesktop.DBus',member='NameOwnerChanged',arg2=''"
    ) { message in
      if let name = try? message.readString() { handler(name) }
    }
  }

  // MARK: Calls

  /// Calls a method and returns what `decode` makes of the reply.
  public func call<T: Sendable>(
    destination: String, path: String, interface: String, member: String, _ arguments: [BusValue] = [],
    timeout: Duration = .seconds(25), decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    let result: Result<T, BusError> = await withCheckedContinuation { continuation in
      call(
        destination: destination, path: path, interface: interface, member: member, arguments, timeout: timeout,
        decode: decode
      ) { continuation.resume(returning: $0) }
    }
    return try result.get()
  }

  /// Returns when the bus has all that was sent, or was about to be, before.
  public func settle() async throws(BusError) {
    try await call(
      destination: "org.freedesktop.DBus", path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus.Peer",
      member: "Ping"
    ) { _ throws(BusError) in }
  }

  /// Calls a method; `answer` gets what `decode` makes of the reply, or the error, before anybody gets what the bus brings
  /// after it. Where nothing can be sent, it gets the error at once.
  public func call<T: Sendable>(
    destination: String, path: String, interface: String, member: String, _ arguments: [BusValue] = [],
    timeout: Duration = .seconds(25), decode: @escaping (borrowing Message) throws(BusError) -> T,
    answer: @escaping @EventLoopActor (Result<T, BusError>) -> Void
  ) {
    let reply = ReplyHandler { message in
      do throws(BusError) {
        if let error = message.error { throw error }
        answer(.success(try decode(message)))
      } catch { answer(.failure(error)) }
    }
    do throws(BusError) {
      let message = try makeCall(destination, path, interface, member, arguments)
      try send(message, timeout, reply)
    } catch { answer(.failure(error)) }
  }

  private func send(_ call: borrowing Message, _ timeout: Duration, _ reply: ReplyHandler) throws(BusError) {
    // Retained until the reply, which sd-bus always delivers: an error where there is none in time.
    let userdata = Unmanaged.passRetained(reply)
    let sent = sd_bus_call_async(
      bus, nil, call.pointer,
      { message, userdata, _ in
        guard let message, let userdata else { return 0 }
        let reply = Unmanaged<ReplyHandler>.fromOpaque(userdata).takeRetainedValue()
        EventLoopActor.assumeIsolated { reply.handler(Message(referring: message)) }
        return 1
      }, userdata.toOpaque(), timeout.microseconds)
    guard sent < 0 else { return }
    userdata.release()
    throw BusError(SystemError("call \(call.member)", errno: -sent))
  }

  private func makeCall(
    _ destination: String, _ path: String, _ interface: String, _ member: String, _ arguments: [BusValue]
  ) throws(BusError) -> Message {
    var call: OpaquePointer?
    try BusError.check(
      sd_bus_message_new_method_call(bus, &call, destination, path, interface, member), "make a call of \(member)")
    guard let call else { throw BusError(BusError.failed, "no memory for a message") }
    let message = Message(adopting: call)
    for argument in arguments { try message.append(argument) }
    return message
  }

  // MARK: Signals

  /// `handler` gets every message that fits `rule`, as long as the slot is there.
  public func match(
    _ rule: String, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    let slot = BusSlot(handler)
    try BusError.check(
      sd_bus_add_match_async(
        bus, &slot.slot, rule,
        { message, userdata, _ in
          guard let message, let userdata else { return 0 }
          let slot = Unmanaged<BusSlot>.fromOpaque(userdata).takeUnretainedValue()
          EventLoopActor.assumeIsolated { slot.handler(Message(referring: message)) }
          return 0
        }, nil, Unmanaged.passUnretained(slot).toOpaque()),
      "watch for \(rule)")
    return slot
  }

  public func emit(path: String, interface: String, member: String, _ arguments: [BusValue]) throws(BusError) {
    var signal: OpaquePointer?
    try BusError.check(
      sd_bus_message_new_signal(bus, &signal, path, interface, member), "make the signal \(member)")
    guard let signal else { throw BusError(BusError.failed, "no memory for a message") }
    let message = Message(adopting: signal)
    for argument in arguments { try message.append(argument) }
    try BusError.check(sd_bus_send(bus, message.pointer, nil), "send the signal \(member)")
  }

  public func emitPropertiesChanged(path: String, interface: String, _ names: [String]) throws(BusError) {
    // The copies outlive the call and are freed right after it.
    var list = names.map { strdup($0) } + [nil]
    defer { for name in list { free(name) } }
    try announce("changed properties of \(path)") { sd_bus_emit_properties_changed_strv(bus, path, interface, &list) }
  }

  // MARK: Objects

  public func export(
    _ object: any BusObject, at path: String, _ interface: ExportedInterface, named name: String
  ) throws(BusError) -> ExportedObject {
    guard let bus else { throw BusError(BusError.failed, "not connected") }
    return try ExportedObject(on: self, bus, at: path, interface, named: name, object)
  }

  /// `handler` answers all calls to the object at `path`, whatever their interface; for tests, in place of a service
  /// whose table is not in CSystemd.
  package func serve(
    _ path: String, _ handler: @escaping @EventLoopActor (MethodCall) -> Void
  ) throws(BusError) -> BusSlot {
    let slot = BusSlot { handler(MethodCall(Message(referring: $0.pointer))) }
    try BusError.check(
      sd_bus_add_object(
        bus, &slot.slot, path,
        { message, userdata, _ in
          guard let message, let userdata else { return 0 }
          let slot = Unmanaged<BusSlot>.fromOpaque(userdata).takeUnretainedValue()
          EventLoopActor.assumeIsolated { slot.handler(Message(referring: message)) }
          return 1
        }, Unmanaged.passUnretained(slot).toOpaque()),
      "serve \(path)")
    return slot
  }

  /// Whose call is being answered; nil where it is none's, as where something is announced to everybody, and where
  /// nobody finds out who calls.
  var viewer: Caller? {
    guard !isAnnouncing, let message = sd_bus_get_current_message(bus),
      sd_bus_message_is_method_call(message, nil, nil) > 0
    else { return nil }
    return callers.map { $0.caller(Message(referring: message).sender) ?? .unidentified("it was not asked for") }
  }

  private func announce(_ what: @autoclosure () -> String, _ emit: () -> Int32) throws(BusError) {
    isAnnouncing = true
    defer { isAnnouncing = false }
    try BusError.check(emit(), "announce \(what())")
  }

  /// Serves objects that come and go, each at its name below `path`.
  public func export(
    below path: String, _ interface: ExportedInterface, named name: String
  ) throws(BusError) -> ExportedFolder {
    guard let bus else { throw BusError(BusError.failed, "not connected") }
    return try ExportedFolder(on: self, bus, at: path, interface, named: name)
  }

  /// Serves org.freedesktop.DBus.ObjectManager at `path` for the objects below it.
  public func addObjectManager(at path: String) throws(BusError) -> BusSlot {
    let slot = BusSlot { _ in }
    try BusError.check(sd_bus_add_object_manager(bus, &slot.slot, path), "serve the objects below \(path)")
    return slot
  }

  public func emitObjectAdded(_ path: String) throws(BusError) {
    try announce(path) { sd_bus_emit_object_added(bus, path) }
  }

  /// To be called while the object is still exported.
  public func emitObjectRemoved(_ path: String) throws(BusError) {
    try announce("the end of \(path)") { sd_bus_emit_object_removed(bus, path) }
  }
}

/// Something registered with a bus, for as long as this is there.
@EventLoopActor
public final class BusSlot {
  fileprivate var slot: OpaquePointer?
  fileprivate let handler: @EventLoopActor (borrowing Message) -> Void

  fileprivate init(_ handler: @escaping @EventLoopActor (borrowing Message) -> Void) { self.handler = handler }

  deinit { EventLoopActor.assumeIsolated { _ = sd_bus_slot_unref(slot) } }
}

@EventLoopActor
private final class ReplyHandler {
  let handler: @EventLoopActor (borrowing Message) -> Void
  init(_ handler: @escaping @EventLoopActor (borrowing Message) -> Void) { self.handler = handler }
}
