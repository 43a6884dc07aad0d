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
  /// A message that is sent carries a duplicate of it.
  case descriptor(BusDescriptor)
  /// The elements, and the signature of each. A dictionary is an array of ``entry(_:_:)``.
  case array([BusValue], of: String)
  case structure([BusValue])
  case entry(BusValue, BusValue)
  case variant(BusValue)
  /// Something that is not read, by its type code: a type of a later D-Bus, or a value that is nested too deeply. It
  /// cannot be sent.
  case opaque(UInt8)

  /// `as`
  public static func strings(_ strings: [String]) -> BusValue { .array(strings.map(BusValue.string), of: "s") }

  /// `a{ss}`, in the order of the keys.
  public static func stringDictionary(_ values: [String: String]) -> BusValue {
    let entries = values.sorted { $0.key < $1.key }
    return .array(entries.map { .entry(.string($0.key), .string($0.value)) }, of: "{ss}")
  }

  /// `a{sv}`, ordered by key.
  public static func dictionary(_ values: [String: BusValue]) -> BusValue {
    let entries = values.sorted { $0.key < $1.key }
    return .array(entries.map { .entry(.string($0.key), .variant($0.value)) }, of: "{sv}")
  }

  /// The signature of its type.
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
    case .descriptor: "h"
    case .array(_, let element): "a" + element
    case .structure(let fields): "(" + fields.map(\.signature).joined() + ")"
    case .entry(let key, let value): "{" + key.signature + value.signature + "}"
    case .variant: "v"
    case .opaque(let code): String(UnicodeScalar(code))
    }
  }
}

// MARK: - Reading

extension BusValue {
  public var asBool: Bool? { if case .bool(let value) = self { value } else { nil } }
  public var asInt32: Int32? { if case .int32(let value) = self { value } else { nil } }
  public var asUInt32: UInt32? { if case .uint32(let value) = self { value } else { nil } }
  public var asUInt64: UInt64? { if case .uint64(let value) = self { value } else { nil } }
  public var asString: String? { if case .string(let value) = self { value } else { nil } }
  public var asObjectPath: String? { if case .objectPath(let value) = self { value } else { nil } }
  public var asDescriptor: BusDescriptor? { if case .descriptor(let value) = self { value } else { nil } }
  public var asArray: [BusValue]? { if case .array(let values, _) = self { values } else { nil } }
  public var asStructure: [BusValue]? { if case .structure(let values) = self { values } else { nil } }

  /// The strings of an `as`.
  public var asStrings: [String]? {
    guard case .array(let values, of: "s") = self else { return nil }
    return values.compactMap(\.asString)
  }

  /// The entries of an `a{ss}`, in the order in which they came.
  public var asStringEntries: [(String, String)]? {
    guard case .array(let values, of: "{ss}") = self else { return nil }
    return values.compactMap {
      guard case .entry(.string(let key), .string(let value)) = $0 else { return nil }
      return (key, value)
    }
  }

  /// The entries of an `a{sv}`, in their original order; a key may occur more than once.
  public var asEntries: [(String, BusValue)]? {
    guard case .array(let values, of: "{sv}") = self else { return nil }
    return values.compactMap {
      guard case .entry(.string(let key), .variant(let value)) = $0 else { return nil }
      return (key, value)
    }
  }

  /// The entries of an `a{s…}` by key, values without their variants; of two equal keys the last one counts.
  public var asDictionary: [String: BusValue]? {
    guard case .array(let entries, let element) = self, element.hasPrefix("{s") else { return nil }
    var result: [String: BusValue] = [:]
    for case .entry(.string(let key), let value) in entries {
      result[key] = if case .variant(let inner) = value { inner } else { value }
    }
    return result
  }
}
