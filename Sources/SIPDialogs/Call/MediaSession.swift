// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// The session: what both ends have agreed on, and what is to change.
struct MediaSession: Sendable, Equatable {
  /// Before there is a dialog, the ones that every attempt offers.
  var offers: OfferAnswer?
  var plan: MediaPlan?
  var isHeld = false
  /// The far end must get an offer, even one that changes nothing.
  var needsOffer = false
  /// The far end's re-INVITE that waits for its ACK, which contains the answer.
  var lateOffer: UInt32?
  private(set) var refusedOffers = 0
  var timer = SessionTimer()
  /// How often the sequence numbers of the far end's encrypted packets have wrapped around.
  var inboundRollovers: UInt32 = 0

  /// Each far end of a fork has its own.
  private(set) var handshakeKeys: [HandshakeKeys] = []

  static let mostRefusedOffers = 3
  private static let mostHandshakes = 4

  var expectsSound: Bool { plan?.direction.receives == true && !isHeld }

  /// The far end has answered this end's offer; if it is unusable, the session stays as it was.
  mutating func accept(_ answer: SIPMessage) throws(NegotiationError) {
    guard var offers else { return }
    do throws(NegotiationError) {
      plan = try offers.accept(answer)
      self.offers = offers
    } catch {
      self.offers?.rollBack()
      throw error
    }
  }

  mutating func note(_ keys: HandshakeKeys) {
    handshakeKeys.removeAll { $0.handshake == keys.handshake }
    handshakeKeys = (handshakeKeys + [keys]).suffix(Self.mostHandshakes)
  }

  var awaitsHandshake: Bool { plan?.handshake != nil && keys(whileCalling: false) == nil }

  /// The one that was begun will not be finished: the far end gets an offer of another one.
  mutating func beginHandshakeAgain() {
    plan = nil
    offers?.renewAssociation()
  }

  /// For a successor.
  func keys(whileCalling: Bool) -> HandshakeKeys? {
    guard !whileCalling else { return handshakeKeys.last }
    return plan?.handshake.flatMap { agreed in handshakeKeys.last { $0.handshake == agreed } }
  }

  /// Takes up what a previous process has agreed on; without its keys, there must be another handshake.
  mutating func takeUpHandshake(_ keys: HandshakeKeys?, _ certificate: Certificate?) {
    if let keys { note(keys) }
    let goesOn = plan?.handshake == nil || self.keys(whileCalling: false) != nil && offers?.local.certificate != nil
    if goesOn, offers?.local.certificate != nil { return }
    offers?.local.certificate = certificate
    if !goesOn { beginHandshakeAgain() }
  }

  /// This end answers the far end's offer.
  mutating func answer(_ offer: SIPMessage, _ direction: MediaPlan.Direction) throws(NegotiationError) -> String {
    guard
      let answer = try offers?.answer(offer: offer.body, contentType: offer["Content-Type"], direction: direction)
    else { throw .noOffer }
    plan = answer.plan
    return answer.sdp
  }

  /// The far end has not taken the offer: the session stays as it was (RFC 3261, 14.1).
  mutating func rollBack() { offers?.rollBack() }

  /// The same, and it must still be told what it would not have been told otherwise.
  mutating func postpone(_ offer: PendingOffer) {
    rollBack()
    needsOffer = needsOffer || offer.isNeeded || offer.held == isHeld
  }

  /// The far end refuses what it must be told.
  mutating func noteRefusal() {
    refusedOffers += 1
    rollBack()
    needsOffer = true
  }

  mutating func noteAcceptance() { refusedOffers = 0 }

  /// Keeps only what a ticket says until the end.
  mutating func end() { self = MediaSession(timer: timer, inboundRollovers: inboundRollovers) }
}
