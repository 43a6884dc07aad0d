// SPDX-License-Identifier: Apache-2.0
internal import FoundationEssentials

/// What a line says, or is to say: one of the kinds in a table.
protocol Wire: Sendable {
  static var kinds: [WireKind<Self>] { get }
  static func unknown(type: String) -> Self
  /// Of one that is of no kind.
  var unknownType: String? { get }
}

extension Wire {
  init(wire line: [UInt8]) throws(EngineProtocolError) {
    guard line.count <= EngineProtocol.maximumLineLength else { throw .lineTooLong }
    do { self = try JSONDecoder().decode(Decoded<Self>.self, from: Data(line)).value } catch {
      if let error = error as? EngineProtocolError { throw error }
      throw .notAnObject(line: cut(String(decoding: line.prefix(80), as: UTF8.self)))
    }
  }

  /// With its newline.
  func wireLine() throws(EngineProtocolError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(Encoded(value: self)), data.count <= EngineProtocol.maximumLineLength
    else { throw .lineTooLong }
    return Array(data) + [UInt8(ascii: "\n")]
  }

  /// The row of what this is.
  var kind: WireKind<Self>? { Self.kinds.first { $0.writer(self) != nil } }
}

/// A key of a line. Each type has its own of them; all others are ignored.
struct WireKey: CodingKey {
  static let type = WireKey("type")

  let stringValue: String
  var intValue: Int? { nil }

  init(_ name: String) { stringValue = name }
  init?(stringValue: String) { self.stringValue = stringValue }
  init?(intValue: Int) { nil }
}

/// The keys of a line, of which only those are looked at that its type has.
struct WireFields {
  let type: String
  fileprivate let container: KeyedDecodingContainer<WireKey>

  /// nil where the key is missing or null.
  func optional<T: Decodable>(_ key: String, as: T.Type = T.self) throws(EngineProtocolError) -> T? {
    do { return try container.decodeIfPresent(T.self, forKey: WireKey(key)) } catch {
      throw .wrongType(key: key, type: cut(type), expected: expectation(T.self))
    }
  }

  func required<T: Decodable>(_ key: String, as: T.Type = T.self) throws(EngineProtocolError) -> T {
    guard let value = try optional(key, as: T.self) else { throw .missing(key: key, type: cut(type)) }
    return value
  }

  private func expectation(_ type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is Int.Type: "a whole number"
    case is UInt64.Type: "a whole number from 0 to 18446744073709551615"
    case is [String].Type: "a list of strings"
    default: "an object with strings as its values"
    }
  }
}

private struct Decoded<Value: Wire>: Decodable {
  let value: Value

  init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: WireKey.self)
    let type = try container.decode(String.self, forKey: .type)
    let kind = Value.kinds.first { $0.name == type }
    value = try kind?.read(WireFields(type: type, container: container)) ?? .unknown(type: cut(type))
  }
}

private struct Encoded<Value: Wire>: Encodable {
  let value: Value

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: WireKey.self)
    for kind in Value.kinds {
      guard let write = kind.writer(value) else { continue }
      try container.encode(kind.name, forKey: .type)
      return try write(&container)
    }
    try container.encode(value.unknownType ?? "", forKey: .type)
  }
}
