// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Systemd

/// What a session was launched with, checked.
@dynamicMemberLookup
struct LaunchSpec: Equatable, Sendable {
  var engine: EngineDescriptor
  var uri: String?
  var command: [String]?
  /// The process that was adopted; there is no engine then.
  var process: ProcessIdentity?
  /// The engine's.
  var settings: [String: String] = [:]
  /// The sandbox that it was launched from; nil is none. Those in a sandbox see what comes from the same.
  var sandbox: Sandbox?
  /// Of the account that the call goes through, the settings at the launch: it goes on where they are changed, or the
  /// account is removed. Every engine of the call gets them.
  var accountSettings: Account?
  /// The far end of another call has asked for this one; nil where none has.
  var referral: Referral?
  /// How the call is to be kept.
  var call = CallSettings()

  init(engine: EngineDescriptor, uri: String? = nil, command: [String]? = nil, title: String) {
    (self.engine, self.uri, self.command) = (engine, uri, command)
    call.title = title
  }

  subscript<Value>(dynamicMember path: WritableKeyPath<CallSettings, Value>) -> Value {
    get { call[keyPath: path] }
    set { call[keyPath: path] = newValue }
  }

  var join: EngineRequest.Join {
    EngineRequest.Join(
      uri: referral?.target ?? uri, command: command, terminal: call.terminal,
      columns: call.terminalColumns.map(Int.init), rows: call.terminalRows.map(Int.init),
      workingDirectory: call.workingDirectory, environment: call.environment, settings: engineSettings,
      muted: call.startMuted, title: call.title, account: accountSettings.map(EngineRequest.Account.init))
  }
}

extension LaunchSpec {
  /// Those of the launch, and those that the account adds. Whether calls are encrypted, a `sips:` address says itself.
  var engineSettings: [String: String] {
    guard let account = accountSettings, let uri else { return settings }
    var added = [EngineSetting.keyExchange: account.keyExchange?.rawValue]
    if !uri.lowercased().hasPrefix("sips:") { added[EngineSetting.encryption] = account.encryption?.rawValue }
    return settings.merging(added.compactMapValues(\.self)) { given, _ in given }
  }
}

/// In a record, the settings of the call are beside the rest.
extension LaunchSpec: Codable {
  private enum CodingKeys: String, CodingKey {
    case engine, uri, command, process, settings, sandbox, accountSettings, referral
  }

  init(from decoder: any Decoder) throws {
    let record = try decoder.container(keyedBy: CodingKeys.self)
    engine = try record.decode(EngineDescriptor.self, forKey: .engine)
    uri = try record.decodeIfPresent(String.self, forKey: .uri)
    command = try record.decodeIfPresent([String].self, forKey: .command)
    process = try record.decodeIfPresent(ProcessIdentity.self, forKey: .process)
    settings = try record.decode([String: String].self, forKey: .settings)
    sandbox = try record.decodeIfPresent(Sandbox.self, forKey: .sandbox)
    accountSettings = try record.decodeIfPresent(Account.self, forKey: .accountSettings)
    referral = try record.decodeIfPresent(Referral.self, forKey: .referral)
    call = try CallSettings(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var record = encoder.container(keyedBy: CodingKeys.self)
    try record.encode(engine, forKey: .engine)
    try record.encodeIfPresent(uri, forKey: .uri)
    try record.encodeIfPresent(command, forKey: .command)
    try record.encodeIfPresent(process, forKey: .process)
    try record.encode(settings, forKey: .settings)
    try record.encodeIfPresent(sandbox, forKey: .sandbox)
    try record.encodeIfPresent(accountSettings, forKey: .accountSettings)
    try record.encodeIfPresent(referral, forKey: .referral)
    try call.encode(to: encoder)
  }
}

extension LaunchSpec {
  /// Whether both say the same of the call; an engine's descriptor, and an account, may have changed meanwhile.
  func asksForTheSame(as other: LaunchSpec) -> Bool {
    var mine = self
    if mine.engine.name == other.engine.name { mine.engine = other.engine }
    // Of the terminal that it is asked from this time.
    (mine.terminalColumns, mine.terminalRows) = (other.terminalColumns, other.terminalRows)
    if mine.account == other.account { mine.accountSettings = other.accountSettings }
    return mine == other
  }

  /// What no launch can have asked for, in a line for people; nil where all is well.
  var problem: String? {
    if let problem = problemOfCall { return problem }
    if let problem = problemOfSettings { return problem }
    if let problem = problemOfAccount { return problem }
    if let referral, SessionID(referral.session) == nil || Referral.address(of: referral.target) != uri {
      return "the request that it was launched for is not whole"
    }
    if let sandbox, sandbox.application != call.applicationID {
      return "its application is not that of its sandbox"
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

  private var problemOfAccount: String? {
    guard (accountSettings == nil) == (call.account == nil) else { return "its account is not whole" }
    guard let accountSettings else { return nil }
    let again = try? Account(accountSettings.encoded.asEntries ?? [])
    return again == accountSettings ? nil : "its account has settings that no account can have"
  }

  private var problemOfSettings: String? {
    var asked = call
    // A program that was looked up has a longer name than the one that was asked for.
    (asked.returnTarget, asked.notification) = (nil, nil)
    do throws(OptionProblem) {
      let arrived = try CallSettings.table.sent(asked, over: CallSettings())
      return arrived == asked ? nil : "what it was launched with cannot be shown as it is"
    } catch { return "its \(error)" }
  }

  private var problemOfAdoption: String? {
    if engine != .none { return "its process was adopted, and it has an engine" }
    return call.hangUpGrace == nil ? "its grace to hang up is missing" : nil
  }

  /// The unit of what carries the call.
  func unit(of session: String) -> String {
    process == nil ? EngineUnit.name(engine: engine.name, session: session) : AdoptedUnit.name(session: session)
  }
}
