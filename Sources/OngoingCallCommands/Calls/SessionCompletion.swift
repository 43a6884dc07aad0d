// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

/// The ids of calls, for shells to complete, with the calls' titles where the shell shows such.
enum SessionCompletion {
  /// Of calls that have not ended.
  static let live = CompletionKind.custom { words, _, _ in
    let verb = words.dropFirst().first { !$0.hasPrefix("-") }
    let needsTerminal = verb == Attach._commandName || verb == Detach._commandName
    return candidates { !$0.hasEnded && (!needsTerminal || $0.terminal) }
  }
  /// Also of those that ended a short while ago.
  static let known = CompletionKind.custom { _, _, _ in candidates { _ in true } }

  /// Also of those that the journal has.
  static let past = CompletionKind.custom { _, _, _ in
    let known = answer { try $0.sessions() }
    let ids = Set(known.map(\.id))
    let entries = try? JournalReader(limit: .seconds(2)).entries(PastCall.matches, newest: 100, fields: PastCall.fields)
    let ended = (entries ?? []).reversed().compactMap(PastCall.init).filter { !ids.contains($0.id) }
    return known.map { candidate($0, for: CompletionShell.requesting) }
      + ended.map { candidate($0.id, $0.shownPeer, for: CompletionShell.requesting) }
  }

  private static func candidates(_ isWanted: (SessionInfo) -> Bool) -> [String] {
    answer { try $0.sessions() }.filter(isWanted).map { candidate($0, for: CompletionShell.requesting) }
  }

  /// Of those that have a terminal.
  static let withTerminal = CompletionKind.custom { _, _, _ in candidates { !$0.hasEnded && $0.terminal } }

  /// A daemon that is not there has no calls, and is not started to say so; one that hangs is not waited for.
  static func answer<Item>(_ ask: (CallsClient) throws -> [Item]) -> [Item] {
    let client = CallsClient(limit: .seconds(2), startsDaemon: false)
    guard (try? client.watch()) != nil, client.daemonIsThere else { return [] }
    return (try? ask(client)) ?? []
  }

  static func candidate(_ session: SessionInfo, for shell: CompletionShell?) -> String {
    candidate(session.id, session.shownWhat, for: shell)
  }

  static func candidate(_ id: String, _ what: String, for shell: CompletionShell?) -> String {
    switch shell {
    case .zsh?: shown(id) + ":" + what
    case .fish?: shown(id) + "\t" + what
    default: shown(id)
    }
  }
}
