// SPDX-License-Identifier: Apache-2.0
internal import OngoingCall

/// What the window says, in the user's language.
///
/// These texts, and those of `window.ui`, are keys of the translations (gettext's msgids; see `packaging/po`).
public struct WindowPhrases: Sendable {
  private let translate: @Sendable (String) -> String

  public init(_ translate: @escaping @Sendable (String) -> String = { $0 }) { self.translate = translate }

  // MARK: The state of a call

  var calling: String { translate("Calling…") }
  var ringing: String { translate("Ringing…") }
  var reconnecting: String { translate("Reconnecting…") }
  var leaving: String { translate("Hanging up…") }
  var ended: String { translate("Call ended") }
  var onHold: String { translate("On hold") }
  var muted: String { translate("Muted") }
  var recording: String { translate("Recording") }
  func lasted(_ duration: String) -> String { fill("It lasted %s.", duration) }
  func connected(to address: String) -> String { fill("Connected to %s, as the server says", address) }

  /// Why a call ended; nil where only a later daemon knows such a reason.
  func why(_ reason: CallSession.EndReason) -> String? { reason.sentence.map(translate) }

  // MARK: Buttons

  var mute: String { translate("Mute") }
  var unmute: String { translate("Unmute") }
  var hold: String { translate("Hold") }
  var resume: String { translate("Resume") }

  // MARK: Details

  func asksToCall(_ address: String) -> String { fill("The other side asks you to call %s instead.", address) }
  var good: String { translate("Good") }
  var fair: String { translate("Fair") }
  var poor: String { translate("Poor") }
  var noMicrophone: String { translate("No microphone") }
  var noSpeaker: String { translate("No speaker") }
  var nothingReceived: String { translate("Nothing is received yet") }
  func lost(_ percent: String) -> String { fill("%s % lost", percent) }
  func delay(_ milliseconds: String) -> String { fill("%s ms round trip", milliseconds) }
  var notEncrypted: String { translate("Not encrypted") }
  var encryptedBySDES: String { translate("Encrypted; the servers of the call can know the keys") }
  var encryptedByDTLS: String { translate("Encrypted by keys of both ends") }

  // MARK: Without a call

  var noCalls: String { translate("No calls") }
  var howToBegin: String { translate("Type an address, and press Enter. You can close this window: calls go on.") }
  var severalCalls: String { translate("Choose a call") }
  var noSuchCall: String { translate("This call has ended, or there never was one.") }
  var withoutAccount: String { translate("Without an account") }

  // MARK: Without a daemon

  var isAway: String {
    translate("The service that keeps calls does not run. What you see is from before; it comes back by itself.")
  }
  func trouble(_ text: String, _ remedy: String?) -> String {
    let sentence = text.prefix(1).uppercased() + text.dropFirst() + "."
    return remedy.map { sentence + "\n" + fill("To repair it: %s", $0) } ?? sentence
  }

  private func fill(_ text: String, _ value: String) -> String { translate(text).replacing("%s", with: value) }
}
