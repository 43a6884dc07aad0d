// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel
internal import Glibc

/// Implements an object on the bus.
@EventLoopActor
public protocol BusObject: AnyObject {
  /// Answers `call`, now or later. Its arguments have the types of the interface.
  func handle(_ call: MethodCall)

  /// The value of a property, with the type of the interface; nil if there is no such property.
  func property(_ name: String) -> BusValue?

  /// The same, where it depends on who looks; nil is everybody, as in announcements.
  func property(_ name: String, for viewer: Caller?) -> BusValue?
}

extension BusObject {
  public func property(_ name: String, for viewer: Caller?) -> BusValue? { property(name) }
}

/// An object on the bus, which exists as long as this.
@EventLoopActor
public final class ExportedObject {
  private var slot: OpaquePointer?
  private unowned let bus: Bus
  private let object: any BusObject

  /// For an object that an ``ExportedFolder`` finds.
  init(on bus: Bus, _ object: any BusObject) { (self.bus, self.object) = (bus, object) }

  init(
    on bus: Bus, _ pointer: OpaquePointer, at path: String, _ interface: BusInterface, named name: String,
    _ object: any BusObject
  ) throws(BusError) {
    (self.bus, self.object) = (bus, object)
    // Unretained: the slot is removed with this object.
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    let table = try BusTable.of(interface)
    try BusError.check(sd_bus_add_object_vtable(pointer, &slot, path, name, table, userdata), "export \(path)")
  }

  deinit { EventLoopActor.assumeIsolated { _ = sd_bus_slot_unref(slot) } }

  fileprivate func handle(_ message: consuming Message) {
    object.handle(MethodCall(message, by: bus.viewer))
  }

  fileprivate func append(_ property: String, to reply: borrowing Message) throws(BusError) {
    guard let value = object.property(property, for: bus.viewer) else {
      throw BusError("org.freedesktop.DBus.Error.UnknownProperty", "no property \(property)")
    }
    try reply.append(value)
  }
}

@c @implementation
func oc_bus_method(
  _ call: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?, _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
  guard let call, let userdata else { return -EINVAL }
  let object = Unmanaged<ExportedObject>.fromOpaque(userdata).takeUnretainedValue()
  // sd-bus calls this on the loop's thread, where the message stays.
  nonisolated(unsafe) let message = call
  EventLoopActor.assumeIsolated { object.handle(Message(referring: message)) }
  return 1
}

@c @implementation
func oc_bus_property(
  _ bus: OpaquePointer?, _ path: UnsafePointer<CChar>?, _ interface: UnsafePointer<CChar>?,
  _ property: UnsafePointer<CChar>?, _ reply: OpaquePointer?, _ userdata: UnsafeMutableRawPointer?,
  _ error: UnsafeMutablePointer<sd_bus_error>?
) -> Int32 {
  guard let property, let reply, let userdata else { return -EINVAL }
  let object = Unmanaged<ExportedObject>.fromOpaque(userdata).takeUnretainedValue()
  let name = String(cString: property)
  // sd-bus calls this on the loop's thread, where the message stays.
  nonisolated(unsafe) let message = reply
  let failure: BusError? = EventLoopActor.assumeIsolated {
    do throws(BusError) {
      try object.append(name, to: Message(referring: message))
      return nil
    } catch {
      return error
    }
  }
  return failure.map { sd_bus_error_set(error, $0.name, $0.message) } ?? 1
}
