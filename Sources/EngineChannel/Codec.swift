// SPDX-License-Identifier: Apache-2.0
import CallSession
internal import FoundationEssentials

/// A line that breaks the engine protocol.
public enum EngineProtocolError: Error, Equatable, CustomStringConvertible {
  case lineTooLong
  case notAnObject(line: String)
  case missing(key: String, type: String)
  case badValue(key: String, value: String)

  public var description: String {
    switch self {
    case .lineTooLong: "a line is longer than \(EngineProtocol.maximumLineLength) bytes"
    case .notAnObject(let line): "a line is not a JSON object with a “type”: \(line)"
    case .missing(let key, let type): "a message of type “\(type)” has no “\(key)”"
    case .badValue(let key, let value): "the value “\(value)” of “\(key)” is not one the protocol knows"
    }
  }
}

extension EngineRequest {
  /// The line for this request, with its newline.
  public func encoded() throws(EngineProtocolError) -> [UInt8] { try RequestWire(self).line() }

  public init(line: [UInt8]) throws(EngineProtocolError) { self = try RequestWire(line: line).decoded() }

  /// The `type` of the request on the wire.
  public var type: String { RequestWire(self).type }
}

extension EngineMessage {
  /// The line for this message, with its newline.
  public func encoded() throws(EngineProtocolError) -> [UInt8] { try MessageWire(self).line() }

  public init(line: [UInt8]) throws(EngineProtocolError) { self = try MessageWire(line: line).decoded() }
}

/// A line as a flat JSON object: `type`, and the keys of all types, of which each has its own.
private protocol Wire: Codable {
  var type: String { get }
}

extension Wire {
  init(line: [UInt8]) throws(EngineProtocolError) {
    do { self = try JSONDecoder().decode(Self.self, from: Data(line)) } catch {
      let start = String(decoding: line.prefix(80), as: UTF8.self)
      throw .notAnObject(line: DisplayText(start).description)
    }
  }

  func line() throws(EngineProtocolError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    guard let data = try? encoder.encode(self), data.count <= EngineProtocol.maximumLineLength else {
      throw .lineTooLong
    }
    return Array(data) + [UInt8(ascii: "\n")]
  }

  func value<T>(_ value: T?, _ key: String) throws(EngineProtocolError) -> T {
    guard let value else { throw .missing(key: key, type: type) }
    return value
  }
}

private struct RequestWire: Wire {
  var type: String
  var version: Int?
  var session: String?
  var lease: Int?
  var uri: String?
  var command: [String]?
  var terminal: Bool?
  var workingDirectory: String?
  var environment: [String]?
  var settings: [String: String]?
  var muted: Bool?
  var held: Bool?
  var resume: String?
  var digits: String?
  var reachable: Bool?
  var serial: UInt64?

  enum CodingKeys: String, CodingKey {
    case type, version, session, lease, uri, command, terminal, environment, settings, muted, held, resume
    case workingDirectory = "working-directory"
    case digits, reachable, serial
  }

  init(_ request: EngineRequest) {
    switch request {
    case .hello(let hello):
      type = "hello"
      (version, session, lease) = (hello.version, hello.session, hello.lease)
    case .join(let join):
      type = "join"
      (uri, command, terminal) = (join.uri, join.command, join.terminal ? true : nil)
      (workingDirectory, environment) = (
        join.workingDirectory, join.environment.isEmpty ? nil : join.environment
      )
      (settings, muted) = (join.settings.isEmpty ? nil : join.settings, join.muted)
      resume = join.resume
    case .leave: type = "leave"
    case .setMuted(let value): (type, muted) = ("set-muted", value)
    case .setHeld(let value): (type, held) = ("set-held", value)
    case .sendDtmf(let value): (type, digits) = ("send-dtmf", value)
    case .network(let value): (type, reachable) = ("network", value)
    case .ping(let value): (type, serial) = ("ping", value)
    case .report: type = "report"
    case .unknown(let value): type = value
    }
  }

  func decoded() throws(EngineProtocolError) -> EngineRequest {
    switch type {
    case "hello":
      .hello(
        .init(
          version: try value(version, "version"), session: try value(session, "session"),
          lease: try value(lease, "lease")))
    case "join":
      .join(
        .init(
          uri: uri, command: command, terminal: terminal ?? false, workingDirectory: workingDirectory,
          environment: environment ?? [], settings: settings ?? [:], muted: muted ?? false, resume: resume))
    case "leave": .leave
    case "set-muted": .setMuted(try value(muted, "muted"))
    case "set-held": .setHeld(try value(held, "held"))
    case "send-dtmf": .sendDtmf(try value(digits, "digits"))
    case "network": .network(reachable: try value(reachable, "reachable"))
    case "ping": .ping(try value(serial, "serial"))
    case "report": .report
    default: .unknown(type: type)
    }
  }
}

private struct MessageWire: Wire {
  var type: String
  var state: String?
  var cause: String?
  var reason: String?
  var detail: String?
  var exitStatus: Int?
  var muted: Bool?
  var held: Bool?
  var resume: String?
  var sent: UInt64?
  var received: UInt64?
  var lost: UInt64?
  var roundTrip: UInt64?
  var serial: UInt64?
  var code: String?
  var request: String?
  var message: String?

  enum CodingKeys: String, CodingKey {
    case type, state, cause, reason, detail, muted, held, resume, sent, received, lost, serial, code, request
    case message
    case exitStatus = "exit-status"
    case roundTrip = "round-trip-ms"
  }

  init(_ message: EngineMessage) {
    switch message {
    case .state(let report, let resume):
      type = "state"
      self.resume = resume
      (muted, held) = (report.muted, report.onHold)
      switch report.state {
      case .connecting: state = "connecting"
      case .ringing: state = "ringing"
      case .joined: state = "joined"
      case .reconnecting(let cause): (state, self.cause) = ("reconnecting", cause.rawValue)
      case .ended(let reason, let detail, let exitStatus):
        (state, self.reason, self.exitStatus) = ("ended", reason.rawValue, exitStatus)
        self.detail = cut(detail)
      }
    case .media(let counters):
      type = "media"
      (sent, received, lost) = (counters.sent, counters.received, counters.lost)
      roundTrip = counters.roundTripMilliseconds
    case .pong(let value): (type, serial) = ("pong", value)
    case .error(let error):
      type = "error"
      (code, request, self.message) = (error.code.rawValue, error.request, cut(error.message))
    case .unknown(let value): type = value
    }
  }

  func decoded() throws(EngineProtocolError) -> EngineMessage {
    switch type {
    case "state":
      .state(EngineReport(try reportState(), muted: muted ?? false, onHold: held ?? false), resume: resume)
    case "media":
      .media(
        MediaCounters(
          sent: try value(sent, "sent"), received: try value(received, "received"),
          lost: try value(lost, "lost"), roundTripMilliseconds: roundTrip))
    case "pong": .pong(try value(serial, "serial"))
    case "error":
      .error(
        EngineError(
          code.flatMap(EngineError.Code.init) ?? .failed, request: cut(request ?? ""),
          message: cut(message ?? "")))
    default: .unknown(type: cut(type))
    }
  }

  private func reportState() throws(EngineProtocolError) -> EngineReport.State {
    switch try value(state, "state") {
    case "connecting": .connecting
    case "ringing": .ringing
    case "joined": .joined
    case "reconnecting": .reconnecting(cause.flatMap(InterruptionCause.init) ?? .network)
    case "ended":
      .ended(try endReason(), detail: cut(detail ?? ""), exitStatus: exitStatus)
    case let other: throw .badValue(key: "state", value: cut(other))
    }
  }

  private func endReason() throws(EngineProtocolError) -> EndReason {
    let text = try value(reason, "reason")
    guard let reason = EndReason(rawValue: text) else { throw .badValue(key: "reason", value: cut(text)) }
    return reason
  }
}

private func cut(_ text: String) -> String {
  let safe = DisplayText(text).description
  guard safe.utf8.count > EngineProtocol.maximumDetailLength else { return safe }
  var result = ""
  for character in safe {
    guard result.utf8.count + character.utf8.count < EngineProtocol.maximumDetailLength - 3 else { break }
    result.append(character)
  }
  return result + "…"
}
