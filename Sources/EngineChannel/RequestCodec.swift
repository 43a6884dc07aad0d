// SPDX-License-Identifier: Apache-2.0

extension EngineRequest {
  /// The line for this request, with its newline.
  public func encoded() throws(EngineProtocolError) -> [UInt8] { try wireLine() }

  public init(line: [UInt8]) throws(EngineProtocolError) { try self.init(wire: line) }

  /// The `type` of the request on the wire.
  public var type: String {
    switch self {
    case .hello: "hello"
    case .join: "join"
    case .leave: "leave"
    case .setMuted: "set-muted"
    case .setHeld: "set-held"
    case .sendDtmf: "send-dtmf"
    case .setAudio: "set-audio"
    case .startRecording: "start-recording"
    case .stopRecording: "stop-recording"
    case .network: "network"
    case .ping: "ping"
    case .attach: "attach"
    case .report: "report"
    case .unknown(let type): type
    }
  }
}

extension EngineRequest: Wire {
  init(_ fields: WireFields) throws(EngineProtocolError) {
    switch fields.type {
    case "hello": self = .hello(try Hello(fields))
    case "join": self = .join(try Join(fields))
    case "leave": self = .leave
    case "set-muted": self = .setMuted(try fields.required(.muted))
    case "set-held": self = .setHeld(try fields.required(.held))
    case "send-dtmf": self = .sendDtmf(try fields.required(.digits))
    case "set-audio":
      self = .setAudio(microphone: try fields.optionalDevice(.microphone), speaker: try fields.optionalDevice(.speaker))
    case "start-recording":
      guard let file = try fields.optionalPath(.file) else {
        throw .missing(key: WireKey.file.rawValue, type: fields.type)
      }
      self = .startRecording(file: file)
    case "stop-recording": self = .stopRecording
    case "network": self = .network(reachable: try fields.required(.reachable))
    case "ping": self = .ping(try fields.required(.serial))
    case "attach": self = .attach
    case "report": self = .report
    case let other: self = .unknown(type: cut(other))
    }
  }

  func write(to fields: inout KeyedEncodingContainer<WireKey>) throws {
    try fields.encode(type, forKey: .type)
    switch self {
    case .hello(let hello):
      try fields.encode(hello.version, forKey: .version)
      try fields.encode(hello.session, forKey: .session)
      try fields.encode(hello.lease, forKey: .lease)
    case .join(let join): try join.write(to: &fields)
    case .setMuted(let muted): try fields.encode(muted, forKey: .muted)
    case .setHeld(let held): try fields.encode(held, forKey: .held)
    case .sendDtmf(let digits): try fields.encode(digits, forKey: .digits)
    case .setAudio(let microphone, let speaker):
      try fields.encodeIfPresent(microphone, forKey: .microphone)
      try fields.encodeIfPresent(speaker, forKey: .speaker)
    case .startRecording(let file): try fields.encode(file, forKey: .file)
    case .network(let reachable): try fields.encode(reachable, forKey: .reachable)
    case .ping(let serial): try fields.encode(serial, forKey: .serial)
    case .leave, .stopRecording, .attach, .report, .unknown: break
    }
  }
}

extension EngineRequest.Hello {
  fileprivate init(_ fields: WireFields) throws(EngineProtocolError) {
    let lease: Int = try fields.required(.lease)
    guard lease >= 0 else { throw .badValue(key: WireKey.lease.rawValue, value: "\(lease)") }
    self.init(version: try fields.required(.version), session: try fields.required(.session), lease: lease)
  }
}

extension EngineRequest.Join {
  fileprivate init(_ fields: WireFields) throws(EngineProtocolError) {
    self.init(
      uri: try fields.optional(.uri),
      command: try fields.optional(.command),
      terminal: try fields.optional(.terminal) ?? false,
      workingDirectory: try fields.optional(.workingDirectory),
      environment: try fields.optional(.environment) ?? [],
      settings: try fields.optional(.settings) ?? [:],
      muted: try fields.optional(.muted) ?? false,
      held: try fields.optional(.held),
      resume: try fields.optional(.resume),
      recording: try fields.optionalPath(.recording),
      title: try fields.optional(.title))
  }

  fileprivate func write(to fields: inout KeyedEncodingContainer<WireKey>) throws {
    try fields.encodeIfPresent(uri, forKey: .uri)
    try fields.encodeIfPresent(command, forKey: .command)
    if terminal { try fields.encode(terminal, forKey: .terminal) }
    try fields.encodeIfPresent(workingDirectory, forKey: .workingDirectory)
    if !environment.isEmpty { try fields.encode(environment, forKey: .environment) }
    if !settings.isEmpty { try fields.encode(settings, forKey: .settings) }
    try fields.encode(muted, forKey: .muted)
    try fields.encodeIfPresent(held, forKey: .held)
    try fields.encodeIfPresent(resume, forKey: .resume)
    try fields.encodeIfPresent(recording, forKey: .recording)
    try fields.encodeIfPresent(title, forKey: .title)
  }
}
