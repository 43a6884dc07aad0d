// SPDX-License-Identifier: Apache-2.0

/// A value of the D-Bus type system.
public indirect enum BusValue: Sendable, Equatable {
  case byte(UInt8)
  case bool(Bool)
  case int16(Int16)
  case uint16(UInt16)
  case int32(Int32)
  case uint32(UInt32)
  case int64(Int64)
  case uint64(UInt64)
  case double(Double)
  case string(String)
  case objectPath(String)
  case signature(String)
  /// Borrowed from the message from which it was read, or lent to the one to which it is appended.
  case unixFD(Int32)
  /// The elements, and the signature of each.
  case array([BusValue], of: String)
  case structure([BusValue])
  case dictionaryEntry(BusValue, BusValue)
  case variant(BusValue)

  /// `as`
  public static func strings(_ strings: [String]) -> BusValue { .array(strings.map(BusValue.string), of: "s") }

  /// `a{sv}`, ordered by key.
  public static func dictionary(_ values: [String: BusValue]) -> BusValue {
    let entries = values.sorted { $0.key < $1.key }
    return .array(entries.map { .dictionaryEntry(.string($0.key), .variant($0.value)) }, of: "{sv}")
  }

  public var signature: String {
    switch self {
    case .byte: "y"
    case .bool: "b"
    case .int16: "n"
    case .uint16: "q"
    case .int32: "i"
    case .uint32: "u"
    case .int64: "x"
    case .uint64: "t"
    case .double: "d"
    case .string: "s"
    case .objectPath: "o"
    case .signature: "g"
    case .unixFD: "h"
    case .array(_, let element): "a" + element
    case .structure(let fields): "(" + fields.map(\.signature).joined() + ")"
    case .dictionaryEntry(let key, let value): "{" + key.signature + value.signature + "}"
    case .variant: "v"
    }
  }
}

extension BusValue {
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var asUInt32: UInt32? { if case .uint32(let value) = self { value } else { nil } }
  public var asInt32: Int32? { if case .int32(let value) = self { value } else { nil } }
  public var asUInt64: UInt64? { if case .uint64(let value) = self { value } else { nil } }
  public var asString: String? { if case .string(let value) = self { value } else { nil } }
  public var asObjectPath: String? { if case .objectPath(let value) = self { value } else { nil } }

  public var asUnixFD: Int32? { if case .unixFD(let value) = self { value } else { nil } }

  public var asArray: [BusValue]? { if case .array(let values, _) = self { values } else { nil } }
  public var asStructure: [BusValue]? { if case .structure(let values) = self { values } else { nil } }

  /// The strings of an `as`.
  public var asStrings: [String]? {
    guard case .array(let values, of: "s") = self else { return nil }
    return values.compactMap(\.asString)
  }

  /// The entries of an `a{ss}`.
  public var asStringDictionary: [(String, String)]? {
    guard case .array(let values, of: "{ss}") = self else { return nil }
    return values.compactMap {
      guard case .dictionaryEntry(.string(let key), .string(let value)) = $0 else { return nil }
      return (key, value)
    }
  }

  /// The entries of an `a{sv}`, in their original order.
  public var asDictionary: [(String, BusValue)]? {
    guard case .array(let values, of: "{sv}") = self else { return nil }
    return values.compactMap {
      guard case .dictionaryEntry(.string(let key), .variant(let value)) = $0 else { return nil }
      return (key, value)
    }
  }
}
