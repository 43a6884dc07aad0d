// SPDX-License-Identifier: Apache-2.0
import CallLife
import OngoingCall

/// Text from outside for one line of a terminal: safe, and no longer than `limit` characters.
func shown(_ text: String, limit: Int = 200) -> String {
  let safe = DisplayText(String(text.prefix(limit * 4))).description
  return safe.count > limit ? safe.prefix(limit - 1) + "…" : safe
}

/// Sessions as people read them.
extension SessionInfo {
  var shownTitle: String { shown(title.isEmpty ? uri : title, limit: 80) }

  /// `joined`, `joined, muted`, `ended: busy`
  var shownState: String {
    var words = state.isEmpty ? "unknown" : shown(state, limit: 20)
    if hasEnded, !endReason.isEmpty { words += ": " + shown(endReason, limit: 30) }
    if !hasEnded, muted { words += ", muted" }
    if !hasEnded, onHold { words += ", on hold" }
    return words
  }

  /// To abort an adopted process would let it go on.
  var commandToEnd: String { "ongoingcallctl \(adopted ? "hangup" : "abort") \(shown(id))" }

  var shownEngine: String { adopted ? "(adopted)" : shown(engine, limit: 80) }

  var shownDuration: String { hasJoined ? HumanTime.duration(microseconds: duration) : "-" }

  /// Why it ended: `busy (486 Busy Here)`
  var shownEnd: String {
    let reason = endReason.isEmpty ? "no reason given" : shown(endReason, limit: 30)
    return endDetail.isEmpty ? reason : "\(reason) (\(shown(endDetail)))"
  }

  var shownLifetime: String? { survivesLogout.map { $0 ? "survives logout" : "ends at the last logout" } }

  /// Where its notification is: `notification shown by dunst`; without one, how to end the call.
  var shownNotification: String? {
    guard let notification else { return nil }
    let server = notification.server.isEmpty ? "" : " by \(shown(notification.server, limit: 40))"
    return switch notification.state {
    case "shown": "notification shown\(server)"
    case "dismissed": "notification dismissed; it comes back"
    case "waiting": "notification about to be shown\(server)"
    case "none": "no notification can be shown; end the call by: \(commandToEnd)"
    default: "notification " + shown(notification.state, limit: 20)
    }
  }

  /// At one glance, on several lines.
  var block: String {
    var lines = ["● \(shown(id)) \(shownTitle)"]
    func add(_ label: String, _ value: String) {
      lines.append(String(repeating: " ", count: max(0, 10 - label.count)) + label + ": " + value)
    }
    add("State", shownState)
    if !uri.isEmpty { add("Address", shown(uri)) }
    add("Engine", shownEngine)
    if !unit.isEmpty { add("Unit", shown(unit)) }
    if launchedAt != 0 { add("Launched", HumanTime.local(microseconds: launchedAt)) }
    if hasJoined { add("Joined", HumanTime.local(microseconds: joinedAt)) }
    if hasJoined { add("Duration", shownDuration) }
    if !hasEnded, let shownLifetime { add("Lifetime", shownLifetime) }
    if let media { add("Media", media.line) }
    if !hasEnded, let shownNotification { add("Desktop", shownNotification) }
    if hasEnded { add("Ended", shownEnd) }
    return lines.joined(separator: "\n")
  }

  static func table(_ sessions: [SessionInfo]) -> String {
    let header = ["ID", "STATE", "DURATION", "ENGINE", "TITLE"]
    let rows =
      [header]
      + sessions.map {
        [shown($0.id), $0.shownState, $0.shownDuration, shown($0.shownEngine, limit: 20), $0.shownTitle]
      }
    let widths = header.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      // The last column is as wide as it is: titles may have characters of any width.
      row.indices.dropLast().map { column in
        row[column] + String(repeating: " ", count: widths[column] - row[column].count)
      }.joined(separator: "  ") + "  " + row[row.count - 1]
    }.joined(separator: "\n")
  }
}

extension SessionInfo.Media {
  var line: String {
    let counters = "\(sent) packets sent, \(received) received, \(lost) lost"
    return roundTripMilliseconds.map { counters + ", \($0) ms there and back" } ?? counters
  }
}
