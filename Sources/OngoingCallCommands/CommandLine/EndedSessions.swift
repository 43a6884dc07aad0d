// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

/// Which calls are to be ended.
struct EndedSessions: ParsableArguments {
  @OptionGroup var session: SessionArgument
  @Flag(name: [.customShort("a"), .long], help: "End all calls.")
  var all = false

  func validate() throws {
    guard !all || session.id == nil else { throw ValidationError("give either an ID or --all, not both") }
  }
}

extension CallCommand {
  typealias Ending = (String) throws(CallsError) -> Void

  /// Tells calls to end, and what became of them.
  func end(_ sessions: EndedSessions, with client: CallsClient, _ tell: Ending) throws -> Answer {
    guard sessions.all else {
      let info = try end(try choose(sessions.session.id, with: client), with: client, tell)
      return Answer(info.shownEnding, session: info)
    }
    var ended: [SessionInfo] = []
    var failure: CommandFailure?
    for session in try client.sessions() where !session.hasEnded {
      // One that cannot be ended keeps none of the others.
      do { ended.append(try end(session.id, with: client, tell)) } catch let error as CallsError {
        failure = failure ?? CommandFailure(error)
      } catch let error as CommandFailure {
        // One that is not there has gone by itself.
        if error.status != .noSession { failure = failure ?? error }
      }
    }
    return Answer(
      ended.isEmpty && failure == nil ? "no calls" : ended.map(\.shownEnding).joined(separator: "\n"),
      json: ["sessions": .array(ended.map(\.json))], failure: failure, isOfChange: true)
  }

  private func end(_ id: String, with client: CallsClient, _ tell: Ending) throws -> SessionInfo {
    try hintAtGrace(of: id, with: client)
    try client.tell(id) { () throws(CallsError) in try tell(id) }
    return client.afterwards(id, state: .ended)
  }
}

extension CallCommand {
  /// An adopted process is asked to exit, and may take its time.
  private func hintAtGrace(of id: String, with client: CallsClient) throws {
    guard self is HangUp, let info = try? client.known(id), !info.hasEnded, let grace = info.program?.hangUpGrace else {
      return
    }
    let process = info.program?.process.map { "process \($0)" } ?? "the process"
    try common.hint("ongoingcallctl: \(process) was asked to exit; waiting up to \(grace) s for it to end")
  }
}

extension SessionInfo {
  fileprivate var shownEnding: String { "\(id) \(shownState)" + (hasJoined ? " after \(shownDuration)" : "") }
}
