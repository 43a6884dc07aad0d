// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

extension CallCommand {
  /// The id of a call in the journal that is meant by `id`; of the one that ended last, where nothing is given.
  func choose(past id: String?, with client: CallsClient) throws -> String {
    if let id = id?.lowercased(), SessionID(id) != nil { return id }
    if let id, let found = named(id, client) { return found }
    let ended = try common.journal.entries(
      PastCall.matches + (id == nil ? [] : ["MESSAGE_ID=\(MessageID.launched)"]), newest: id == nil ? 1 : 2000,
      fields: [JournalField.session])
    let ids = ended.reversed().compactMap { $0[JournalField.session] }
    guard let given = id?.lowercased() else {
      guard let last = ids.first else {
        throw CommandFailure(
          .noSession, BusErrorName.noSuchSession, "the journal has no ended call",
          remedy: "to see the calls that go on: ongoingcallctl status")
      }
      return last
    }
    guard !given.isEmpty else { throw CommandFailure.usage("the call's ID is empty") }
    let matches = Set(ids.filter { $0.hasPrefix(given) })
    guard let match = matches.first else { throw CommandFailure.unknown(given) }
    guard matches.count == 1 else {
      throw CommandFailure(
        .noSession, BusErrorName.ambiguousSession,
        "\(matches.count) calls have IDs that begin with “\(shown(given, limit: 20))”: "
          + matches.sorted().prefix(10).map { shown($0, limit: 20) }.joined(separator: ", "),
        remedy: "give more of the ID; “ongoingcallctl history” lists them")
    }
    return match
  }

  /// The journal has no names. No daemon is started to be asked for them.
  private func named(_ name: String, _ client: CallsClient) -> String? {
    guard (try? client.watch()) != nil, client.daemonIsThere, let sessions = try? client.sessions() else { return nil }
    return sessions.last { $0.name == name }?.id
  }
}

extension CommandFailure {
  static func unknown(_ id: String) -> CommandFailure {
    CommandFailure(
      .noSession, BusErrorName.noSuchSession, "the journal has no call with the ID “\(shown(id, limit: 20))”",
      remedy: "“ongoingcallctl history” lists the calls in the journal")
  }
}
