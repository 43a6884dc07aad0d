// SPDX-License-Identifier: Apache-2.0
public import CallModel

/// Everything that a new process needs to go on with a call: the `resume` value of the engine protocol.
///
/// A dialog is a handful of values (RFC 3261, 12). Who has them goes on in it, whatever became of the process that began it.
public struct CallTicket: Sendable, Equatable, Codable {
  public static let currentVersion = 3
  /// A fork has seldom more; each is as long as a dialog.
  static let mostGoodbyes = 4

  public var version = Self.currentVersion
  public var callID: String
  public var localTag: String
  /// The highest CSeq that a request of this end has used.
  public var sequence: UInt32
  public var stream: StreamIdentity
  /// INVITEs without a final answer, or whose answer is not acted on yet.
  public var attempts: [Attempt] = []
  public var hasRung = false
  /// Where a redirect has led; nil is the address that was ordered.
  public var redirected: SIPURI?
  public var dialog: Dialog?
  /// Of the dialog, or else what every attempt offers, each with its own address.
  public var offers: OfferAnswer?
  public var plan: MediaPlan?
  /// How often the numbers of the far end's encrypted packets have begun anew (RFC 3711, 3.3.1).
  public var inboundRollovers: UInt32 = 0
  public var isHeld = false
  /// How often the far end is to hear that the call still is.
  public var session = SessionTimer()
  /// Dialogs whose BYE is not confirmed: the losers of a fork, and after the call its own.
  public var goodbyes: [Dialog] = []
  /// The call is over, and the far end may not know: what it was over for.
  public var farewell: Farewell?

  /// A dialog goes on with new keys: those that there are would be of use to an eavesdropper alone.
  mutating func forgetKeys() {
    plan?.forgetKeys()
    offers?.forgetKeys()
  }

  /// As many of them as there is room for.
  mutating func note(_ dialogs: [Dialog]) {
    var room = Dialog.longest * 3 / 2
    for dialog in dialogs where dialog.fitsTicket && goodbyes.count < Self.mostGoodbyes {
      room -= dialog.length
      if room >= 0 { goodbyes.append(dialog) }
    }
  }

  /// An INVITE that was sent.
  public struct Attempt: Sendable, Equatable, Codable {
    public var end: LocalEnd
    /// As it was sent; a successor sends the same, and is the same client to the far end (RFC 3261, 17.2.3).
    public var invite: String
    /// In place of ``CallTicket/dialog`` (RFC 3891).
    public var replaces = false
    public var hasProvisional = false
    public var isCancelled = false
  }

  public struct Farewell: Sendable, Equatable, Codable {
    public var reason: EndReason
    public var detail: String
  }
}
