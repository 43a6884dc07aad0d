// SPDX-License-Identifier: Apache-2.0
package import CallModel

extension EngineRequest {
  /// The line for this request, with its newline.
  public func encoded() throws(EngineProtocolError) -> [UInt8] { try wireLine() }

  public init(line: [UInt8]) throws(EngineProtocolError) {
    do { try self.init(wire: line) } catch .notAnObject {
      // It may be the half of one that has a password in it.
      throw .notAnObject(line: "\(line.count) bytes")
    } catch { throw error }
  }

  /// The `type` of the request on the wire.
  public var type: String { kind?.name ?? unknownType ?? "" }

  /// What an engine must be able to do to be asked this; nil where every engine is.
  package var capability: EngineDescriptor.Capability? { kind?.capability }
}

/// A row for each request. The tables of EngineChannel.md document them, which a test compares.
extension EngineRequest: Wire {
  static let kinds: [WireKind<EngineRequest>] = [
    WireKind("hello", EngineRequest.hello) { if case .hello(let hello) = $0 { hello } else { nil } },
    WireKind("join", EngineRequest.join) { if case .join(let join) = $0 { join } else { nil } },
    WireKind("leave", .leave),
    WireKind("set-muted", "muted", EngineRequest.setMuted) { if case .setMuted(let muted) = $0 { muted } else { nil } }
      .needs(.mute),
    WireKind("set-held", "held", EngineRequest.setHeld) { if case .setHeld(let held) = $0 { held } else { nil } }
      .needs(.hold),
    WireKind("send-dtmf", "digits", EngineRequest.sendDtmf) {
      if case .sendDtmf(let digits) = $0 { digits } else { nil }
    }.needs(.dtmf),
    WireKind("transfer", "target", EngineRequest.transfer, WireRule.target) {
      if case .transfer(let target) = $0 { target } else { nil }
    }.needs(.transfer),
    WireKind("answer-transfer", TransferAnswer.request) { TransferAnswer($0) }.needs(.transfer),
    WireKind("set-audio", AudioChoice.request) { AudioChoice($0) }.needs(.audio),
    WireKind("start-recording", "file", EngineRequest.startRecording, WireRule.path) {
      if case .startRecording(let file) = $0 { file } else { nil }
    }.needs(.record),
    WireKind("stop-recording", .stopRecording).needs(.record),
    WireKind("network", "reachable", EngineRequest.network) {
      if case .network(let reachable) = $0 { reachable } else { nil }
    },
    WireKind("ping", "serial", EngineRequest.ping) { if case .ping(let serial) = $0 { serial } else { nil } },
    WireKind("attach", .attach).needs(.terminal),
    WireKind("send-keys", "text", EngineRequest.sendKeys, WireRule.keys) {
      if case .sendKeys(let text) = $0 { text } else { nil }
    }.needs(.sendKeys),
    WireKind("report", .report),
  ]

  var unknownType: String? { if case .unknown(let type) = self { type } else { nil } }
}

extension EngineRequest.Hello: WireBody {
  static var blank: Self { Self(session: "", lease: 0) }

  static let fields: [WireField<Self>] = [
    .required("version", \.version),
    .required("session", \.session),
    .required("lease", \.lease, WireRule.number(0...Int.max)),
  ]
}

extension EngineRequest.Join: WireBody {
  static var blank: Self { Self() }

  static let fields: [WireField<Self>] = [
    .optional("uri", \.uri),
    .optional("command", \.command),
    .defaulted("terminal", \.terminal) { $0 },
    .optional("columns", \.columns, WireRule.number(1...EngineProtocol.maximumSide)),
    .optional("rows", \.rows, WireRule.number(1...EngineProtocol.maximumSide)),
    .optional("working-directory", \.workingDirectory),
    .defaulted("environment", \.environment) { !$0.isEmpty },
    .defaulted("settings", \.settings) { !$0.isEmpty },
    .defaulted("muted", \.muted),
    .optional("held", \.held),
    .optional("resume", \.resume),
    .optional("recording", \.recording, WireRule.path),
    .optional("title", \.title),
    .optional("account", \.account, WireRule.account),
  ]
}

/// The keys of `answer-transfer`.
private struct TransferAnswer: WireBody {
  var answer: String
  var target: String?

  static var blank: Self { Self(answer: "") }

  static let fields: [WireField<Self>] = [
    .required("answer", \.answer),
    .optional("target", \.target, WireRule.target),
  ]

  @Sendable static func request(_ answer: Self) -> EngineRequest {
    .answerTransfer(answer: answer.answer, target: answer.target)
  }
}

extension TransferAnswer {
  init?(_ request: EngineRequest) {
    guard case .answerTransfer(let answer, let target) = request else { return nil }
    self.init(answer: answer, target: target)
  }
}

/// The keys of `set-audio`.
private struct AudioChoice: WireBody {
  var microphone: String?
  var speaker: String?

  static var blank: Self { Self() }

  static let fields: [WireField<Self>] = [
    .optional("microphone", \.microphone, WireRule.device),
    .optional("speaker", \.speaker, WireRule.device),
  ]

  @Sendable static func request(_ choice: Self) -> EngineRequest {
    .setAudio(microphone: choice.microphone, speaker: choice.speaker)
  }
}

extension AudioChoice {
  init?(_ request: EngineRequest) {
    guard case .setAudio(let microphone, let speaker) = request else { return nil }
    self.init(microphone: microphone, speaker: speaker)
  }
}
