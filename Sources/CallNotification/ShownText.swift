// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Makes text from anywhere fit to be shown: without control characters, and of a length that every server can handle.
enum ShownText {
  static let summaryBytes = 512
  static let bodyBytes = 2048
  static let labelBytes = 64
  /// The maximum of buttons besides the call's own; servers show only a few.
  static let customActions = 8

  /// On one line.
  static func line(_ text: String, bytes: Int) -> String { DisplayText(bounded(text, bytes)).description }

  /// Keeps line breaks; drops empty lines.
  static func lines(_ text: String, bytes: Int) -> String {
    bounded(text, bytes).split(whereSeparator: \.isNewline).map { DisplayText(String($0)).description }
      .filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// Cuts between two scalars, because a character can consist of any number of them; the bytes are those of UTF-8.
  private static func bounded(_ text: String, _ bytes: Int) -> String {
    guard text.utf8.count > bytes else { return text }
    let mark = "…"
    var end = text.utf8.index(text.startIndex, offsetBy: bytes - mark.utf8.count)
    while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
    return String(text.unicodeScalars[..<end]) + mark
  }
}
