// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import TerminalChannel

// MARK: - What is said when a view ends

extension Attach {
  /// The engine tells its viewers before the daemon knows; a unit that was killed takes a moment to be gone.
  private static let endTime: Duration = .seconds(5)

  func answer(_ end: TerminalView.End, _ id: String, _ client: CallsClient) throws -> Answer {
    switch end {
    case .detached:
      let info = client.afterwards(id, state: .joined)
      let text = "[detached from \(info.handle); to attach again: ongoingcallctl attach \(info.handle)]"
      return Answer(text, json: attached("detached", info))
    case .ended(let status, let text):
      let info = outcome(of: id, client)
      var answer = Answer(Self.line(info, shown(text)), json: attached("exited", info, status: status))
      answer.exitStatus = Int32(truncatingIfNeeded: status & 0xFF)
      return answer
    case .refused, .closed, .hungUp: throw failure(end, id, client)
    }
  }

  private func attached(_ end: String, _ info: SessionInfo, status: Int? = nil) -> JSON {
    [
      "session": info.json,
      "end": .string(end),
      "exit-status": status.map { .integer(Int64($0)) } ?? .null,
    ]
  }

  /// Without the reason, a program that was hung up looks like one that has crashed.
  private static func line(_ info: SessionInfo, _ text: String) -> String {
    let why: String? =
      switch EndReason(rawValue: info.endReason) {
      case .aborted: "was aborted (ongoingcallctl abort)"
      case .hungUp: "was hung up (ongoingcallctl hangup, or its notification)"
      case .logout: "has ended with your logout"
      default: nil
      }
    return why.map { "[the call \(info.id) \($0); its program: \(text)]" }
      ?? "[the program of \(info.id) has exited: \(text)]"
  }

  /// The call when it has ended, or is about to have another engine.
  private func outcome(of id: String, _ client: CallsClient) -> SessionInfo {
    // No daemon is started to say so.
    let onlooker = client.another(startsDaemon: false)
    let info = try? onlooker.wait(for: id, within: Self.endTime) { $0.state == SessionState.reconnecting.rawValue }
    return info ?? client.afterwards(id, state: .joined)
  }

  func failure(_ end: TerminalView.End, _ id: String, _ client: CallsClient) -> CommandFailure {
    switch end {
    case .refused(let why):
      return CommandFailure(.failure, BusErrorName.engineFailed, "cannot show the terminal of \(id): \(why)")
    case .hungUp:
      return CommandFailure(.outputError, CommandFailure.output, "the terminal that showed \(id) is gone")
    case .closed, .detached, .ended: return closed(outcome(of: id, client))
    }
  }

  /// The engine has gone without a word.
  private func closed(_ info: SessionInfo) -> CommandFailure {
    let id = info.id
    switch SessionState(rawValue: info.state) {
    case .ended where EndReason(rawValue: info.endReason) == .engineFailed && info.hasJoined:
      return CommandFailure(
        .failure, BusErrorName.engineFailed, "the program of \(id) is lost with its engine: \(shown(info.endDetail))",
        remedy: "launch it again: ongoingcallctl launch -t -- \(shown(CommandText.whole(info.command)))")
    case .ended:
      return CommandFailure(.failure, BusErrorName.sessionEnded, "the call \(id) has ended: \(info.shownEnd)")
    case .reconnecting:
      return CommandFailure(
        .failure, BusErrorName.engineFailed, "the engine of \(id) has failed; ongoingcalld starts another",
        remedy: "attach again when it runs: ongoingcallctl attach \(id)")
    default:
      return CommandFailure(
        .failure, BusErrorName.engineFailed, "the engine of \(id) has closed this view, and goes on",
        remedy: "attach again: ongoingcallctl attach \(id)")
    }
  }
}

extension CallsClient {
  /// The terminal of a call's program, for a viewer.
  func terminal(of id: String) throws -> PacketSocket {
    var socket: PacketSocket?
    do {
      try tell(id) { () throws(CallsError) in socket = PacketSocket(try ask(.attachTerminal(id)).duplicate()) }
    } catch CallsError.refused(name: BusErrorName.notSupported, message: let message) {
      throw CommandFailure(
        .failure, BusErrorName.notSupported, message,
        remedy: "only a program that was launched with --terminal has a terminal to show")
    }
    guard let socket else { throw CommandFailure.noSuchSession(id) }
    return socket
  }
}
