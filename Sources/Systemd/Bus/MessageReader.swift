// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
import CallModel
internal import Glibc

/// Reads a message's values, limited by a budget: the sender decides how large the message is, and a value takes many
/// times more memory here than on the bus.
struct MessageReader: ~Copyable {
  private let pointer: OpaquePointer
  private let budget: Int
  private var rest: Int

  /// The budget of a call. The longest useful call needs a quarter of it.
  static let callBytes = 256 * 1024
  /// The budget of a reply. The list of a user's units needs a hundredth of it.
  static let replyBytes = 4 * 1024 * 1024
  /// The cost of a value besides the bytes of its text.
  static let valueBytes = 16

  /// - Parameter pointer: a message that outlives this.
  init(_ pointer: OpaquePointer, budget: Int? = nil) {
    self.pointer = pointer
    self.budget =
      budget ?? (sd_bus_message_is_method_call(pointer, nil, nil) > 0 ? Self.callBytes : Self.replyBytes)
    rest = self.budget
  }

  /// Reads the next value.
  mutating func read() throws(BusError) -> BusValue {
    var type: CChar = 0
    var contents: UnsafePointer<CChar>?
    try check(sd_bus_message_peek_type(pointer, &type, &contents))
    let inside = contents.map { String(cString: $0) } ?? ""
    try spend(Self.valueBytes)
    switch UInt8(bitPattern: type) {
    case UInt8(ascii: "y"): return .byte(try readBasic(type, 0))
    case UInt8(ascii: "b"): return .bool(try readBasic(type, Int32(0)) != 0)
    case UInt8(ascii: "n"): return .int16(try readBasic(type, 0))
    case UInt8(ascii: "q"): return .uint16(try readBasic(type, 0))
    case UInt8(ascii: "i"): return .int32(try readBasic(type, 0))
    case UInt8(ascii: "u"): return .uint32(try readBasic(type, 0))
    case UInt8(ascii: "x"): return .int64(try readBasic(type, 0))
    case UInt8(ascii: "t"): return .uint64(try readBasic(type, 0))
    case UInt8(ascii: "d"): return .double(try readBasic(type, 0))
    case UInt8(ascii: "h"): return .descriptor(BusDescriptor(borrowing: try readDescriptor(type)))
    case UInt8(ascii: "s"): return .string(try readText(type))
    case UInt8(ascii: "o"): return .objectPath(try readText(type))
    case UInt8(ascii: "g"): return .signature(try readText(type))
    case UInt8(ascii: "a"): return .array(try readContainer(type, inside), of: inside)
    case UInt8(ascii: "r"): return .structure(try readContainer(type, inside))
    case UInt8(ascii: "e"): return try readEntry(type, inside)
    case UInt8(ascii: "v"):
      guard let value = try readContainer(type, inside).first else {
        throw BusError(BusError.failed, "a variant is empty")
      }
      return .variant(value)
    default: throw BusError(BusError.failed, "a message is too short")
    }
  }

  private mutating func spend(_ bytes: Int) throws(BusError) {
    rest -= bytes
    guard rest >= 0 else {
      throw BusError(
        BusError.limitsExceeded,
        "it is larger than \(budget) bytes, the limit of a message's values; leave some out")
    }
  }

  private func readBasic<T: BitwiseCopyable>(_ type: CChar, _ zero: T) throws(BusError) -> T {
    var value = zero
    try check(sd_bus_message_read_basic(pointer, type, &value))
    return value
  }

  private func readDescriptor(_ type: CChar) throws(BusError) -> Int32 {
    var descriptor: Int32 = -1
    let result = sd_bus_message_read_basic(pointer, type, &descriptor)
    guard result != -EBADMSG else {
      throw BusError(BusError.invalidArguments, "the message lacks its descriptor")
    }
    try check(result)
    return descriptor
  }

  private mutating func readText(_ type: CChar) throws(BusError) -> String {
    var text: UnsafePointer<CChar>?
    let result = sd_bus_message_read_basic(pointer, type, &text)
    // The bus lets this pass; sd-bus does not.
    guard result != -EBADMSG else {
      throw BusError(BusError.invalidArguments, "it contains a noncharacter, such as U+FDD0 or U+FFFF; remove it")
    }
    try check(result)
    guard let text else { return "" }
    try spend(strnlen(text, rest + 1))
    return String(cString: text)
  }

  /// If a value is invalid, the error names its key.
  private mutating func readEntry(_ type: CChar, _ contents: String) throws(BusError) -> BusValue {
    try check(sd_bus_message_enter_container(pointer, type, contents))
    let key = try read()
    let value: BusValue
    do throws(BusError) { value = try read() } catch {
      guard [BusError.invalidArguments, BusError.limitsExceeded].contains(error.name) else { throw error }
      throw BusError(error.name, "“\((key.asString ?? "").prefix(64))”: \(error.message)")
    }
    try check(sd_bus_message_exit_container(pointer))
    return .entry(key, value)
  }

  private mutating func readContainer(_ type: CChar, _ contents: String) throws(BusError) -> [BusValue] {
    try check(sd_bus_message_enter_container(pointer, type, contents))
    var values: [BusValue] = []
    while sd_bus_message_at_end(pointer, 0) == 0 { values.append(try read()) }
    try check(sd_bus_message_exit_container(pointer))
    return values
  }

  private func check(_ result: Int32) throws(BusError) {
    try BusError.check(result, "read or write a D-Bus message")
  }
}
