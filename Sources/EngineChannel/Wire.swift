// SPDX-License-Identifier: Apache-2.0
import CallModel
internal import FoundationEssentials

/// The keys of all requests and messages. Each type has its own of them; all others are ignored.
enum WireKey: String, CodingKey {
  case type
  // Requests
  case version, session, lease
  case uri, command, terminal, environment, settings
  case workingDirectory = "working-directory"
  case digits, reachable, file
  // Messages
  case state, cause, reason, detail, alone
  case exitStatus = "exit-status"
  case sent, received, lost
  case roundTrip = "round-trip-ms"
  case codec, fallback
  case jitter = "jitter-ms"
  case levelSent = "level-sent"
  case levelReceived = "level-received"
  case echoCancellation = "echo-cancellation"
  case sending
  case code, request, message
  // Both
  case muted, held, resume, serial, microphone, speaker, recording, title
}

/// What a line says, or is to say.
protocol Wire {
  init(_ fields: WireFields) throws(EngineProtocolError)
  func write(to fields: inout KeyedEncodingContainer<WireKey>) throws
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
}

/// The keys of a line, of which only those are looked at that its type has.
struct WireFields {
  let type: String
  fileprivate let container: KeyedDecodingContainer<WireKey>

  /// nil where the key is missing or null.
  func optional<T: Decodable>(_ key: WireKey, as: T.Type = T.self) throws(EngineProtocolError) -> T? {
    do { return try container.decodeIfPresent(T.self, forKey: key) } catch {
      throw .wrongType(key: key.rawValue, type: cut(type), expected: expectation(T.self))
    }
  }

  func required<T: Decodable>(_ key: WireKey, as: T.Type = T.self) throws(EngineProtocolError) -> T {
    guard let value = try optional(key, as: T.self) else { throw .missing(key: key.rawValue, type: cut(type)) }
    return value
  }

  /// An absolute path, of a length that a file can have.
  func optionalPath(_ key: WireKey) throws(EngineProtocolError) -> String? {
    guard let path: String = try optional(key) else { return nil }
    guard path.hasPrefix("/"), !path.utf8.contains(0), path.utf8.count <= EngineProtocol.maximumPathLength else {
      throw .badValue(key: key.rawValue, value: cut(path))
    }
    return path
  }

  /// The name of a sound device; empty is the default one.
  func optionalDevice(_ key: WireKey) throws(EngineProtocolError) -> String? {
    guard let name: String = try optional(key) else { return nil }
    guard !name.utf8.contains(0), name.utf8.count <= EngineProtocol.maximumDeviceLength else {
      throw .badValue(key: key.rawValue, value: cut(name))
    }
    return name
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
    value = try Value(WireFields(type: type, container: container))
  }
}

private struct Encoded<Value: Wire>: Encodable {
  let value: Value

  func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: WireKey.self)
    try value.write(to: &container)
  }
}

/// Makes text for people safe to show, and no longer than the protocol allows.
func cut(_ text: String) -> String {
  let safe = DisplayText(text).description
  guard safe.utf8.count > EngineProtocol.maximumDetailLength else { return safe }
  let ellipsis = "…"
  let room = EngineProtocol.maximumDetailLength - ellipsis.utf8.count
  var result = ""
  var length = 0
  for character in safe {
    length += character.utf8.count
    guard length <= room else { break }
    result.append(character)
  }
  return result + ellipsis
}
