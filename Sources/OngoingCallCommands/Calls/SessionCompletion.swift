// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

/// The ids of calls, for shells to complete, with the calls' titles where the shell shows such.
enum SessionCompletion {
  /// Of calls that have not ended.
  static let live = CompletionKind.custom { _, _, _ in candidates { !$0.hasEnded } }
  /// Also of those that ended a short while ago.
  static let known = CompletionKind.custom { _, _, _ in candidates { _ in true } }

  private static func candidates(_ isWanted: (SessionInfo) -> Bool) -> [String] {
    answer { try $0.sessions() }.filter(isWanted).map { candidate($0, for: CompletionShell.requesting) }
  }

  /// A daemon that is not there has no calls, and is not started to say so; one that hangs is not waited for.
  static func answer<Item>(_ ask: (CallsClient) throws -> [Item]) -> [Item] {
    let client = CallsClient(limit: .seconds(2), startsDaemon: false)
    guard (try? client.watch()) != nil, client.daemonIsThere else { return [] }
    return (try? ask(client)) ?? []
  }

  static func candidate(_ session: SessionInfo, for shell: CompletionShell?) -> String {
    let id = shown(session.id)
    return switch shell {
    case .zsh?: id + ":" + session.shownTitle
    case .fish?: id + "\t" + session.shownTitle
    default: id
    }
  }
}
