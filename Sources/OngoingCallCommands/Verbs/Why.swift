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
    completion: SessionCompletion.past)
  var id: String?
  @OptionGroup var common: CommonOptions

  /// More entries than this one call has only where something goes badly wrong.
  private static let maximumEntries = 2000

  func perform(with client: CallsClient) throws -> Answer {
    let id = try choose(past: id, with: client)
    let entries = try common.journal.entries(
      ["\(JournalField.session)=\(id)"], newest: Self.maximumEntries, fields: PastCall.fields)
    guard let story = CallStory(id, entries, now: isLive(id, client)) else { throw CommandFailure.unknown(id) }
    var answer = Answer(story.text(common.style), json: ["call": story.json])
    answer.isLong = true
    return answer
  }

  /// nil where nobody can say. No daemon is started to ask it.
  private func isLive(_ id: String, _ client: CallsClient) -> Bool? {
    guard (try? client.watch()) != nil else { return nil }
    guard client.daemonIsThere else { return false }
    do { return try !client.session(id).hasEnded } catch { return error.meansNoSuchSession ? false : nil }
  }
}
