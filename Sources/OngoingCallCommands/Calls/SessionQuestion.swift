// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// Asks a person which of several calls is meant.
struct SessionQuestion {
  /// So many fit on a screen.
  static let maximum = 20

  private let sessions: [SessionInfo]
  private let what: String

  init(_ sessions: [SessionInfo], _ what: String) { (self.sessions, self.what) = (sessions, what) }

  func ask() throws -> String {
    let list = TextTable(
      header: ["", "ID", "STATE", "PID", "TITLE"],
      rows: zip(1..., sessions).map {
        ["  \($0)", shown($1.id), $1.shownState, $1.shownProcess ?? "-", $1.shownWhat]
      })
    try StandardStream.error.write(line: what + ":\n" + list.text(.plain, columns: Screen.columns))
    while true {
      try StandardStream.error.write(CharacterSet.bytes("Which one? [1-\(sessions.count), Enter to cancel] "))
      let line = readLine()
      // By Ctrl-D, the question's line is still the cursor's.
      if line == nil { try StandardStream.error.write(line: "") }
      guard let answer = line.map({ String($0.prefix(100)).trimmed }), !answer.isEmpty else {
        throw CommandFailure(.noSession, BusErrorName.ambiguousSession, "cancelled; nothing was done")
      }
      let number = Int(answer)
      if let number, sessions.indices.contains(number - 1) { return sessions[number - 1].id }
      // A number that was not offered is a slip, and not the beginning of an ID: it must not end that call.
      let matches = (number ?? .max) > Self.maximum ? sessions.meant(by: answer) : []
      if matches.count == 1 { return matches[0].id }
      try StandardStream.error.write(line: "“\(shown(answer, limit: 20))” is not one of them")
    }
  }
}

extension String {
  fileprivate var trimmed: String {
    String(drop { $0.isWhitespace }.reversed().drop { $0.isWhitespace }.reversed())
  }
}
