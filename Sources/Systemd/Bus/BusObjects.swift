// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel
internal import Glibc

/// What a connection offers to others: objects, their callers, and signals.
extension Bus {
  package func export(
    _ object: any BusObject, at path: String, _ interface: BusInterface, named name: String
  ) throws(BusError) -> ExportedObject {
    try ExportedObject(on: self, pointer, at: path, interface, named: name, object)
  }

  /// Serves objects that come and go, each at its name below `path`.
  package func export(
    below path: String, _ interface: BusInterface, named name: String
  ) throws(BusError) -> ExportedFolder {
    try ExportedFolder(on: self, pointer, at: path, interface, named: name)
  }

  /// Serves org.freedesktop.DBus.ObjectManager at `path` for the objects below it.
  public func addObjectManager(at path: String) throws(BusError) -> BusSlot {
    var slot: OpaquePointer?
    try BusError.check(sd_bus_add_object_manager(pointer, &slot, path), "serve the objects below \(path)")
    return BusSlot { [slot] in sd_bus_slot_unref(slot) }
  }

  /// `handler` answers all calls to the object at `path` and to those below it, whatever their interface. For tests,
  /// instead of a service that has a table here.
  package func serve(
    _ path: String, _ handler: @escaping @EventLoopActor (MethodCall) -> Void
  ) throws(BusError) -> BusSlot {
    final class Server {
      let handler: @EventLoopActor (MethodCall) -> Void
      init(_ handler: @escaping @EventLoopActor (MethodCall) -> Void) { self.handler = handler }
    }
    let server = Server(handler)
    var slot: OpaquePointer?
    try BusError.check(
      sd_bus_add_fallback(
        pointer, &slot, path,
        { message, userdata, _ in
          guard let message, let userdata else { return 0 }
          let server = Unmanaged<Server>.fromOpaque(userdata).takeUnretainedValue()
          // sd-bus calls this on the loop's thread, where the message stays.
          nonisolated(unsafe) let call = message
          EventLoopActor.assumeIsolated { server.handler(MethodCall(Message(referring: call))) }
          return 1
          // Unretained: the slot below retains it.
        }, Unmanaged.passUnretained(server).toOpaque()),
      "serve \(path)")
    return BusSlot { [slot] in withExtendedLifetime(server) { _ = sd_bus_slot_unref(slot) } }
  }

  // MARK: Callers

  /// The caller that is being answered; nil if there is none, as for announcements to everybody, or if callers are not
  /// identified.
  var viewer: Caller? {
    guard !isAnnouncing, let message = sd_bus_get_current_message(pointer),
      sd_bus_message_is_method_call(message, nil, nil) > 0
    else { return nil }
    return callers.map { $0.caller(Message(referring: message).sender) ?? .unidentified("it was not asked for") }
  }

  // MARK: Signals

  public func emit(path: String, interface: String, member: String, _ arguments: [BusValue]) throws(BusError) {
    var signal: OpaquePointer?
    try BusError.check(
      sd_bus_message_new_signal(pointer, &signal, path, interface, member), "make the signal \(member)")
    guard let signal else { throw BusError(BusError.failed, "no memory for a message") }
    let message = Message(adopting: signal)
    for argument in arguments { try message.append(argument) }
    try BusError.check(sd_bus_send(pointer, message.pointer, nil), "send the signal \(member)")
  }

  public func emitPropertiesChanged(path: String, interface: String, _ names: [String]) throws(BusError) {
    // The copies outlive the call, and are freed right after it.
    var list = names.map { strdup($0) } + [nil]
    defer { for name in list { free(name) } }
    try announce("changed properties of \(path)") {
      sd_bus_emit_properties_changed_strv(pointer, path, interface, &list)
    }
  }

  public func emitObjectAdded(_ path: String) throws(BusError) {
    try announce(path) { sd_bus_emit_object_added(pointer, path) }
  }

  /// Call this while the object is still exported.
  public func emitObjectRemoved(_ path: String) throws(BusError) {
    try announce("the end of \(path)") { sd_bus_emit_object_removed(pointer, path) }
  }

  private func announce(_ what: @autoclosure () -> String, _ emit: () -> Int32) throws(BusError) {
    isAnnouncing = true
    defer { isAnnouncing = false }
    try BusError.check(emit(), "announce \(what())")
  }
}
