// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

extension SessionInfo {
  /// A line for each session; two lines if `columns` are too few for a table (nil: any width).
  static func table(_ sessions: [SessionInfo], _ style: TextStyle = .plain, columns: Int? = nil) -> String {
    // A column without anything in it would only take the titles' room.
    let hasNames = sessions.contains { !$0.name.isEmpty }
    let hasProcesses = sessions.contains { $0.shownProcess != nil }
    let table = TextTable(
      header: ["ID"] + (hasNames ? ["NAME"] : []) + ["STATE", "DURATION", "ENGINE"]
        + (hasProcesses ? [aligned("PID")] : []) + ["TITLE"],
      rows: sessions.map { session in
        let name = hasNames ? [session.name.isEmpty ? "-" : shown(session.name)] : []
        let process = hasProcesses ? [aligned(session.shownProcess ?? "-")] : []
        return [shown(session.id)] + name + [session.shownState, session.shownDuration]
          + [shown(session.shownEngine, limit: 20)] + process + [session.shownWhat]
      })
    guard let columns, table.room(of: columns) < minimumTitle else { return table.text(style, columns: columns) }
    return sessions.map { $0.lines(style, columns: max(columns, Screen.minimumColumns)) }.joined(separator: "\n")
  }

  private static let minimumTitle = 16

  /// As the longest number that a process can have.
  private static func aligned(_ number: String) -> String {
    String(repeating: " ", count: max(0, 7 - number.count)) + number
  }

  private func lines(_ style: TextStyle, columns: Int) -> String {
    let head = [shown(id), shownState] + (hasJoined ? [shownDuration] : []) + (name.isEmpty ? [] : [shown(name)])
    let process = shownProcess.map { "process \($0): " } ?? ""
    return style.bold(CharacterSet.cut(head.joined(separator: "  "), to: columns)) + "\n"
      + CharacterSet.cut("  " + process + shownWhat, to: columns)
  }
}

extension ProgramStatus {
  /// `24×80, 2 attached`: rows and columns, as stty(1) has them. nil where it has no terminal.
  var shownTerminal: String? {
    guard let rows, let columns else { return nil }
    return "\(rows)×\(columns)" + (viewers.map { $0 > 0 ? ", \($0) attached" : "" } ?? "")
  }
}
