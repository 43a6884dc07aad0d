// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

// MARK: - What is said of a call that was launched

extension Launch {
  /// Once it is placed.
  func placed(_ info: SessionInfo, _ client: CallsClient) throws -> String {
    guard !common.json, !common.quiet else { return "" }
    return "\(info.id) \(info.shownState) (\(ways(info)))" + withoutNotification(info, client)
  }

  private func ways(_ info: SessionInfo) -> String {
    "see it: ongoingcallctl status \(info.id); end it: \(info.commandToEnd)"
  }

  private func withoutNotification(_ info: SessionInfo, _ client: CallsClient) -> String {
    let surface = (try? client.look(at: .manager))?.notificationSurface
    guard surface == NotificationSurface.none else { return "" }
    return "\n  no notification can be shown; end the call with “\(info.commandToEnd)”"
  }

  /// The call on this terminal, until it has ended or is left. A program is there as soon as it runs.
  func view(_ id: String, _ client: CallsClient, _ onlooker: CallsClient) throws -> Answer {
    var view = LaunchView(id, client, onlooker, common.style)
    let end = try view.run(untilJoined: wait || uri == nil) { info in
      try StandardStream.output.write(
        line: common.style.faint("  " + nextSteps(info)) + withoutNotification(info, client))
    }
    switch end {
    case .joined(let info):
      return Answer(common.style.faint("  " + nextSteps(info)) + withoutNotification(info, client), session: info)
    case .ended(let info): return ended(info)
    case .left(let info): return Answer("the \(info.noun) goes on (\(ways(info)))", session: info)
    case .cancelled(let info):
      let failure = CommandFailure(.notJoined, "not-joined", "the call \(info.id) was cancelled")
      return Answer("", session: info, failure: failure)
    }
  }

  private func nextSteps(_ info: SessionInfo) -> String {
    let steps =
      uri != nil
      ? ["mute", "hold", "hangup"]
      : adopt != nil ? ["status", "hangup"] : [terminal ? "attach" : "logs", "status", "abort"]
    return "next: " + steps.map { "ongoingcallctl \($0)" }.joined(separator: ", ")
  }

  func waited(for id: String, with client: CallsClient) throws -> Answer {
    // The daemon ends a call that is not answered in time; this gives it time to do so.
    let time = Int(launchTimeout ?? Self.usual.launchTimeout) + 30
    guard let info = try client.wait(for: id, within: .seconds(time), until: \.hasJoined) else {
      throw CommandFailure(
        .timedOut, "timed-out", "the call \(id) was neither joined nor ended within \(time) s",
        remedy: "see its state: ongoingcallctl status \(id)")
    }
    return info.hasJoined ? Answer("\(id) \(info.shownState)", session: info) : ended(info)
  }

  func ended(_ info: SessionInfo) -> Answer {
    let lasted = StandardStream.output.isTerminal ? " after \(info.shownDuration)" : ""
    guard !info.hasJoined else { return Answer("\(info.id) \(info.shownState)" + lasted, session: info) }
    let failure = CommandFailure(.notJoined, "not-joined", info.shownFailure)
    return Answer("", session: info, failure: failure)
  }
}

extension SessionInfo {
  fileprivate var shownFailure: String {
    command.isEmpty
      ? "the call \(id) was not joined: \(shownEnd)" : "the program of \(id) did not start: \(shownEnd)"
  }
}

extension Answer {
  /// For a person who is about to log out; a program reads `survives-logout`.
  func hinting(atLogoutOf info: SessionInfo) -> Answer {
    guard info.survivesLogout == false, failure == nil else { return self }
    var answer = self
    answer.hints.append("ongoingcallctl: the call ends at your last logout; launch it with --linger to keep it")
    return answer
  }

  /// For a person who has expected to see the program.
  func hinting(notAttached why: String) -> Answer {
    guard let session, !session.hasEnded else { return self }
    var answer = self
    answer.hints.append("ongoingcallctl: not attached: \(why); to attach: ongoingcallctl attach \(session.id)")
    return answer
  }
}
