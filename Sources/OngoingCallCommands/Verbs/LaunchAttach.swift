// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import Glibc
import OngoingCall

// MARK: - A program whose terminal is shown at once

extension Launch {
  /// How long a program may take to start.
  private static let startTime: Duration = .seconds(30)

  /// Whether this terminal is to show the program's.
  enum Attachment {
    case none
    case atOnce
    /// It was to be shown, but cannot.
    case prevented(String)
  }

  /// A terminal that cannot show the program's is a failure only where that was asked for.
  func attachment() throws -> Attachment {
    if attachesAlways {
      _ = try CallerTerminal()
      return .atOnce
    }
    guard terminal, !command.isEmpty, !detach, !wait, !common.json, !common.quiet else { return .none }
    do { _ = try CallerTerminal() } catch {
      return StandardStream.error.isTerminalOfTheCaller ? .prevented(error.message) : .none
    }
    // Scripts that were written before launch attached go on as they did.
    guard StandardStream.output.isTerminalOfTheCaller else { return .none }
    // Within the terminal of a call, the keys that detach would be those of the outer one.
    return CallAround.session.map { .prevented("this is the terminal of the call \($0)") } ?? .atOnce
  }

  func launchAndAttach(_ request: LaunchRequest, _ client: CallsClient) throws -> Answer {
    let id = try launchOrFind(request, client)
    guard let info = try client.wait(for: id, within: Self.startTime, until: \.hasJoined) else {
      throw CommandFailure(
        .timedOut, "timed-out", "the program of \(id) did not start within \(Self.startTime.components.seconds) s",
        remedy: "see its state: ongoingcallctl status \(id)")
    }
    guard !info.hasEnded else { return exited(info) }
    do { return try attach(to: id).perform(with: client).hinting(atLogoutOf: info) } catch let error as CommandFailure {
      // One that runs for a moment only is gone before it can be shown.
      let now = client.afterwards(id, state: .joined)
      guard now.hasEnded, now.program?.exitStatus != nil, error.name != CommandFailure.output else { throw error }
      return exited(now)
    }
  }

  private func attach(to id: String) throws -> Attach {
    try Attach.parse([id, "--color", common.color.rawValue] + (common.json ? ["--json"] : []))
  }

  /// The call that was launched, or that has the name already.
  private func launchOrFind(_ request: LaunchRequest, _ client: CallsClient) throws -> String {
    do { return try ask(request, client) } catch var failure as CommandFailure {
      guard failure.name == BusErrorName.invalidOption, failure.message.hasPrefix("--name:"), let name,
        let other = try client.sessions().last(where: { $0.name == name && !$0.hasEnded }), other.terminal
      else { throw failure }
      guard attachesAlways || other.command == request.command else {
        failure.message = "--name: the call \(other.id) has this name, and runs “\(other.shownWhat)”"
        failure.remedy = "to attach to it: ongoingcallctl attach \(shown(name)); or give another name"
        throw failure
      }
      return other.id
    }
  }

  /// Of a program that has exited before it could be shown.
  private func exited(_ info: SessionInfo) -> Answer {
    guard info.hasJoined, let status = info.program?.exitStatus else { return ended(info) }
    var answer = Answer("[the program of \(info.id) has exited: \(shown(info.endDetail))]", session: info)
    answer.exitStatus = Int32(truncatingIfNeeded: status & 0xFF)
    return answer
  }
}
