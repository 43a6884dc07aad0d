// SPDX-License-Identifier: Apache-2.0

/// What notifications say, in the user's language.
///
/// The texts here are what translations are looked up by (gettext's msgids; `packaging/po`).
public struct Phrases: Sendable {
  private let translate: @Sendable (String) -> String

  public init(_ translate: @escaping @Sendable (String) -> String = { $0 }) { self.translate = translate }

  public var calling: String { translate("Calling…") }
  public var ringing: String { translate("Ringing…") }
  public func joined(since time: String) -> String { fill("Joined since %s", time) }
  public var reconnecting: String { translate("Reconnecting…") }
  public var leaving: String { translate("Hanging up…") }
  public var onHold: String { translate("on hold") }
  public var muted: String { translate("muted") }
  public var resistsEnd: String { translate("The call does not end. Try again.") }
  public func howToEnd(_ command: String) -> String { fill("To hang up: %s", command) }

  public var `return`: String { translate("Return") }
  public var hangUp: String { translate("Hang up") }
  public var mute: String { translate("Mute") }
  public var unmute: String { translate("Unmute") }
  public var callAgain: String { translate("Call again") }

  public var callEnded: String { translate("Call ended") }
  public var callDropped: String { translate("Call dropped") }
  public func lasted(_ duration: String) -> String { fill("It lasted %s.", duration) }
  public var cannotReturn: String { translate("The call cannot be returned to") }

  private func fill(_ text: String, _ value: String) -> String {
    let pieces = translate(text).split(separator: "%s", maxSplits: 1, omittingEmptySubsequences: false)
    // A translation that forgets the value must not hide it.
    return pieces.count == 2 ? pieces[0] + value + pieces[1] : "\(pieces[0]) \(value)"
  }
}
