// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// What a sandboxed application may do; whoever is not in a sandbox may do all that there is.
///
/// What is in no table here is not allowed, so that what is new is thought about first.
struct Permission {
  let caller: Caller

  /// What is said of one option, or of one method.
  enum Rule: Sendable {
    case allowed
    case refused(String)
    /// Allowed to a sandbox for some values; what is wrong with another.
    case ifFit(@Sendable (BusValue, Sandbox) -> String?)
  }

  static let launchOptions: [String: Rule] = [
    LaunchOption.uri: .allowed,
    LaunchOption.command: .refused(outside),
    LaunchOption.adoptPID: .refused("a number may be another process's outside of it; give “adopt-pidfd”"),
    // Of which processes, is found out of the process.
    LaunchOption.adoptPIDFD: .allowed,
    LaunchOption.hangUpGrace: .allowed,
    LaunchOption.terminal: .refused(outside),
    LaunchOption.workingDirectory: .refused(outside),
    LaunchOption.environment: .refused(outside),
    LaunchOption.engine: .allowed,
    // Which of them, the engine's descriptor says.
    LaunchOption.engineSettings: .allowed,
    LaunchOption.title: .allowed,
    LaunchOption.applicationID: .ifFit(isOwn),
    LaunchOption.token: .allowed,
    LaunchOption.launchTimeout: .allowed,
    LaunchOption.reconnectTimeout: .allowed,
    LaunchOption.aloneTimeout: .allowed,
    LaunchOption.inhibitSleep: .allowed,
    LaunchOption.linger: .ifFit { value, _ in
      value.asBool == true ? "whether the user lingers is the user's to say (Linger= in ongoingcalld.conf)" : nil
    },
    LaunchOption.startMuted: .allowed,
    LaunchOption.microphone: .refused(devices),
    LaunchOption.speaker: .refused(devices),
    LaunchOption.notification: .ifFit { value, sandbox in
      problem(in: value.asEntries ?? [], notificationOptions, sandbox).map { "\($0): \($1)" }
    },
    LaunchOption.channel: .allowed,
    LaunchOption.returnDBus: .ifFit(isOwnOnBus),
    LaunchOption.returnCommand: .refused(outside),
  ]

  static let notificationOptions: [String: Rule] = [
    NotificationKey.icon: .ifFit { value, _ in
      value.asString?.contains("/") == true ? "a path is one of files outside of it; give the name of an icon" : nil
    },
    NotificationKey.title: .allowed,
    NotificationKey.text: .allowed,
    NotificationKey.priority: .allowed,
    NotificationKey.ongoing: .allowed,
    NotificationKey.autoCancel: .allowed,
    NotificationKey.visibility: .allowed,
    NotificationKey.category: .allowed,
    NotificationKey.actions: .allowed,
    NotificationKey.channel: .allowed,
    NotificationKey.returnDBus: .ifFit(isOwnOnBus),
    NotificationKey.returnCommand: .refused(outside),
  ]

  private static let outside = "it would be run outside of the sandbox"
  /// A “microphone” may be whatever else the machine plays.
  private static let devices = "which of the devices a call uses is the user's to say"

  @Sendable private static func isOwn(_ value: BusValue, _ sandbox: Sandbox) -> String? {
    guard let id = value.asString, id != sandbox.application, !id.isEmpty else { return nil }
    return "it is another application than “\(sandbox.application)”"
  }

  @Sendable private static func isOwnOnBus(_ value: BusValue, _ sandbox: Sandbox) -> String? {
    let name = value.asStructure?.first?.asString ?? ""
    guard name != sandbox.application, !name.hasPrefix(sandbox.application + ".") else { return nil }
    return "only “\(sandbox.application)”, and what begins with it and “.”, is the application's own name on the bus"
  }

  private static func problem(
    in options: [(String, BusValue)], _ rules: [String: Rule], _ sandbox: Sandbox
  ) -> (option: String, why: String)? {
    for (name, value) in options {
      switch rules[name] ?? .refused("it is not for applications in a sandbox") {
      case .allowed: continue
      case .refused(let why): return (name, why)
      case .ifFit(let problem): if let why = problem(value, sandbox) { return (name, why) }
      }
    }
    return nil
  }
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

  func check(_ method: SessionMethod?) throws(CallRefusal) {
    // There is no session for one of whom it is not known who it is.
    guard case .sandboxed = caller else { return }
    try check(method?.row)
  }

  func check(_ method: ManagerMethod?) throws(CallRefusal) { try check(method?.row) }

  /// - Parameter method: nil is one that there is not, which is said to all.
  private func check(_ method: BusMethod?) throws(CallRefusal) {
    guard let method else { return }
    switch caller {
    case .unconfined: return
    case .unidentified(let why):
      if case .anybody = method.callers { return }
      throw .notPermitted("\(method.name): who calls cannot be found out (\(why)), and such a caller may do nothing")
    case .sandboxed(let sandbox):
      guard case .unconfined(let why) = method.callers else { return }
      throw .notPermitted(
        "“\(sandbox.application)” is in a sandbox, from which \(method.name) is not permitted: \(why)")
    }
  }

  func check(launch options: [(String, BusValue)]) throws(CallRefusal) {
    try check(options, Self.launchOptions)
  }

  func check(notification options: [(String, BusValue)]) throws(CallRefusal) {
    try check(options, Self.notificationOptions)
  }

  /// Whether the settings are ones that the engine's descriptor leaves to sandboxes.
  func check(settings: some Sequence<String>, of engine: EngineDescriptor) throws(CallRefusal) {
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
  func check(adopting process: @autoclosure () -> Caller) throws(CallRefusal) {
    switch caller {
    case .unconfined: return
    case .unidentified(let why): throw .notPermitted("who calls cannot be found out (\(why))")
    case .sandboxed(let sandbox):
      guard process() != caller else { return }
      throw .notPermitted("the process is not one of the sandbox of “\(sandbox.application)”, which can adopt no other")
    }
  }

  private func check(_ options: [(String, BusValue)], _ rules: [String: Rule]) throws(CallRefusal) {
    switch caller {
    case .unconfined: return
    case .unidentified(let why): throw .notPermitted("who calls cannot be found out (\(why))")
    case .sandboxed(let sandbox):
      guard let problem = Self.problem(in: options, rules, sandbox) else { return }
      throw refusal(problem.option, problem.why)
    }
  }

  private func refusal(_ option: String, _ why: String) -> CallRefusal {
    .notPermitted(
      "option “\(OptionDictionary.shown(option))” is not permitted from the sandbox of "
        + "“\(owner?.application ?? "")”: \(why)")
  }
}

extension MethodCall {
  var permission: Permission { Permission(caller: caller) }
}
