// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

/// Which call is meant.
struct SessionArgument: ParsableArguments {
  @Argument(
    help: "The call's ID, a unique beginning of it, or its name (default: the only call).",
    completion: SessionCompletion.live)
  var id: String?
}

extension CallCommand {
  /// The id that is meant by `given`: an id, a name, the beginning of an id, or, where nothing is given, the only call
  /// there is. Where there are several, a person is asked.
  ///
  /// - Parameter option: the option that names the call; nil where that is an argument.
  func choose(_ given: String?, by option: String? = nil, with client: CallsClient) throws -> String {
    guard let given else { return try anyCall(of: client, by: option) }
    let id = given.lowercased()
    if SessionID(id) != nil { return id }
    guard !id.isEmpty else { throw CommandFailure.usage("the call's ID is empty") }
    let matches = try client.sessions().meant(by: given)
    let live = matches.filter { !$0.hasEnded }
    switch (matches.count, live.count) {
    case (0, _): throw CommandFailure.noSuchSession(given)
    case (1, _): return matches[0].id
    case (_, 1): return live[0].id
    default:
      let what = matches[0].name == given ? "have the name" : "have IDs that begin with"
      return try one(of: matches, "\(matches.count) calls \(what) “\(given)”", by: option)
    }
  }

  private func anyCall(of client: CallsClient, by option: String?) throws -> String {
    let all = try client.sessions().filter { !$0.hasEnded }
    // Where none can be meant, the daemon says why.
    let meant = all.filter(Self.canMean)
    let live = meant.isEmpty ? all : meant
    switch live.count {
    case 0:
      throw CommandFailure(
        .noSession, BusErrorName.noSuchSession, "there is no call",
        remedy: "“ongoingcallctl launch” launches one; “ongoingcallctl history” lists past calls")
    case 1: return live[0].id
    default: return try one(of: live, "there are \(live.count) calls", by: option)
    }
  }

  private func one(of sessions: [SessionInfo], _ what: String, by option: String?) throws -> String {
    guard common.mayAsk, sessions.count <= SessionQuestion.maximum else {
      throw Self.ambiguous(what, sessions, by: option)
    }
    return try SessionQuestion(sessions, what).ask()
  }

  private static func ambiguous(_ what: String, _ sessions: [SessionInfo], by option: String?) -> CommandFailure {
    let listed = sessions.prefix(10).map { "\(shown($0.id)) (\(shown($0.distinction, limit: 60)))" }
    let more = sessions.count > listed.count ? ["and \(sessions.count - listed.count) more"] : []
    return CommandFailure(
      .noSession, BusErrorName.ambiguousSession, what + ": " + (listed + more).joined(separator: ", "),
      remedy: option.map { "name one of them: \($0) ID" } ?? "give the ID of one of them, or its beginning")
  }
}

extension Attach {
  static func canMean(_ session: SessionInfo) -> Bool { session.terminal }
}

extension Detach {
  static func canMean(_ session: SessionInfo) -> Bool { (session.program?.viewers ?? 0) > 0 }
}

extension SendKeys {
  static func canMean(_ session: SessionInfo) -> Bool { session.terminal }
}

extension SessionInfo {
  /// What tells it from others in a sentence.
  fileprivate var distinction: String {
    shownWhat + (shownProcess.map { ", process \($0)" } ?? "")
  }
}

extension [SessionInfo] {
  /// Those with this name; where none has it, those whose ids begin so.
  func meant(by given: String) -> [SessionInfo] {
    let named = filter { $0.name == given }
    return named.isEmpty ? filter { $0.id.hasPrefix(given.lowercased()) } : named
  }
}

extension CallsClient {
  /// The session with this id, or the error that there is none.
  func existing(_ id: String) throws -> SessionInfo {
    guard let info = try known(id) else { throw CommandFailure.noSuchSession(id) }
    return info
  }

  /// The session with this id; nil is that there is none, or none any more, and not that nobody has answered.
  func known(_ id: String) throws(CallsError) -> SessionInfo? {
    do { return try session(id) } catch {
      guard error.meansNoSuchSession else { throw error }
      return nil
    }
  }

  /// The session after it was told something; where it can no longer be asked, what is known of it.
  func afterwards(_ id: String, state: SessionState) -> SessionInfo {
    // No daemon is started to say so.
    if let info = try? unlessAway({ try look(at: .session(id)) }) { return info }
    var info = SessionInfo(id: id)
    info.state = state.rawValue
    return info
  }

  /// Does something with a session, and names the session where there is none.
  func tell(_ id: String, _ request: () throws(CallsError) -> Void) throws {
    do { try request() } catch {
      guard !error.meansNoSuchSession else { throw CommandFailure.noSuchSession(id) }
      var failure = CommandFailure(error)
      guard failure.name == BusErrorName.sessionEnded else { throw error }
      failure.remedy = "“ongoingcallctl why \(id)” explains its end"
      throw failure
    }
  }
}
