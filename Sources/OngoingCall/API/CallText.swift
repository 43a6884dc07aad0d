// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Texts about calls, as people read them. The tools of ongoingcalld have them alike.
public enum CallText {
  /// Makes text from outside, such as a title, safe to show on one line. Line breaks become spaces; control characters,
  /// and those that reorder text, are dropped. Markup is ordinary text: escape it where it is interpreted.
  ///
  /// - Parameters:
  ///   - text: any text.
  ///   - limit: how many characters to show at most, 1 or more. Of a longer text, the last of them is an ellipsis.
  public static func line(_ text: String, limit: Int = 200) -> String {
    DisplayText(text, limit: max(1, limit)).description
  }

  /// How long a call has lasted, as a clock shows it: `0:05`, `12:34`, `1:02:03`. A negative time is `0:00`.
  public static func clock(_ duration: Duration) -> String {
    "\(ElapsedTime(seconds: UInt64(max(0, duration.components.seconds))))"
  }

  /// Whom an address calls: that of a `sip:` or `sips:` address without the scheme and its parameters, and any other
  /// text as it is; on one line.
  public static func address(_ address: String) -> String { line(CallURI.forPeople(address)) }

  /// A program and its arguments, quoted as a shell takes them; on one line.
  public static func command(_ command: [String]) -> String { line(CommandText.whole(command), limit: 1000) }
}
