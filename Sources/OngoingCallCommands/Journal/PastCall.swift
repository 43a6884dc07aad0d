// SPDX-License-Identifier: Apache-2.0
import CallModel

/// A call as the entry of its end in the journal tells it.
struct PastCall: Equatable {
  var id: String
  var title: String
  var uri: String
  var engine: String
  /// µs, CLOCK_REALTIME
  var endedAt: UInt64
  /// µs; nil where it was never joined.
  var duration: UInt64?
  var event: String
  var reason: String
  var detail: String

  static let fields = [
    JournalField.session, JournalField.title, JournalField.uri, JournalField.engine, JournalField.duration,
    JournalField.event, JournalField.reason, JournalField.detail, JournalField.aboutUnit, "MESSAGE",
  ]

  /// Of the entries that tell of an end.
  static let matches = TerminalEvent.allCases.compactMap { MessageID.of(event: $0.rawValue) }.map { "MESSAGE_ID=\($0)" }

  init?(_ entry: JournalEntry) {
    guard let id = entry[JournalField.session], let event = entry[JournalField.event],
      TerminalEvent(rawValue: event) != nil
    else { return nil }
    (self.id, self.event, endedAt) = (id, event, entry.time)
    title = entry[JournalField.title] ?? ""
    uri = entry[JournalField.uri] ?? ""
    engine = entry[JournalField.engine] ?? ""
    duration = entry[JournalField.duration].flatMap { UInt64($0) }
    reason = entry[JournalField.reason] ?? ""
    detail = entry[JournalField.detail] ?? ""
  }

  var json: JSON {
    [
      "id": .string(id),
      "title": .string(title),
      "uri": .string(uri),
      "engine": .string(engine),
      "ended-at-usec": .unsigned(endedAt),
      "joined": .bool(duration != nil),
      "duration-usec": duration.map(JSON.unsigned) ?? .null,
      "event": .string(event),
      "end-reason": .string(reason),
      "end-detail": .string(detail),
    ]
  }

  /// `Stand-up (sip:standup@example.org)`
  var shownPeer: String {
    let (title, uri) = (shown(title, limit: 80), shown(uri, limit: 120))
    if title.isEmpty || title == uri { return uri.isEmpty ? "?" : uri }
    return uri.isEmpty ? title : "\(title) (\(uri))"
  }

  var shownReason: String {
    let why = reason.isEmpty ? "unknown" : CallWords.end(reason)
    return detail.isEmpty ? why : "\(why) (\(shown(detail, limit: 60)))"
  }

  var shownDuration: String { duration.map { HumanTime.duration(microseconds: $0) } ?? "not joined" }
}
