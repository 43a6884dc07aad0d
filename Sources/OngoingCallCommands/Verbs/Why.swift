// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Why: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "Tell the story of a call from the journal, and why it ended.",
    discussion: """
      What happened, and how long after the launch; with what ongoingcalld noted meanwhile. The last sentence says why \
      the call ended. What its engine had to say is in the journal of the unit that is named.

      With --json the call has id, title, uri, unit, live (null where that is unknown), end (null, or as in history), \
      sentence, and timeline: objects with time-usec, event, reason, detail (null where there is none) and message.
      """)

  @Argument(
    help: "The call's id, or the beginning of it (default: the call that ended last).",
    completion: SessionCompletion.known)
  var id: String?
  @OptionGroup var common: CommonOptions

  /// More entries than this one call has only where something goes badly wrong.
  private static let maximumEntries = 2000

  func perform(with client: CallsClient) throws -> Answer {
    let id = try whole()
    let entries = try common.journal.entries(
      ["\(JournalField.session)=\(id)"], newest: Self.maximumEntries, fields: PastCall.fields)
    guard let story = CallStory(id, entries, now: isLive(id, client)) else { throw Self.unknown(id) }
    var answer = Answer(story.text(common.style), json: ["call": story.json])
    answer.isLong = true
    return answer
  }

  /// Of the call that is meant.
  private func whole() throws -> String {
    if let id = id?.lowercased(), SessionID(id) != nil { return id }
    let ended = try common.journal.entries(
      PastCall.matches + (id == nil ? [] : ["MESSAGE_ID=\(MessageID.launched)"]), newest: id == nil ? 1 : 2000,
      fields: [JournalField.session])
    let ids = ended.reversed().compactMap { $0[JournalField.session] }
    guard let given = id?.lowercased() else {
      guard let last = ids.first else {
        throw CommandFailure(
          .noSession, BusErrorName.noSuchSession, "the journal knows of no call that has ended",
          remedy: "those that have not: ongoingcallctl status")
      }
      return last
    }
    guard !given.isEmpty else { throw CommandFailure.usage("the call's id is empty") }
    let matches = Set(ids.filter { $0.hasPrefix(given) })
    guard let match = matches.first else { throw Self.unknown(given) }
    guard matches.count == 1 else {
      throw CommandFailure(
        .noSession, BusErrorName.ambiguousSession,
        "the ids of \(matches.count) calls begin with “\(shown(given, limit: 20))”: "
          + matches.sorted().prefix(10).map { shown($0, limit: 20) }.joined(separator: ", "),
        remedy: "say which one; “ongoingcallctl history” lists them")
    }
    return match
  }

  private static func unknown(_ id: String) -> CommandFailure {
    CommandFailure(
      .noSession, BusErrorName.noSuchSession, "the journal knows of no call with the id “\(shown(id, limit: 20))”",
      remedy: "“ongoingcallctl history” lists those that it knows")
  }

  /// nil where nobody can say. No daemon is started to ask it.
  private func isLive(_ id: String, _ client: CallsClient) -> Bool? {
    guard (try? client.watch()) != nil else { return nil }
    guard client.daemonIsThere else { return false }
    do { return try !client.session(id).hasEnded } catch { return error.meansNoSuchSession ? false : nil }
  }
}
