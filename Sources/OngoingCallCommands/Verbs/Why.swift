// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Why: LookingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the story of a call, and why it ended.",
    discussion: """
      Reads the journal. Prints each event with the time since the launch, and the messages of ongoingcalld in \
      between. The last sentence says why the call ended. The messages of the call's engine are in the journal of its \
      unit, which is named at the end.

      With --json, the call has the keys id, title, uri, unit, live (null if unknown), end (null, or as in history), \
      sentence, and timeline: objects with time-usec, event, reason, detail (each null if there is none) and message.
      """)

  @Argument(
    help: "The call's ID, a unique beginning of it, or its name (default: the call that ended last).",
    completion: SessionCompletion.known)
  var id: String?
  @OptionGroup var common: CommonOptions

  /// More entries than this one call has only where something goes badly wrong.
  private static let maximumEntries = 2000

  func perform(with client: CallsClient) throws -> Answer {
    let id = try whole(client)
    let entries = try common.journal.entries(
      ["\(JournalField.session)=\(id)"], newest: Self.maximumEntries, fields: PastCall.fields)
    guard let story = CallStory(id, entries, now: isLive(id, client)) else { throw Self.unknown(id) }
    var answer = Answer(story.text(common.style), json: ["call": story.json])
    answer.isLong = true
    return answer
  }

  /// Of the call that is meant.
  private func whole(_ client: CallsClient) throws -> String {
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
    guard let match = matches.first else { throw Self.unknown(given) }
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

  private static func unknown(_ id: String) -> CommandFailure {
    CommandFailure(
      .noSession, BusErrorName.noSuchSession, "the journal has no call with the ID “\(shown(id, limit: 20))”",
      remedy: "“ongoingcallctl history” lists the calls in the journal")
  }

  /// nil where nobody can say. No daemon is started to ask it.
  private func isLive(_ id: String, _ client: CallsClient) -> Bool? {
    guard (try? client.watch()) != nil else { return nil }
    guard client.daemonIsThere else { return false }
    do { return try !client.session(id).hasEnded } catch { return error.meansNoSuchSession ? false : nil }
  }
}
