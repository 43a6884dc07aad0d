// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import EngineChannel
import Systemd

/// What a session was launched with, checked.
struct LaunchSpec: Codable, Equatable, Sendable {
  var engine: EngineDescriptor
  var uri: String?
  var command: [String]?
  /// The process that was adopted; there is no engine then.
  var process: ProcessIdentity?
  /// Seconds that it has to end by itself.
  var hangUpGrace: UInt32?
  var terminal = false
  var workingDirectory: String?
  var environment: [String] = []
  var settings: [String: String] = [:]
  var title: String
  var applicationID = ""
  /// The sandbox that it was launched from; nil is none. Those in a sandbox see what comes from the same.
  var sandbox: Sandbox?
  var token: String?
  var launchTimeout: UInt32 = Limit.defaultLaunchTimeoutSeconds
  /// Seconds that a lost connection may take to come back.
  var reconnectTimeout: UInt32 = Limit.defaultReconnectTimeoutSeconds
  /// Seconds after which a call that nobody else is in ends; 0 is never.
  var aloneTimeout: UInt32 = Limit.defaultAloneTimeoutSeconds
  /// Whether the machine is kept from going to sleep while the call is joined, where policy lets the user ask for that.
  var inhibitsSleep = true
  /// Whether the user is to linger until the call has ended.
  var lingers = false
  var startMuted = false
  /// Where the user came from.
  var returnTarget: ReturnTarget?
  /// What the application wants its notification to be; it may have changed since.
  var notification: CustomNotification?
  /// The id of its notification's channel, where the notification names none.
  var channel: String?

  var join: EngineRequest.Join {
    EngineRequest.Join(
      uri: uri, command: command, terminal: terminal, workingDirectory: workingDirectory, environment: environment,
      settings: settings, muted: startMuted, title: title)
  }
}

extension LaunchSpec {
  /// Whether both say the same of the call; an engine's descriptor may have changed meanwhile.
  func asksForTheSame(as other: LaunchSpec) -> Bool {
    var mine = self
    if mine.engine.name == other.engine.name { mine.engine = other.engine }
    return mine == other
  }

  /// What no launch can have asked for, in a line for people; nil where all is well.
  var problem: String? {
    if let problem = problemOfCall { return problem }
    if title.utf8.count > Limit.titleBytes || DisplayText(title).description != title {
      return "its title is longer than \(Limit.titleBytes) bytes, or cannot be shown"
    }
    if applicationID.utf8.count > Limit.applicationIDBytes || (token?.utf8.count ?? 0) > Limit.tokenBytes {
      return "its application's id or its token is too long"
    }
    if let sandbox, sandbox.application != applicationID { return "its application is not that of its sandbox" }
    let times = [(launchTimeout, Limit.timeoutSeconds), (reconnectTimeout, Limit.timeoutSeconds)]
    guard times.allSatisfy({ $1.contains($0) }), Limit.aloneTimeoutSeconds.contains(aloneTimeout) else {
      return "one of its timeouts is out of bounds"
    }
    if (try? EngineRequest.join(join).encoded()) == nil { return "what it was launched with is too long for an engine" }
    return nil
  }

  private var problemOfCall: String? {
    switch (uri, command, process) {
    case (let uri?, nil, nil): if (try? CallURI(uri)) == nil { return "its address is none" }
    case (nil, let command?, nil): if command.first?.hasPrefix("/") != true { return "its command names no program" }
    case (nil, nil, let process?): return process.problem ?? problemOfAdoption
    default: return "it has none of an address, a command and a process, or more than one"
    }
    return engine.problem.map { "its engine's \($0)" }
  }

  private var problemOfAdoption: String? {
    if engine != .none { return "its process was adopted, and it has an engine" }
    return Limit.hangUpGraceSeconds.contains(hangUpGrace ?? 0) ? nil : "its grace to hang up is out of bounds"
  }

  /// The unit of what carries the call.
  func unit(of session: String) -> String {
    process == nil ? EngineUnit.name(engine: engine.name, session: session) : AdoptedUnit.name(session: session)
  }
}
