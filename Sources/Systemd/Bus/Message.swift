// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel
internal import Glibc

/// A D-Bus message. The value owns a reference.
///
/// Not Sendable: it stays on the loop's thread. It is read from front to back, as with sd_bus_message_read(3), and
/// appended to in the same way.
public struct Message: ~Copyable {
  let pointer: OpaquePointer

  /// Takes ownership of a reference.
  init(adopting pointer: OpaquePointer) { self.pointer = pointer }

  /// Adds its own reference.
  init(referring pointer: OpaquePointer) { self.pointer = sd_bus_message_ref(pointer) }

  deinit { sd_bus_message_unref(pointer) }

  public var member: String { sd_bus_message_get_member(pointer).map { String(cString: $0) } ?? "" }
  public var interface: String { sd_bus_message_get_interface(pointer).map { String(cString: $0) } ?? "" }
  public var path: String { sd_bus_message_get_path(pointer).map { String(cString: $0) } ?? "" }
  public var sender: String { sd_bus_message_get_sender(pointer).map { String(cString: $0) } ?? "" }

  /// The error in this reply, or nil if it is not an error.
  public var error: BusError? {
    guard let error = sd_bus_message_get_error(pointer), let name = error.pointee.name else { return nil }
    return BusError(String(cString: name), error.pointee.message.map { String(cString: $0) } ?? "")
  }

  // MARK: Reading

  /// Reads the next value, within the limits of a message's values (``MessageReader``).
  public func read() throws(BusError) -> BusValue {
    var reader = MessageReader(pointer)
    return try reader.read()
  }

  public func readString() throws(BusError) -> String {
    switch try read() {
    case .string(let text), .objectPath(let text), .signature(let text): return text
    default: throw BusError(BusError.failed, "a message has a wrong type: expected a string")
    }
  }

  // MARK: Appending

  public func append(_ value: BusValue) throws(BusError) {
    switch value {
    case .byte(let value): try appendBasic("y", value)
    case .bool(let value): try appendBasic("b", Int32(value ? 1 : 0))
    case .int16(let value): try appendBasic("n", value)
    case .uint16(let value): try appendBasic("q", value)
    case .int32(let value): try appendBasic("i", value)
    case .uint32(let value): try appendBasic("u", value)
    case .int64(let value): try appendBasic("x", value)
    case .uint64(let value): try appendBasic("t", value)
    case .double(let value): try appendBasic("d", value)
    case .descriptor(let value): try appendBasic("h", value.raw)
    case .string(let text): try check(sd_bus_message_append_basic(pointer, type("s"), text))
    case .objectPath(let text): try check(sd_bus_message_append_basic(pointer, type("o"), text))
    case .signature(let text): try check(sd_bus_message_append_basic(pointer, type("g"), text))
    case .array(let values, let element): try appendContainer("a", element, values)
    case .structure(let fields):
      // sd-bus would send an empty one, and the bus would close the connection.
      guard !fields.isEmpty else { throw BusError(BusError.failed, "a structure has no fields") }
      try appendContainer("r", fields.map(\.signature).joined(), fields)
    case .entry(let key, let value):
      try appendContainer("e", key.signature + value.signature, [key, value])
    case .variant(let value): try appendContainer("v", value.signature, [value])
    case .opaque(let code):
      throw BusError(BusError.failed, "cannot send a value of the type “\(UnicodeScalar(code))”")
    }
  }

  private func appendBasic<T: BitwiseCopyable>(_ name: Unicode.Scalar, _ value: T) throws(BusError) {
    var value = value
    try check(sd_bus_message_append_basic(pointer, type(name), &value))
  }

  private func appendContainer(
    _ name: Unicode.Scalar, _ contents: String, _ values: [BusValue]
  ) throws(BusError) {
    try check(sd_bus_message_open_container(pointer, type(name), contents))
    for value in values { try append(value) }
    try check(sd_bus_message_close_container(pointer))
  }

  private func type(_ name: Unicode.Scalar) -> CChar { CChar(truncatingIfNeeded: name.value) }

  private func check(_ result: Int32) throws(BusError) {
    try BusError.check(result, "read or write a D-Bus message")
  }
}
