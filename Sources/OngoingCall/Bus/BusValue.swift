// SPDX-License-Identifier: Apache-2.0

/// A value of the D-Bus type system, as far as the API has them, and enough of the rest to pass by what is unknown.
package indirect enum BusValue: Sendable, Equatable {
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
  /// An array, with the signature of its elements; a dictionary is an array of ``entry(_:_:)``.
  case array([BusValue], of: String)
  case structure([BusValue])
  case entry(BusValue, BusValue)
  case variant(BusValue)
  /// One that arrived, or that goes along: the message takes a duplicate.
  case descriptor(ReceivedDescriptor)
  /// Something this client does not read, by its type code: a type of a later D-Bus, or a value nested deeper than
  /// ``BusLimit/depth``. It cannot be sent.
  case opaque(UInt8)

  /// `as`
  package static func strings(_ values: [String]) -> BusValue { .array(values.map(BusValue.string), of: "s") }

  /// `a{ss}`, in the order of the keys
  package static func stringMap(_ values: [String: String]) -> BusValue {
    let sorted = values.sorted { $0.key < $1.key }
    return .array(sorted.map { .entry(.string($0.key), .string($0.value)) }, of: "{ss}")
  }

  /// `a{sv}`, in the order of the keys
  package static func properties(_ values: [String: BusValue]) -> BusValue {
    let sorted = values.sorted { $0.key < $1.key }
    return .array(sorted.map { .entry(.string($0.key), .variant($0.value)) }, of: "{sv}")
  }

  /// The signature of this value's type.
  package var typeSignature: String {
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
    case .array(_, let element): "a" + element
    case .structure(let fields): "(" + fields.map(\.typeSignature).joined() + ")"
    case .entry(let key, let value): "{" + key.typeSignature + value.typeSignature + "}"
    case .variant: "v"
    case .descriptor: "h"
    case .opaque(let code): String(UnicodeScalar(code))
    }
  }
}

/// What arrives and what is sent is bounded.
package enum BusLimit {
  /// Containers in containers, variants included.
  package static let depth = 16
  /// Values in one message that is read, and bytes of its texts.
  package static let values = 262_144
  package static let readBytes = 8 << 20
  /// The same of a signal. The daemon's have a hundred bytes; they say what is to be asked for.
  package static let signalValues = 256
  package static let signalBytes = 16 << 10
  /// News that wait to be looked at.
  package static let keptNews = 1024
  /// Bytes of one message that arrives, and descriptors: as many as a bus can bring, since more end the connection, and
  /// anybody on it may send them. What they are in nobody's answer for is thrown away unread.
  package static let receivedMessage = 128 << 20
  package static let receivedDescriptors = 253
  /// Bytes that libdbus reads before it waits for what it has read to be looked at.
  package static let receivedAtOnce = 16 << 20
  /// Bytes that wait to be sent, from which on callers get no answer.
  package static let refusals = 64 << 10
  /// Bytes of the strings in one message that is sent.
  package static let sentStrings = 1 << 20
}

/// How much of a message may still be read.
package struct BusBudget {
  var values: Int
  var bytes: Int

  package static let answer = BusBudget(values: BusLimit.values, bytes: BusLimit.readBytes)
  package static let signal = BusBudget(values: BusLimit.signalValues, bytes: BusLimit.signalBytes)
}

// MARK: - Reading

extension BusValue {
  package var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  package var int32: Int32? { if case .int32(let value) = self { value } else { nil } }
  package var uint32: UInt32? { if case .uint32(let value) = self { value } else { nil } }
  package var uint64: UInt64? { if case .uint64(let value) = self { value } else { nil } }
  package var string: String? { if case .string(let value) = self { value } else { nil } }
  package var descriptor: ReceivedDescriptor? { if case .descriptor(let value) = self { value } else { nil } }
  package var objectPath: String? { if case .objectPath(let value) = self { value } else { nil } }
  package var elements: [BusValue]? { if case .array(let values, _) = self { values } else { nil } }
  package var fields: [BusValue]? { if case .structure(let values) = self { values } else { nil } }

  /// About how many bytes of memory it takes.
  var weight: Int {
    switch self {
    case .string(let text), .objectPath(let text), .signature(let text): 64 + text.utf8.count
    case .array(let values, _), .structure(let values): values.reduce(64) { $0 + $1.weight }
    case .entry(let key, let value): 64 + key.weight + value.weight
    case .variant(let value): 64 + value.weight
    default: 64
    }
  }

  /// The strings of an `as`.
  package var strings: [String]? {
    guard case .array(let values, of: "s") = self else { return nil }
    return values.compactMap(\.string)
  }

  /// The entries of an `a{s…}` by key, values without their variants; of two equal keys the last one counts.
  package var properties: [String: BusValue]? {
    guard case .array(let entries, let element) = self, element.hasPrefix("{s") else { return nil }
    var result: [String: BusValue] = [:]
    for case .entry(.string(let key), let value) in entries {
      result[key] = if case .variant(let inner) = value { inner } else { value }
    }
    return result
  }
}
