// SPDX-License-Identifier: Apache-2.0
internal import CDBus
internal import CallModel
internal import Glibc

// libdbus takes invalid arguments for a bug of the program and aborts the process: whatever goes to it is checked
// here before.

/// Names, by the rules of the D-Bus specification.
enum BusRule {
  static func isName(_ text: String) -> Bool { isPlain(text) && dbus_validate_bus_name(text, nil) != 0 }
  static func isPath(_ text: String) -> Bool { isPlain(text) && dbus_validate_path(text, nil) != 0 }
  static func isBusName(_ text: String) -> Bool { isPlain(text) && dbus_validate_bus_name(text, nil) != 0 }
  static func isInterface(_ text: String) -> Bool { isPlain(text) && dbus_validate_interface(text, nil) != 0 }
  static func isMember(_ text: String) -> Bool { isPlain(text) && dbus_validate_member(text, nil) != 0 }
  static func isSignature(_ text: String) -> Bool { isPlain(text) && dbus_signature_validate(text, nil) != 0 }
  static func isSingleType(_ text: String) -> Bool {
    isPlain(text) && dbus_signature_validate_single(text, nil) != 0
  }

  /// Whether C sees the whole of it.
  static func isPlain(_ text: String) -> Bool { !text.utf8.contains(0) }
}

// MARK: - Sending

extension BusValue {
  /// - Throws: `.notSendable`, naming what D-Bus cannot carry.
  func checkSendable() throws(CallsError) {
    var bytes = 0
    try check(depth: 0, bytes: &bytes)
  }

  private func check(depth: Int, bytes: inout Int) throws(CallsError) {
    guard depth <= BusLimit.depth else { throw .notSendable("a value is nested too deeply for D-Bus") }
    switch self {
    case .byte, .bool, .int16, .uint16, .int32, .uint32, .int64, .uint64, .double: break
    case .descriptor(let descriptor):
      guard descriptor.isOpen else { throw .notSendable("cannot send a closed descriptor") }
    case .string(let text):
      guard BusRule.isPlain(text) else {
        throw .notSendable(
          "cannot send a text with a NUL character: “\(text.prefix { $0 != "\0" })…”")
      }
      bytes += text.utf8.count
      guard bytes <= BusLimit.sentStrings else {
        throw .notSendable("the request is larger than \(BusLimit.sentStrings) bytes")
      }
    case .objectPath(let text):
      guard BusRule.isPath(text) else { throw .notSendable("“\(text)” is not a D-Bus object path") }
    case .signature(let text):
      guard BusRule.isSignature(text) else { throw .notSendable("“\(text)” is not a D-Bus signature") }
    case .array(let values, let element):
      guard BusRule.isSingleType("a" + element) else {
        throw .notSendable("“\(element)” is not the signature of an element")
      }
      for value in values {
        guard value.signature == element else {
          throw .notSendable("a “\(value.signature)” in an array of “\(element)”")
        }
        try value.check(depth: depth + 1, bytes: &bytes)
      }
    case .structure(let fields):
      guard !fields.isEmpty else { throw .notSendable("a structure without fields") }
      for field in fields { try field.check(depth: depth + 1, bytes: &bytes) }
    case .entry(let key, let value):
      guard BusRule.isSingleType("a" + signature) else {
        throw .notSendable("“\(signature)” is not the signature of a dictionary's entry")
      }
      try key.check(depth: depth + 1, bytes: &bytes)
      try value.check(depth: depth + 1, bytes: &bytes)
    case .variant(let value):
      guard BusRule.isSingleType(value.signature) else {
        throw .notSendable("“\(value.signature)” in a variant")
      }
      try value.check(depth: depth + 1, bytes: &bytes)
    case .opaque(let code): throw .notSendable("cannot send a value of the type “\(UnicodeScalar(code))”")
    }
  }

  /// Appends a value that ``checkSendable()`` let pass.
  func append(to iterator: inout DBusMessageIter) {
    switch self {
    case .byte(let value): append(basic: value, to: &iterator)
    case .bool(let value): append(basic: dbus_bool_t(value ? 1 : 0), to: &iterator)
    case .int16(let value): append(basic: value, to: &iterator)
    case .uint16(let value): append(basic: value, to: &iterator)
    case .int32(let value): append(basic: value, to: &iterator)
    case .uint32(let value): append(basic: value, to: &iterator)
    case .int64(let value): append(basic: value, to: &iterator)
    case .uint64(let value): append(basic: value, to: &iterator)
    case .double(let value): append(basic: value, to: &iterator)
    case .string(let text), .objectPath(let text), .signature(let text):
      text.withCString { append(basic: $0, to: &iterator) }
    case .array(let values, let element): append(values, containing: element, to: &iterator)
    case .structure(let fields): append(fields, containing: nil, to: &iterator)
    case .entry(let key, let value): append([key, value], containing: nil, to: &iterator)
    case .variant(let value): append([value], containing: value.signature, to: &iterator)
    case .descriptor(let descriptor): append(basic: descriptor.raw, to: &iterator)
    case .opaque: break
    }
  }

  private var code: Int32 {
    switch self {
    case .structure: Int32(UInt8(ascii: "r"))
    case .entry: Int32(UInt8(ascii: "e"))
    default: Int32(signature.utf8.first ?? 0)
    }
  }

  private func append<T>(basic value: T, to iterator: inout DBusMessageIter) {
    withUnsafePointer(to: value) { enoughMemory(dbus_message_iter_append_basic(&iterator, code, $0)) }
  }

  private func append(
    _ values: [BusValue], containing signature: String?, to iterator: inout DBusMessageIter
  ) {
    var inner = DBusMessageIter()
    enoughMemory(dbus_message_iter_open_container(&iterator, code, signature, &inner))
    for value in values { value.append(to: &inner) }
    enoughMemory(dbus_message_iter_close_container(&iterator, &inner))
  }
}

/// Out of memory is the only way these calls fail; as everywhere in Swift, the process ends then.
func enoughMemory(_ result: dbus_bool_t) {
  guard result != 0 else { fatalError("out of memory") }
}

// MARK: - Receiving

extension BusValue {
  /// Reads the value at the iterator, which libdbus has validated.
  ///
  /// - Returns: nil once the budget is used up.
  static func read(at iterator: inout DBusMessageIter, depth: Int = 0, budget: inout BusBudget) -> BusValue? {
    guard budget.values > 0 else { return nil }
    budget.values -= 1
    let code = UInt8(truncatingIfNeeded: dbus_message_iter_get_arg_type(&iterator))
    switch code {
    case UInt8(ascii: "y"): return .byte(basic(&iterator, 0))
    case UInt8(ascii: "b"): return .bool(basic(&iterator, dbus_bool_t(0)) != 0)
    case UInt8(ascii: "n"): return .int16(basic(&iterator, 0))
    case UInt8(ascii: "q"): return .uint16(basic(&iterator, 0))
    case UInt8(ascii: "i"): return .int32(basic(&iterator, 0))
    case UInt8(ascii: "u"): return .uint32(basic(&iterator, 0))
    case UInt8(ascii: "x"): return .int64(basic(&iterator, 0))
    case UInt8(ascii: "t"): return .uint64(basic(&iterator, 0))
    case UInt8(ascii: "d"): return .double(basic(&iterator, 0))
    case UInt8(ascii: "s"): return text(&iterator, &budget).map(BusValue.string)
    case UInt8(ascii: "o"): return text(&iterator, &budget).map(BusValue.objectPath)
    case UInt8(ascii: "g"): return text(&iterator, &budget).map(BusValue.signature)
    case UInt8(ascii: "h"): return .descriptor(BusDescriptor(owning: basic(&iterator, -1)))
    case _ where depth >= BusLimit.depth: return .opaque(code)
    case UInt8(ascii: "a"):
      guard let values = contents(&iterator, depth: depth, budget: &budget) else { return nil }
      return .array(values, of: String(signature(of: &iterator).dropFirst()))
    case UInt8(ascii: "r"): return contents(&iterator, depth: depth, budget: &budget).map(BusValue.structure)
    case UInt8(ascii: "e"):
      guard let pair = contents(&iterator, depth: depth, budget: &budget), pair.count == 2 else { return nil }
      return .entry(pair[0], pair[1])
    case UInt8(ascii: "v"):
      return contents(&iterator, depth: depth, budget: &budget)?.first.map(BusValue.variant)
    default: return .opaque(code)
    }
  }

  private static func contents(
    _ iterator: inout DBusMessageIter, depth: Int, budget: inout BusBudget
  ) -> [BusValue]? {
    var inner = DBusMessageIter()
    dbus_message_iter_recurse(&iterator, &inner)
    var values: [BusValue] = []
    while dbus_message_iter_get_arg_type(&inner) != 0 {
      guard let value = read(at: &inner, depth: depth + 1, budget: &budget) else { return nil }
      values.append(value)
      dbus_message_iter_next(&inner)
    }
    return values
  }

  private static func basic<T: BitwiseCopyable>(_ iterator: inout DBusMessageIter, _ initial: T) -> T {
    var value = initial
    withUnsafeMutablePointer(to: &value) { dbus_message_iter_get_basic(&iterator, $0) }
    return value
  }

  private static func text(_ iterator: inout DBusMessageIter, _ budget: inout BusBudget) -> String? {
    guard let text = basic(&iterator, UnsafePointer<CChar>?.none) else { return "" }
    let length = strlen(text)
    guard length <= budget.bytes else { return nil }
    budget.bytes -= length
    return String(cString: text)
  }

  private static func signature(of iterator: inout DBusMessageIter) -> String {
    guard let text = dbus_message_iter_get_signature(&iterator) else { return "" }
    defer { dbus_free(text) }
    return String(cString: text)
  }
}
