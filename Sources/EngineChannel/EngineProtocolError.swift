// SPDX-License-Identifier: Apache-2.0

/// A line that breaks the engine protocol.
public enum EngineProtocolError: Error, Equatable, CustomStringConvertible {
  case lineTooLong
  case notAnObject(line: String)
  case missing(key: String, type: String)
  case wrongType(key: String, type: String, expected: String)
  case badValue(key: String, value: String)

  public var description: String {
    switch self {
    case .lineTooLong: "a line is longer than \(EngineProtocol.maximumLineLength) bytes"
    case .notAnObject(""): "a line is not a JSON object with a “type”: it is unprintable"
    case .notAnObject(let line): "a line is not a JSON object with a “type”: \(line)"
    case .missing(let key, let type): "a message of type “\(type)” has no “\(key)”"
    case .wrongType(let key, let type, let expected):
      "the “\(key)” of a message of type “\(type)” is not \(expected)"
    case .badValue(let key, let value): "“\(key)” has the unknown value “\(value)”"
    }
  }
}
