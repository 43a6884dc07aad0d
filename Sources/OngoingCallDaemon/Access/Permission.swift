// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// What a sandboxed application may do; whoever is not in a sandbox may do all that there is.
///
/// The rules are in the rows of options and methods (CallModel): a row has to say what a sandbox may.
struct Permission {
  let caller: Caller
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

  func check(_ method: AccountMethod?) throws(CallRefusal) { try check(method?.row) }

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

  func check(launch options: [(String, BusValue)]) throws(CallRefusal) { try check(options, LaunchRequest.table) }

  func check(notification options: [(String, BusValue)]) throws(CallRefusal) {
    try check(options, CustomNotification.table)
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

  private func check(_ options: [(String, BusValue)], _ table: OptionTable<some Any>) throws(CallRefusal) {
    switch caller {
    case .unconfined: return
    case .unidentified(let why): throw .notPermitted("who calls cannot be found out (\(why))")
    case .sandboxed(let sandbox):
      guard let problem = table.refusal(of: options, from: sandbox.application) else { return }
      throw refusal(problem.option, problem.text)
    }
  }

  private func refusal(_ option: String, _ why: String) -> CallRefusal {
    .notPermitted(
      "\(OptionProblem.named(option)) is not permitted from the sandbox of "
        + "“\(owner?.application ?? "")”: \(why)")
  }
}

extension MethodCall {
  var permission: Permission { Permission(caller: caller) }
}
