// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import EngineChannel
import LinuxFiles
import Systemd

/// The options of `Launch`, as they came: each of a known name, and of the type it is to have.
struct LaunchOptions {
  private let values: OptionDictionary
  private let built: CustomNotification?
  private let channels: NotificationChannels
  private let phrases: Phrases
  private let permission: Permission

  static let signatures = [
    LaunchOption.uri: "s", LaunchOption.command: "as", LaunchOption.adoptPID: "u", LaunchOption.adoptPIDFD: "h",
    LaunchOption.hangUpGrace: "u", LaunchOption.terminal: "b",
    LaunchOption.workingDirectory: "s", LaunchOption.environment: "as", LaunchOption.engine: "s",
    LaunchOption.engineSettings: "a{ss}", LaunchOption.title: "s", LaunchOption.applicationID: "s",
    LaunchOption.token: "s", LaunchOption.launchTimeout: "u", LaunchOption.startMuted: "b",
    LaunchOption.reconnectTimeout: "u", LaunchOption.aloneTimeout: "u", LaunchOption.inhibitSleep: "b",
    LaunchOption.linger: "b", LaunchOption.notification: "a{sv}", LaunchOption.channel: "s",
    LaunchOption.returnDBus: "(so)", LaunchOption.returnCommand: "as", LaunchOption.microphone: "s",
    LaunchOption.speaker: "s",
  ]

  /// - Parameters:
  ///   - built: the notification where the options have none.
  ///   - channels: those that a notification may be of.
  ///   - phrases: what its own buttons say.
  ///   - permission: what whoever launches may do.
  init(
    _ dictionary: [(String, BusValue)], built: CustomNotification? = nil, channels: NotificationChannels = .init(),
    phrases: Phrases = .init(), permission: Permission = Permission(caller: .unconfined)
  ) throws(CallRefusal) {
    values = try OptionDictionary(dictionary, Self.signatures)
    try permission.check(launch: dictionary)
    self.built = built
    self.channels = channels
    self.phrases = phrases
    self.permission = permission
  }

  private func string(_ name: String) -> String? { values.string(name) }
  private func strings(_ name: String) -> [String]? { values.strings(name) }
  private func bool(_ name: String) -> Bool { values.bool(name) ?? false }

  /// Whether nothing is to be started where the user cannot be made to linger: this launch asks for it by name.
  var mustLinger: Bool { bool(LaunchOption.linger) }

  /// The process that is to be adopted; nil where an engine is to carry the call.
  @EventLoopActor
  func adoption() throws(CallRefusal) -> AdoptionRequest? {
    guard let request = try AdoptionRequest(values) else {
      guard values[LaunchOption.hangUpGrace] == nil else {
        let (number, descriptor) = (LaunchOption.adoptPID, LaunchOption.adoptPIDFD)
        throw .invalidOption(LaunchOption.hangUpGrace, "it goes with “\(number)” or “\(descriptor)”")
      }
      return nil
    }
    let process = Caller.process(request.identity.pid, descriptor: request.handle.descriptor)
    try permission.check(adopting: process)
    try request.check(moving: process)
    return request
  }

  /// Of a process that is the call already, which `request` has found to be one that may be.
  @EventLoopActor
  func spec(
    adopting request: AdoptionRequest, _ defaults: Configuration, _ files: FileFacts
  ) throws(CallRefusal) -> LaunchSpec {
    for (name, why) in Self.unfitForAdoption where values[name] != nil { throw .invalidOption(name, why) }
    var spec = LaunchSpec(engine: .none, title: shortened(request.name))
    spec.process = request.identity
    spec.hangUpGrace =
      try seconds(LaunchOption.hangUpGrace, Limit.hangUpGraceSeconds) ?? Limit.defaultHangUpGraceSeconds
    try fill(&spec, defaults, files)
    return spec
  }

  /// What is for calls that an engine carries, and why it does not go with a process.
  private static let unfitForAdoption: [(String, String)] = {
    let own = "an adopted process is the call already, and has its own"
    let unknown = "whether the call of an adopted process is up is known to that alone"
    return [
      (LaunchOption.uri, "give an address or a process to adopt, not both"),
      (LaunchOption.command, "give a command or a process to adopt, not both"),
      (LaunchOption.terminal, own), (LaunchOption.workingDirectory, own), (LaunchOption.environment, own),
      (LaunchOption.engine, "an adopted process carries its call itself, without an engine"),
      (LaunchOption.engineSettings, "an adopted process carries its call itself, without an engine"),
      (LaunchOption.startMuted, "an adopted process has its microphone in its own hands"),
      (LaunchOption.microphone, "an adopted process has its microphone in its own hands"),
      (LaunchOption.speaker, "an adopted process has its speaker in its own hands"),
      (LaunchOption.launchTimeout, "an adopted process is a call that is joined already"),
      (LaunchOption.reconnectTimeout, unknown), (LaunchOption.aloneTimeout, unknown),
    ]
  }()

  /// Everything checked, so that a launch which cannot work starts nothing.
  func spec(_ engines: EngineList, _ defaults: Configuration, _ files: FileFacts) throws(CallRefusal) -> LaunchSpec {
    var spec =
      switch (string(LaunchOption.uri), strings(LaunchOption.command)) {
      case (nil, nil):
        throw CallRefusal.invalidOption(LaunchOption.uri, "give an address to call, or a “command” to run")
      case (.some, .some):
        throw CallRefusal.invalidOption(LaunchOption.command, "give an address or a command, not both")
      case (let uri?, nil): try callSpec(uri, engines, files)
      case (nil, let command?): try commandSpec(command, engines, files)
      }
    spec.settings = try settings(of: spec.engine)
    spec.launchTimeout = try seconds(LaunchOption.launchTimeout, Limit.timeoutSeconds) ?? defaults.launchTimeout
    spec.reconnectTimeout =
      try seconds(LaunchOption.reconnectTimeout, Limit.timeoutSeconds) ?? defaults.reconnectTimeout
    spec.aloneTimeout = try seconds(LaunchOption.aloneTimeout, Limit.aloneTimeoutSeconds) ?? defaults.aloneTimeout
    spec.startMuted = bool(LaunchOption.startMuted)
    try fill(&spec, defaults, files)
    if spec.startMuted { try check(spec.engine, can: .mute, LaunchOption.startMuted) }
    if spec.terminal { try check(spec.engine, can: .terminal, LaunchOption.terminal) }
    guard (try? EngineRequest.join(spec.join).encoded()) != nil else {
      throw .invalidOption(LaunchOption.command, "the whole of the options is too long for an engine")
    }
    return spec
  }

  /// What goes with every call.
  private func fill(
    _ spec: inout LaunchSpec, _ defaults: Configuration, _ files: FileFacts
  ) throws(CallRefusal) {
    spec.title = try values.line(LaunchOption.title, atMost: Limit.titleBytes) ?? spec.title
    spec.sandbox = permission.owner
    spec.applicationID = try applicationID()
    spec.token = try token()
    spec.inhibitsSleep = values[LaunchOption.inhibitSleep]?.asBool ?? defaults.inhibitsSleep
    spec.lingers = values[LaunchOption.linger]?.asBool ?? defaults.lingers
    spec.returnTarget = try values.returnTarget(files)
    spec.notification = try notification(files)
    spec.channel = try values.channel(LaunchOption.channel, of: channels)
  }

  // MARK: What the call is

  private func callSpec(_ text: String, _ engines: EngineList, _ files: FileFacts) throws(CallRefusal) -> LaunchSpec {
    for name in [LaunchOption.terminal, LaunchOption.workingDirectory, LaunchOption.environment] {
      guard values[name] == nil else { throw .invalidOption(name, "it goes with a command, not with an address") }
    }
    let uri: CallURI
    do { uri = try CallURI(text) } catch { throw .invalidOption(LaunchOption.uri, "\(error)") }
    let engine: EngineDescriptor
    if let name = string(LaunchOption.engine) {
      engine = try engines.engine(named: name)
      guard engine.schemes.contains(uri.scheme) else {
        throw .invalidOption(
          LaunchOption.engine, "the engine “\(engine.name)” does not call “\(uri.scheme):” addresses")
      }
    } else {
      engine = try engines.engine(forScheme: uri.scheme)
    }
    try checkProgram(of: engine, files)
    return LaunchSpec(engine: engine, uri: uri.description, title: shortened(uri.description))
  }

  private func commandSpec(
    _ command: [String], _ engines: EngineList, _ files: FileFacts
  ) throws(CallRefusal) -> LaunchSpec {
    let option = LaunchOption.command
    guard let name = command.first, !name.isEmpty else { throw .invalidOption(option, "it names no program") }
    try atMost(Limit.commandStrings, Limit.commandBytes, option, command)
    let environment = strings(LaunchOption.environment) ?? []
    try atMost(
      Limit.environmentStrings, Limit.environmentBytes, LaunchOption.environment, environment)
    for variable in environment {
      guard let equals = variable.firstIndex(of: "="), equals != variable.startIndex else {
        throw .invalidOption(
          LaunchOption.environment, "“\(DisplayText(String(variable.prefix(64))))” is not NAME=VALUE")
      }
    }
    let engine = try engines.engine(named: string(LaunchOption.engine) ?? "command")
    guard engine.can(.command) else {
      throw .invalidOption(LaunchOption.engine, "the engine “\(engine.name)” does not run commands")
    }
    try checkProgram(of: engine, files)
    let program = try values.program(name, environment, for: option, files)
    let directory = try workingDirectory(files)
    let title = shortened(String(name.split(separator: "/").last ?? "command"))
    return LaunchSpec(
      engine: engine, command: [program] + command.dropFirst(), terminal: bool(LaunchOption.terminal),
      workingDirectory: directory, environment: environment, title: title)
  }

  private func checkProgram(of engine: EngineDescriptor, _ files: FileFacts) throws(CallRefusal) {
    guard let program = engine.command.first, files.isExecutable(program) else {
      throw .engineNotFound("the engine “\(engine.name)” has no program at \(engine.command.first ?? "")")
    }
  }

  private func check(
    _ engine: EngineDescriptor, can capability: EngineDescriptor.Capability, _ option: String
  ) throws(CallRefusal) {
    guard engine.can(capability) else {
      throw .invalidOption(
        option, "the engine “\(engine.name)” cannot do this (it lacks “\(capability.rawValue)”)")
    }
  }

  private func workingDirectory(_ files: FileFacts) throws(CallRefusal) -> String? {
    guard let path = string(LaunchOption.workingDirectory) else { return Environment["HOME"] }
    try atMost(Limit.pathBytes, LaunchOption.workingDirectory, path)
    guard path.hasPrefix("/"), files.isDirectory(path) else {
      throw .invalidOption(
        LaunchOption.workingDirectory, "“\(DisplayText(path))” is not the absolute path of a directory")
    }
    return path
  }

  // MARK: The rest

  private func settings(of engine: EngineDescriptor) throws(CallRefusal) -> [String: String] {
    var settings: [String: String] = [:]
    for (key, value) in values[LaunchOption.engineSettings]?.asStringEntries ?? [] {
      guard engine.settings.contains(key) else {
        let known = engine.settings.isEmpty ? "it has none" : "it has \(engine.settings.joined(separator: ", "))"
        throw .invalidOption(
          LaunchOption.engineSettings,
          "the engine “\(engine.name)” has no setting “\(DisplayText(String(key.prefix(64))))”; \(known)")
      }
      try atMost(Limit.settingBytes, LaunchOption.engineSettings, value)
      settings[key] = value
    }
    try permission.check(settings: settings.keys.sorted(), of: engine)
    for name in [LaunchOption.microphone, LaunchOption.speaker] {
      guard let device = try values.device(name) else { continue }
      guard engine.settings.contains(name) else {
        throw .invalidOption(name, "the engine “\(engine.name)” does not let it be chosen (it lacks the setting)")
      }
      guard settings[name] == nil else { throw .invalidOption(name, "it is given as an engine's setting, too") }
      settings[name] = device.isEmpty ? nil : device
    }
    return settings
  }

  private func applicationID() throws(CallRefusal) -> String {
    if let sandbox = permission.owner { return sandbox.application }
    guard let id = string(LaunchOption.applicationID), !id.isEmpty else { return "" }
    return try values.identifier(LaunchOption.applicationID, atMost: Limit.applicationIDBytes) ?? ""
  }

  private func notification(_ files: FileFacts) throws(CallRefusal) -> CustomNotification? {
    guard let dictionary = values[LaunchOption.notification]?.asEntries else { return built }
    return try CustomNotification(
      options: dictionary, in: LaunchOption.notification, channels: channels, phrases: phrases, files: files)
  }

  private func token() throws(CallRefusal) -> String? {
    guard let token = string(LaunchOption.token) else { return nil }
    guard !token.isEmpty else { throw .invalidOption(LaunchOption.token, "it is empty") }
    try atMost(Limit.tokenBytes, LaunchOption.token, token)
    return token
  }

  private func seconds(_ option: String, _ range: ClosedRange<UInt32>) throws(CallRefusal) -> UInt32? {
    guard let seconds = values[option]?.asUInt32 else { return nil }
    guard range.contains(seconds) else {
      throw .invalidOption(option, "\(seconds) is not from \(range.lowerBound) to \(range.upperBound) seconds")
    }
    return seconds
  }

  // MARK: Bounds

  private func atMost(_ bytes: Int, _ option: String, _ text: String) throws(CallRefusal) {
    try values.check(option, text, atMost: bytes)
  }

  func atMost(_ count: Int, _ bytes: Int, _ option: String, _ list: [String]) throws(CallRefusal) {
    try values.check(option, list, atMost: count, bytes: bytes)
  }

  /// A default title, which must fit like a given one.
  private func shortened(_ text: String) -> String {
    let safe = DisplayText(text).description
    return safe.utf8.count <= Limit.titleBytes ? safe : String(safe.prefix(60)) + "…"
  }
}
