// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel

extension EngineMessage {
  /// The line for this message, with its newline.
  public func encoded() throws(EngineProtocolError) -> [UInt8] { try wireLine() }

  public init(line: [UInt8]) throws(EngineProtocolError) { try self.init(wire: line) }
}

extension EngineMessage: Wire {
  init(_ fields: WireFields) throws(EngineProtocolError) {
    switch fields.type {
    case "state": self = .state(try EngineReport(fields), resume: try resume(fields))
    case "media": self = .media(try MediaCounters(fields))
    case "pong": self = .pong(try fields.required(.serial))
    case "error": self = .error(try EngineError(fields))
    case let other: self = .unknown(type: cut(other))
    }
  }

  func write(to fields: inout KeyedEncodingContainer<WireKey>) throws {
    switch self {
    case .state(let report, let resume):
      try fields.encode("state", forKey: .type)
      try report.write(to: &fields)
      try fields.encodeIfPresent(resume, forKey: .resume)
    case .media(let counters):
      try fields.encode("media", forKey: .type)
      try counters.write(to: &fields)
    case .pong(let serial):
      try fields.encode("pong", forKey: .type)
      try fields.encode(serial, forKey: .serial)
    case .error(let error):
      try fields.encode("error", forKey: .type)
      try fields.encode(error.code.rawValue, forKey: .code)
      try fields.encode(cut(error.request), forKey: .request)
      try fields.encode(cut(error.message), forKey: .message)
    case .unknown(let type): try fields.encode(type, forKey: .type)
    }
  }
}

private func resume(_ fields: WireFields) throws(EngineProtocolError) -> String? {
  let resume: String? = try fields.optional(.resume)
  guard (resume?.utf8.count ?? 0) <= EngineProtocol.maximumResumeLength else {
    throw .badValue(key: WireKey.resume.rawValue, value: cut(resume ?? ""))
  }
  return resume
}

extension EngineReport {
  fileprivate init(_ fields: WireFields) throws(EngineProtocolError) {
    self.init(
      try State(fields), muted: try fields.optional(.muted) ?? false, onHold: try fields.optional(.held) ?? false,
      alone: try fields.optional(.alone) ?? false, recording: try fields.optionalPath(.recording))
  }

  fileprivate func write(to fields: inout KeyedEncodingContainer<WireKey>) throws {
    try fields.encode(muted, forKey: .muted)
    try fields.encode(onHold, forKey: .held)
    if alone { try fields.encode(true, forKey: .alone) }
    try fields.encodeIfPresent(recording, forKey: .recording)
    switch state {
    case .connecting: try fields.encode("connecting", forKey: .state)
    case .ringing: try fields.encode("ringing", forKey: .state)
    case .joined: try fields.encode("joined", forKey: .state)
    case .reconnecting(let cause):
      try fields.encode("reconnecting", forKey: .state)
      try fields.encode(cause.rawValue, forKey: .cause)
    case .ended(let reason, let detail, let exitStatus):
      try fields.encode("ended", forKey: .state)
      try fields.encode(reason.rawValue, forKey: .reason)
      try fields.encode(cut(detail), forKey: .detail)
      try fields.encodeIfPresent(exitStatus, forKey: .exitStatus)
    }
  }
}

extension EngineReport.State {
  fileprivate init(_ fields: WireFields) throws(EngineProtocolError) {
    switch try fields.required(.state, as: String.self) {
    case "connecting": self = .connecting
    case "ringing": self = .ringing
    case "joined": self = .joined
    case "reconnecting":
      let cause = try fields.optional(.cause, as: String.self).flatMap(InterruptionCause.init)
      self = .reconnecting(cause ?? .network)
    case "ended":
      let text: String = try fields.required(.reason)
      guard let reason = EndReason(rawValue: text) else {
        throw .badValue(key: WireKey.reason.rawValue, value: cut(text))
      }
      let exitStatus: Int? = try fields.optional(.exitStatus)
      guard (0...255).contains(exitStatus ?? 0) else {
        throw .badValue(key: WireKey.exitStatus.rawValue, value: "\(exitStatus ?? 0)")
      }
      self = .ended(reason, detail: cut(try fields.optional(.detail) ?? ""), exitStatus: exitStatus)
    case let other: throw .badValue(key: WireKey.state.rawValue, value: cut(other))
    }
  }
}

extension EngineError {
  fileprivate init(_ fields: WireFields) throws(EngineProtocolError) {
    let code: String? = try fields.optional(.code)
    self.init(
      code.flatMap(Code.init) ?? .failed,
      request: cut(try fields.optional(.request) ?? ""), message: cut(try fields.optional(.message) ?? ""))
  }
}
