// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// What a sandboxed application may do; whoever is not in a sandbox may do all that there is.
///
/// What is in no table is not allowed, so that what is new is thought about first. Of options, it is in their rows.
struct Permission {
  let caller: Caller

  /// Those of the manager. Whatever they show or end is what the caller may see of it.
  static let methods: [String: SandboxRule] = [
    ManagerMember.launch: .allowed,
    ManagerMember.abort: .allowed,
    ManagerMember.eventsSince: .allowed,
    ManagerMember.describe: .allowed,
    ManagerMember.createNotificationChannel: .refused("notification channels are for all of the user's applications"),
    ManagerMember.deleteNotificationChannel: .refused("notification channels are for all of the user's applications"),
    ManagerMember.buildOngoingConferenceNotification: .allowed,
  ]

  /// Those of a session that the caller may see.
  static let sessionMethods: [String: SandboxRule] = [
    SessionMember.abort: .allowed,
    SessionMember.hangUp: .allowed,
    SessionMember.return: .allowed,
    SessionMember.setMuted: .allowed,
    SessionMember.setOnHold: .allowed,
    SessionMember.sendDtmf: .allowed,
    SessionMember.setAudio: .devices,
    SessionMember.startRecording: .refused("the file would be written outside of the sandbox"),
    SessionMember.stopRecording: .refused("the recording is the user's, and so is its end"),
    // Of what it says, the same is asked as of any other.
    SessionMember.setNotification: .allowed,
    SessionMember.attachTerminal: .allowed,
  ]

  /// Those of the manager that a caller may call of whom it is not known who it is: they show nothing that is not its own.
  static let methodsOfAnybody: Set = [ManagerMember.abort, ManagerMember.eventsSince, ManagerMember.describe]
}

// MARK: - Asking

extension Permission {
  /// Whose a session is that the caller launches; nil is the user's own.
  var owner: Sandbox? { if case .sandboxed(let sandbox) = caller { sandbox } else { nil } }

  /// Any other session is not there, as far as the caller can tell.
  func sees(sessionOf owner: Sandbox?) -> Bool {
    switch caller {
    case .unconfined: true
    case .sandboxed(let sandbox): owner == sandbox
    case .unidentified: false
    }
  }

  func check(sessionMethod method: String) throws(CallsError) {
    // There is no session for one of whom it is not known who it is.
    guard case .sandboxed = caller else { return }
    try check(method, in: Self.sessionMethods)
  }

  func check(method: String) throws(CallsError) {
    if case .unidentified = caller, Self.methodsOfAnybody.contains(method) { return }
    try check(method, in: Self.methods)
  }

  private func check(_ method: String, in rules: [String: SandboxRule]) throws(CallsError) {
    switch caller {
    case .unconfined: return
    case .unidentified(let why):
      throw .notPermitted("\(method): who calls cannot be found out (\(why)), and such a caller may do nothing")
    case .sandboxed(let sandbox):
      guard case .allowed? = rules[method] else {
        let known = if case .refused(let why)? = rules[method] { why } else { "it is not for sandboxes" }
        throw .notPermitted("“\(sandbox.application)” is in a sandbox, from which \(method) is not permitted: \(known)")
      }
    }
  }

  func check(launch options: [(String, BusValue)]) throws(CallsError) { try check(options, LaunchRequest.table) }

  func check(notification options: [(String, BusValue)]) throws(CallsError) {
    try check(options, CustomNotification.table)
  }

  /// Whether the settings are ones that the engine's descriptor leaves to sandboxes.
  func check(settings: some Sequence<String>, of engine: EngineDescriptor) throws(CallsError) {
    guard owner != nil, let setting = settings.first(where: { engine.sandboxSettings?.contains($0) != true }) else {
      return
    }
    let known = engine.sandboxSettings ?? []
    throw refusal(
      LaunchOption.engineSettings,
      "the engine “\(engine.name)” keeps “\(setting)” from sandboxes; it leaves them "
        + (known.isEmpty ? "none" : known.joined(separator: ", ")))
  }

  /// Whether a process may be adopted that would be taken for `process` if it called.
  func check(adopting process: @autoclosure () -> Caller) throws(CallsError) {
    switch caller {
    case .unconfined: return
    case .unidentified(let why): throw .notPermitted("who calls cannot be found out (\(why))")
    case .sandboxed(let sandbox):
      guard process() != caller else { return }
      throw .notPermitted("the process is not one of the sandbox of “\(sandbox.application)”, which can adopt no other")
    }
  }

  private func check(_ options: [(String, BusValue)], _ table: OptionTable<some Any>) throws(CallsError) {
    switch caller {
    case .unconfined: return
    case .unidentified(let why): throw .notPermitted("who calls cannot be found out (\(why))")
    case .sandboxed(let sandbox):
      guard let problem = table.refusal(of: options, from: sandbox.application) else { return }
      throw refusal(problem.option, problem.text)
    }
  }

  private func refusal(_ option: String, _ why: String) -> CallsError {
    .notPermitted(
      "\(OptionProblem.named(option)) is not permitted from the sandbox of "
        + "“\(owner?.application ?? "")”: \(why)")
  }
}

extension MethodCall {
  var permission: Permission { Permission(caller: caller) }
}
