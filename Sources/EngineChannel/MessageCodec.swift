// SPDX-License-Identifier: Apache-2.0
internal import CallLife
internal import CallModel

extension EngineMessage {
  /// The line for this message, with its newline.
  public func encoded() throws(EngineProtocolError) -> [UInt8] { try wireLine() }

  public init(line: [UInt8]) throws(EngineProtocolError) { try self.init(wire: line) }
}

/// A row for each message. The tables of EngineChannel.md document them, which a test compares.
extension EngineMessage: Wire {
  static let kinds: [WireKind<EngineMessage>] = [
    WireKind("state", StateMessage.message) { StateMessage($0) },
    WireKind("media", EngineMessage.media) { if case .media(let counters) = $0 { counters } else { nil } },
    WireKind("program", EngineMessage.program) { if case .program(let status) = $0 { status } else { nil } },
    WireKind("digits", EngineMessage.digits) { if case .digits(let count) = $0 { count } else { nil } },
    WireKind("pong", "serial", EngineMessage.pong) { if case .pong(let serial) = $0 { serial } else { nil } },
    WireKind("registration", EngineMessage.registration) {
      if case .registration(let registration) = $0 { registration } else { nil }
    },
    WireKind("error", EngineMessage.error) { if case .error(let error) = $0 { error } else { nil } },
  ]

  var unknownType: String? { if case .unknown(let type) = self { type } else { nil } }
}

/// The keys of `state`.
struct StateMessage: WireBody {
  var report: EngineReport
  var resume: String?

  static var blank: Self { Self(report: EngineReport(.connecting)) }

  static let fields: [WireField<Self>] = [
    .oneOf("state", \.report.state, EngineReport.State.kinds),
    .defaulted("muted", \.report.muted),
    .defaulted("held", \.report.onHold),
    .defaulted("alone", \.report.alone) { $0 },
    .optional("recording", \.report.recording, WireRule.path),
    .optional("connected-to", \.report.connectedTo, WireRule.text),
    .optional("transfer-target", \.report.transferTarget, WireRule.target),
    .optional("transfer-request", \.report.transferRequest, WireRule.target),
    .optional("resume", \.resume, WireRule.resume),
  ]

  @Sendable static func message(_ said: Self) -> EngineMessage { .state(said.report, resume: said.resume) }
}

extension StateMessage {
  init?(_ message: EngineMessage) {
    guard case .state(let report, let resume) = message else { return nil }
    self.init(report: report, resume: resume)
  }
}

/// A row for each state.
extension EngineReport.State {
  static let kinds: [WireKind<Self>] = [
    WireKind("connecting", .connecting),
    WireKind("ringing", .ringing),
    WireKind("joined", .joined),
    WireKind("reconnecting", { (lost: Interruption) in .reconnecting(lost.cause) }) {
      if case .reconnecting(let cause) = $0 { Interruption(cause: cause) } else { nil }
    },
    WireKind("ended", Ending.state) { Ending($0) },
  ]
}

/// The keys of `reconnecting`.
private struct Interruption: WireBody {
  var cause: InterruptionCause

  static var blank: Self { Self(cause: .network) }

  static let fields: [WireField<Self>] = [.name("cause", \.cause)]
}

/// The keys of `ended`.
private struct Ending: WireBody {
  var reason: EndReason
  var detail: String
  var exitStatus: Int?

  static var blank: Self { Self(reason: .engineFailed, detail: "") }

  static let fields: [WireField<Self>] = [
    WireField(
      key: "reason",
      read: { fields, ending throws(EngineProtocolError) in
        let text: String = try fields.required("reason")
        guard let reason = EndReason(rawValue: text) else { throw .badValue(key: "reason", value: cut(text)) }
        ending.reason = reason
      },
      write: { try $1.encode($0.reason.rawValue, forKey: WireKey("reason")) }),
    .text("detail", \.detail),
    .optional("exit-status", \.exitStatus, WireRule.number(0...255)),
  ]

  @Sendable static func state(_ ending: Self) -> EngineReport.State {
    .ended(ending.reason, detail: ending.detail, exitStatus: ending.exitStatus)
  }
}

extension Ending {
  init?(_ state: EngineReport.State) {
    guard case .ended(let reason, let detail, let exitStatus) = state else { return nil }
    self.init(reason: reason, detail: detail, exitStatus: exitStatus)
  }
}

extension EngineError: WireBody {
  static var blank: Self { Self(.failed, request: "", message: "") }

  static let fields: [WireField<Self>] = [
    .name("code", \.code), .text("request", \.request), .text("message", \.message),
  ]
}

extension ProgramStatus: WireBody {
  static var blank: Self { Self(process: nil) }

  static let fields: [WireField<Self>] = [
    .optional("pid", \.process, WireRule.number(1...Int(Int32.max))),
    .optional("columns", \.columns, WireRule.cells), .optional("rows", \.rows, WireRule.cells),
    .optional("viewers", \.viewers, WireRule.cells),
  ]
}

extension EngineRegistration: WireBody {
  static var blank: Self { Self(.registering) }

  static let fields: [WireField<Self>] = [
    .name("state", \.state), .optional("expires-in", \.expiresIn, WireRule.seconds),
    .optional("retry-in", \.retryIn, WireRule.seconds), .text("detail", \.detail),
  ]
}

extension WireField {
  /// A name; one that is not known is as good as missing.
  fileprivate static func name<Name: RawRepresentable<String> & Sendable>(
    _ key: String, _ path: any WritableKeyPath<Body, Name> & Sendable
  ) -> Self {
    Self(
      key: key,
      read: { fields, body throws(EngineProtocolError) in
        let name: String? = try fields.optional(key)
        if let value = name.flatMap(Name.init) { body[keyPath: path] = value }
      },
      write: { try $1.encode($0[keyPath: path].rawValue, forKey: WireKey(key)) })
  }
}
