// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import EngineChannel
import Systemd

/// What is to be launched, and whether this machine, with its files, engines and processes, lets it be.
struct LaunchOptions {
  let request: LaunchRequest
  private let built: CustomNotification?
  private let channels: NotificationChannels
  private let phrases: Phrases
  let permission: Permission

  /// - Parameters:
  ///   - entries: the options as they came.
  ///   - built: the notification where the options have none.
  ///   - channels: those that a notification may be of.
  ///   - phrases: what its own buttons say.
  ///   - permission: what whoever launches may do.
  init(
    _ entries: [(String, BusValue)], built: CustomNotification? = nil, channels: NotificationChannels = .init(),
    phrases: Phrases = .init(), permission: Permission = Permission(caller: .unconfined)
  ) throws(CallRefusal) {
    try CallRefusal.ofOption { () throws(OptionProblem) in try LaunchRequest.table.check(entries) }
    try permission.check(launch: entries)
    request = try CallRefusal.ofOption { () throws(OptionProblem) in try LaunchRequest(entries) }
    self.built = built
    self.channels = channels
    self.phrases = phrases
    self.permission = permission
  }

  /// Whether nothing is to be started where the user cannot be made to linger: this launch asks for it by name.
  var mustLinger: Bool { request.call.$lingers.given ?? false }

  /// The process that is to be adopted; nil where an engine is to carry the call.
  @EventLoopActor
  func adoption() throws(CallRefusal) -> AdoptionRequest? {
    guard let adoption = try AdoptionRequest(request) else { return nil }
    let process = Caller.process(adoption.identity.pid, descriptor: adoption.handle.descriptor)
    try permission.check(adopting: process)
    try adoption.check(moving: process)
    return adoption
  }

  /// Of a process that is the call already, which `adoption` has found to be one that may be.
  @EventLoopActor
  func spec(
    adopting adoption: AdoptionRequest, _ defaults: Configuration, _ files: FileFacts
  ) throws(CallRefusal) -> LaunchSpec {
    var spec = LaunchSpec(engine: .none, title: adoption.name)
    spec.process = adoption.identity
    try settle(&spec, defaults, files)
    spec.hangUpGrace = spec.hangUpGrace ?? CallSettings.usualHangUpGrace
    return spec
  }

  /// Everything checked, so that a launch which cannot work starts nothing.
  func spec(
    _ engines: EngineList, _ accounts: AccountList, _ defaults: Configuration, _ files: FileFacts
  ) throws(CallRefusal) -> LaunchSpec {
    var spec: LaunchSpec
    var account: AccountList.Entry?
    if let written = request.uri {
      let uri: String
      (uri, account) = try callee(written, engines, accounts)
      let engine = try engine(for: uri, engines, files)
      spec = LaunchSpec(engine: engine, uri: uri, title: written)
    } else if let command = request.command {
      spec = try commandSpec(command, engines, files)
    } else {
      throw .invalidOption(LaunchOption.uri, "give an address to call, or a “command” to run")
    }
    spec.settings = try settings(of: spec.engine)
    let directory = spec.workingDirectory
    try settle(&spec, defaults, files)
    spec.workingDirectory = directory
    (spec.account, spec.accountSettings) = (account?.id.description, account?.account)
    try checkEncryption(of: spec)
    if spec.startMuted { try check(spec.engine, can: .mute, LaunchOption.startMuted) }
    if spec.terminal { try check(spec.engine, can: .terminal, LaunchOption.terminal) }
    guard (try? EngineRequest.join(spec.join).encoded()) != nil else {
      throw .invalidOption(LaunchOption.command, "the whole of the options is too long for an engine")
    }
    return spec
  }

  /// What goes with every call.
  private func settle(
    _ spec: inout LaunchSpec, _ defaults: Configuration, _ files: FileFacts
  ) throws(CallRefusal) {
    let title = spec.title
    spec.call = request.call
    CallSettings.table.fill(&spec.call, from: defaults.calls)
    spec.title = request.call.$title.given ?? Self.shortened(title)
    spec.sandbox = permission.owner
    spec.applicationID = permission.owner?.application ?? request.call.applicationID
    try spec.returnTarget?.check(files)
    if request.call.notification == nil {
      spec.notification = built
    } else {
      try spec.notification?.check(in: LaunchOption.notification, channels, phrases, files)
    }
    try channels.check(LaunchOption.channel, spec.channel)
  }

  /// A default title, which must fit like a given one.
  static func shortened(_ text: String) -> String {
    let safe = DisplayText(text).description
    var settings = CallSettings()
    do throws(OptionProblem) {
      try CallSettings.table.read([("title", .string(safe))], into: &settings)
      return safe
    } catch { return String(safe.prefix(60)) + "…" }
  }
}
