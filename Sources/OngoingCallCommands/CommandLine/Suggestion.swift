// SPDX-License-Identifier: Apache-2.0

/// What was probably meant.
enum Suggestion {
  /// What other tools call a verb of this one.
  private static let otherNames: [String: String] = [
    "call": "launch", "url": "open", "xdg-open": "open", "dial": "launch", "start": "launch", "run": "launch",
    "new": "launch",
    "stop": "abort", "kill": "abort", "end": "abort", "cancel": "abort", "quit": "abort", "hang-up": "hangup",
    "ls": "list", "ps": "list", "calls": "list", "show": "status", "info": "status", "st": "status",
    "events": "watch", "monitor": "watch", "follow": "watch", "tail": "watch", "log": "logs", "output": "logs",
    "journal": "logs", "last": "history", "reason": "why", "back": "return", "fg": "return", "enter": "attach",
    "view": "attach", "a": "attach", "detach-client": "detach", "leave": "detach", "silence": "mute", "pause": "hold",
    "unhold": "resume", "continue": "resume",
    "type": "send-keys", "press": "send-keys", "input": "send-keys",
    "digits": "dtmf", "keys": "dtmf", "notify": "notification", "channels": "channel",
    "refer": "transfer", "forward": "transfer", "xfer": "transfer",
    "devices": "audio", "microphone": "audio", "speaker": "audio", "sound": "audio", "rec": "record",
    "recording": "record", "accounts": "account", "login": "account", "identity": "account", "password": "account",
    "passwd": "account", "check": "doctor",
    "diagnose": "doctor", "health": "doctor",
  ]

  static func verb(for typed: String, of verbs: [String]) -> String? {
    let typed = typed.lowercased()
    if let other = otherNames[typed], verbs.contains(other) { return other }
    if typed.count >= 2 {
      let longer = verbs.filter { $0.hasPrefix(typed) }
      if longer.count == 1 { return longer[0] }
    }
    let nearest = verbs.map { (distance(typed, $0), $0) }.min { $0.0 < $1.0 }
    // A third of the letters may be wrong.
    return nearest.flatMap { $0.0 <= max(1, $0.1.count / 3) ? $0.1 : nil }
  }

  /// How many letters are missing, too many, others, or swapped with the next.
  static func distance(_ one: String, _ other: String) -> Int {
    let (a, b) = (Array(one.prefix(40)), Array(other.prefix(40)))
    var rows = [Array(0...b.count)]
    for i in a.indices {
      var row = [i + 1]
      for j in b.indices {
        var least = min(rows[i][j + 1] + 1, row[j] + 1, rows[i][j] + (a[i] == b[j] ? 0 : 1))
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { least = min(least, rows[i - 1][j - 1] + 1) }
        row.append(least)
      }
      rows.append(row)
    }
    return rows[a.count][b.count]
  }
}
