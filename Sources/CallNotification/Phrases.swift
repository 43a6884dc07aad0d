// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What notifications say, in the user's language.
///
/// These texts are the keys of the translations (gettext's msgids; see `packaging/po`).
public struct Phrases: Sendable {
  private let translate: @Sendable (String) -> String

  public init(_ translate: @escaping @Sendable (String) -> String = { $0 }) { self.translate = translate }

  public var calling: String { translate("Calling…") }
  public var ringing: String { translate("Ringing…") }
  public func joined(since time: String) -> String { fill("Since %s", time) }
  public var reconnecting: String { translate("Reconnecting…") }
  public var leaving: String { translate("Hanging up…") }
  public var onHold: String { translate("On hold") }
  public var muted: String { translate("Muted") }
  public var recording: String { translate("Recording") }
  public var resistsEnd: String { translate("The call did not end. Try again.") }
  public func howToEnd(_ command: String) -> String { fill("To hang up: %s", command) }

  public var `return`: String { translate("Return") }
  public var hangUp: String { translate("Hang up") }
  public var mute: String { translate("Mute") }
  public var unmute: String { translate("Unmute") }
  public var callAgain: String { translate("Call again") }

  public var transferRequested: String { translate("Transfer this call?") }
  public func asksToCall(_ address: String) -> String { fill("The other side asks you to call %s instead.", address) }
  public var transfer: String { translate("Transfer") }
  public var decline: String { translate("Decline") }
  public func howToTransfer(_ command: String) -> String { fill("To transfer: %s", command) }
  public func howToDecline(_ command: String) -> String { fill("To decline: %s", command) }
  public var cannotTransfer: String { translate("Cannot transfer the call") }

  public var callOffered: String { translate("Place this call?") }
  public func callsThrough(_ account: String) -> String { fill("Through the account %s", account) }
  public var callsDirectly: String { translate("Without an account") }
  public func asksForCall(_ application: String) -> String { fill("%s asks for it.", application) }
  public var call: String { translate("Call") }
  public var doNotCall: String { translate("Do not call") }
  public var cannotCall: String { translate("Cannot place the call") }

  public var inCall: String { translate("In a call") }

  /// All of the call's own buttons, shown or not.
  public var buttons: [String] { [`return`, hangUp, mute, unmute, callAgain] }

  /// A heading that says who.
  public func about(_ title: String, _ what: String) -> String {
    "\(what): \(ShownText.line(title, bytes: ShownText.summaryBytes))"
  }
  public var callEnded: String { translate("Call ended") }
  public var callDropped: String { translate("Call dropped") }
  public func lasted(_ duration: String) -> String { fill("It lasted %s.", duration) }
  public var cannotReturn: String { translate("Cannot return to the call") }
  public var callFailed: String { translate("Call failed") }
  public var cannotCallAgain: String { translate("Cannot place the call again") }
  public func howToCallAgain(_ command: String) -> String { fill("To call again: %s", command) }

  /// Why a call ended.
  public func why(_ reason: EndReason) -> String { translate(reason.sentence) }

  private func fill(_ text: String, _ value: String) -> String {
    let pieces = translate(text).split(separator: "%s", maxSplits: 1, omittingEmptySubsequences: false)
    // A translation without “%s” must not hide the value.
    return pieces.count == 2 ? pieces[0] + value + pieces[1] : "\(pieces[0]) \(value)"
  }
}
