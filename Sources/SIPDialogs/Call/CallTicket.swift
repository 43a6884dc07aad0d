// SPDX-License-Identifier: Apache-2.0
public import CallModel
public import NATTraversal

/// Everything that a new process needs to continue a call: the `resume` value of the engine protocol.
///
/// A dialog is a handful of values (RFC 3261, 12). Whoever has them can continue it, whatever happened to the process
/// that started it.
public struct CallTicket: Sendable, Equatable, Codable {
  public static let currentVersion = 3
  /// A fork seldom has more; each is as long as a dialog.
  static let mostGoodbyes = 4

  public var version = Self.currentVersion
  public var callID: String
  public var localTag: String
  /// The highest CSeq of this end's requests.
  public var sequence: UInt32
  public var stream: StreamIdentity
  /// INVITEs without a final response, or whose response has not been handled yet.
  public var attempts: [Attempt] = []
  public var hasRung = false
  /// The target of a redirect; nil is the address of the order.
  public var redirected: SIPURI?
  public var dialog: Dialog?
  /// The one of the dialog, or the one that every attempt offers, each with its own address.
  public var offers: OfferAnswer?
  public var plan: MediaPlan?
  /// How often the sequence numbers of the far end's encrypted packets have wrapped around (RFC 3711, 3.3.1).
  public var inboundRollovers: UInt32 = 0
  /// Of the handshake of ``plan``, or of early media. A successor cannot make another handshake without an offer, for
  /// which the far end would have to wait; so it needs them.
  var handshakeKeys: HandshakeKeys?
  public var isHeld = false
  /// Challenges of the account's servers; nil if there have been none.
  var authentication: Authenticator.Memory?
  /// How often the session must be refreshed.
  public var session = SessionTimer()
  /// Of the account, where its calls need one.
  public var registration: RegistrationRecord?
  /// How the sound reaches the far end by ICE; nil: it goes where the far end says.
  public var connectivity: ICEAgent.Memory?
  /// nil: there is none.
  var transfers: Transfers?
  /// Whom the account's server says that the call is with; nil: it says nothing.
  var connectedTo: String?
  /// Dialogs whose BYE is not confirmed: the losers of a fork, and, after the call, its own.
  public var goodbyes: [Dialog] = []
  /// The call is over, but the far end may not know: the reason.
  public var farewell: Farewell?

  /// Of a call that waits for its registration.
  public init(waitingFor registration: RegistrationRecord?, _ stream: StreamIdentity) {
    self.init(callID: "", localTag: "", sequence: 0, stream: stream, registration: registration)
  }

  /// Of the dialog, or of the first attempt at one.
  public var end: LocalEnd? { dialog?.end ?? attempts.first?.end }

  /// nil: another one is needed, for another handshake.
  public var certificate: Certificate? { offers?.local.certificate }

  /// Nobody is being called: there has been no INVITE yet, or it was answered with another address.
  public var isWaiting: Bool { attempts.isEmpty && dialog == nil && farewell == nil && goodbyes.isEmpty }

  /// There has been no INVITE, not even to an address that has led to another one.
  public var isUnused: Bool { callID.isEmpty }

  init(
    callID: String, localTag: String, sequence: UInt32, stream: StreamIdentity,
    registration: RegistrationRecord? = nil
  ) {
    (self.callID, self.localTag, self.sequence, self.stream) = (callID, localTag, sequence, stream)
    self.registration = registration
  }

  /// A dialog continues with new keys, unless they come from a handshake. The old ones would be useful only to an
  /// eavesdropper.
  mutating func forgetKeys() {
    plan?.forgetKeys()
    offers?.forgetKeys(butCertificate: handshakeKeys != nil || plan?.handshake == nil)
  }

  mutating func note(_ dialogs: [Dialog]) { goodbyes += dialogs.filter(\.fitsTicket).prefix(Self.mostGoodbyes) }

  /// An INVITE that was sent.
  public struct Attempt: Sendable, Equatable, Codable {
    public var end: LocalEnd
    /// As it was sent. A successor sends the same, and is the same client to the far end (RFC 3261, 17.2.3).
    public var invite: String
    /// Replaces ``CallTicket/dialog`` (RFC 3891).
    public var replaces = false
    public var hasProvisional = false
    public var isCancelled = false
  }

  public struct Farewell: Sendable, Equatable, Codable {
    public var reason: EndReason
    public var detail: String
  }
}
