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
  /// As a shell takes it; "" where it ran no program.
  var command: String
  var process: Int64?
  var exitStatus: Int64?

  static let fields = [
    JournalField.session, JournalField.title, JournalField.uri, JournalField.engine, JournalField.duration,
    JournalField.event, JournalField.reason, JournalField.detail, JournalField.muted, JournalField.onHold,
    JournalField.aboutUnit, JournalField.command, JournalField.process, JournalField.exitStatus, "MESSAGE",
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
    command = entry[JournalField.command] ?? ""
    process = entry[JournalField.process].flatMap { Int64($0) }
    exitStatus = entry[JournalField.exitStatus].flatMap { Int64($0) }
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
      "command": .string(command),
      "pid": process.map(JSON.integer) ?? .null,
      "exit-status": exitStatus.map(JSON.integer) ?? .null,
    ]
  }

  /// `Stand-up (sip:standup@example.org)`
  var shownPeer: String {
    let (title, uri) = (shown(title, limit: 80), shown(uri, limit: 120))
    if !command.isEmpty {
      let line = shown(command, limit: 80)
      // The program's name is its title where none was given.
      return command.hasPrefix(self.title) || title.isEmpty ? line : "\(title) (\(line))"
    }
    if title.isEmpty || title == uri { return uri.isEmpty ? "?" : uri }
    return uri.isEmpty ? title : "\(title) (\(uri))"
  }

  /// Whether its program has exited by itself.
  var hasExited: Bool { !command.isEmpty && reason == EndReason.exited.rawValue }

  var why: String { hasExited ? "it exited" : CallWords.end(reason) }

  var shownReason: String {
    let why = reason.isEmpty ? "unknown" : why
    return detail.isEmpty ? why : "\(why) (\(shown(detail, limit: 60)))"
  }

  var shownDuration: String { duration.map { HumanTime.duration(microseconds: $0) } ?? "not joined" }
}

// MARK: - A list

extension PastCall {
  /// A line for each call; three lines if `columns` are too few for a table. No line is wider than `columns` (nil: any
  /// width), or than ``Screen/minimumColumns`` if these are more.
  static func list(_ calls: [PastCall], _ style: TextStyle, columns: Int?) -> String {
    let heads = calls.map { [HumanTime.minute(microseconds: $0.endedAt), shown($0.id, limit: 20), $0.shownDuration] }
    let widths = (0..<3).map { column in heads.map { CharacterSet.width($0[column]) }.max() ?? 0 }
    // Two columns follow, and there are two blanks before each.
    let room = columns.map { $0 - widths.reduce(0) { $0 + max($1, 6) + 2 } - 2 }
    guard room ?? .max >= 2 * minimumWidth else {
      let width = max(columns ?? 0, Screen.minimumColumns)
      return zip(calls, heads).map { call, head in
        [head.joined(separator: "  "), "  " + call.shownReason, "  " + call.shownPeer]
          .map { CharacterSet.cut($0, to: width) }.joined(separator: "\n")
      }.joined(separator: "\n")
    }
    let reasonWidth = min(44, (room ?? .max) / 2)
    return TextTable(
      header: ["ENDED", "ID", "LASTED", "WHY", "WITH"],
      rows: zip(calls, heads).map { $1 + [CharacterSet.cut($0.shownReason, to: reasonWidth), $0.shownPeer] }
    ).text(style, columns: columns)
  }

  /// Of a reason, and of a title, in a table.
  private static let minimumWidth = 12
}
