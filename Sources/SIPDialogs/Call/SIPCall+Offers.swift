// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - What this end wants otherwise (RFC 3261, 14.1; RFC 6337)

extension SIPCall {
  mutating func setHeld(_ held: Bool) {
    guard phase == .up else { return emit(.refuse(request: "set-held", "the call is not joined")) }
    order.held = held
    adjustOffer()
  }

  /// Sends an offer for the wanted state as soon as nothing is in the way.
  mutating func adjustOffer() {
    guard phase == .up, link.isOpen, link.hasPath, order.held != session.isHeld || session.needsOffer,
      work.requests.offer == nil, session.lateOffer == nil, !isArmed(.offerAgain), let dialog,
      let offer = session.offers?.offer(order.direction)
    else { return }
    let isNeeded = session.needsOffer
    session.needsOffer = false
    var request = newRequest("INVITE", in: dialog)
    request.add(contactOf: dialog.user, at: dialog.end)
    request.addAbilities()
    if let interval = session.timer.interval { request.add("Session-Expires", "\(interval);refresher=uac") }
    request.add(description: offer)
    let pending = PendingOffer(held: order.held, sequence: ids.sequence, isNeeded: isNeeded)
    _ = send(request, by: dialog.end, as: .offer(pending))
    arm(.offerTimeout, after: CallWait.farewell)
  }

  /// If the next hop is a name, resolve it; until then, requests go where the INVITE went.
  mutating func resolveNextHop() {
    guard let dialog, !dialog.nextHop.isNumeric else { return }
    emit(.resolve(dialog.nextHop, dialog.end.target.transport))
  }

  /// Drops the pending offer, because there is a newer one to make.
  mutating func supersedeOffer() {
    guard work.requests.offer != nil else { return }
    session.rollBack()
    work.requests.giveUpOffer()
  }

  mutating func offerAnswered(_ response: SIPMessage, _ offer: PendingOffer) {
    guard let status = response.status else { return }
    guard phase == .up else {
      // It has crossed with the BYE.
      if (200..<300).contains(status) { _ = acknowledgeAgain(response) }
      return
    }
    switch status {
    case 200..<300: offerAccepted(response, offer)
    case 481 where isTakeover: dialogIsUnknown()
    case 481: farEndForgotCall()
    case 491:
      session.postpone(offer)
      // This end chose the Call-ID, so it waits longer (14.1).
      arm(.offerAgain, after: Int64.random(in: 210...400, using: &ids.random) * 10)
      backAgain()
    case 422 where session.timer.raise(to: response.minimumSessionExpires):
      session.postpone(offer)
      adjustOffer()
    case 500 where offer.isNeeded && session.refusedOffers < MediaSession.mostRefusedOffers:
      // It may still wait for the ACK of an offer of the previous process (14.2).
      session.noteRefusal()
      arm(.offerAgain, after: CallWait.offerAgain)
      backAgain()
    default:
      session.rollBack()
      refuse(offer, CallOutcome(refusal: response).detail)
      refreshAgainSoon()
      if !response.isOfFarEnd, state != .joined { return missed() }
      backAgain()
      adjustOffer()
    }
  }

  private mutating func offerAccepted(_ response: SIPMessage, _ offer: PendingOffer) {
    guard var dialog, session.offers != nil else { return }
    session.noteAcceptance()
    dialog.refresh(from: response)
    dialog.note(abilitiesOf: response)
    self.dialog = dialog
    resolveNextHop()
    acknowledge(offer.sequence, in: dialog)
    session.timer.begin(by: response)
    armSession()
    do throws(NegotiationError) {
      try session.accept(response)
      session.isHeld = offer.held
    } catch {
      refuse(offer, "\(error)")
    }
    backAgain()
    adjustOffer()
  }

  /// The session stays as it was (14.1).
  private mutating func refuse(_ offer: PendingOffer, _ why: String) {
    guard offer.held != session.isHeld else { return }
    order.held = session.isHeld
    let what = offer.held ? "refused to be put on hold" : "refused to be resumed"
    emit(.refuse(request: "set-held", "the far end \(what): \(why)"))
  }

  /// The far end is working on it, but has not answered.
  mutating func offerTimedOut() {
    guard phase == .up, let offer = work.requests.offer else { return }
    supersedeOffer()
    offerFailed(.timedOut, offer)
  }

  mutating func offerFailed(_ failure: TransactionFailure, _ offer: PendingOffer) {
    guard phase == .up else { return }
    session.rollBack()
    if case .unreachable = failure, state == .joined, !link.wasUnsendable {
      // It has not left this machine. If there is no network, this will soon be known.
      link.wasUnsendable = true
      session.needsOffer = session.needsOffer || offer.isNeeded
      return arm(.offerAgain, after: CallWait.firstRepair)
    }
    // What was lost with the network is sent again when it is back.
    if state == .joined { refuse(offer, failure.description) }
    refreshAgainSoon()
    // Whether the far end is there is a different question, which is asked when it is not heard.
    guard offer.isNeeded || state != .joined else { return }
    missed(failure)
    guard failure == .refused, state != .joined else { return }
    // Its port is closed: its program has exited, or is restarting.
    if link.refused(at: now) >= CallWait.refusal { return end(CallOutcome(.network, failure.description)) }
    arm(.repair, after: CallWait.firstRepair)
  }

  /// It must still be told.
  private mutating func missed(_ failure: TransactionFailure? = nil) {
    session.needsOffer = true
    guard state == .joined else { return lost() }
    guard let failure, failure != .timedOut else { return arm(.offerAgain, after: CallWait.offerAgain) }
    // A server that is restarting is soon back.
    arm(.offerAgain, after: link.pause)
    link.lengthenPause()
  }

  /// The handshake that the keys come from has failed. Nothing goes unencrypted instead.
  mutating func notSecured(_ handshake: MediaPlan.Handshake, _ why: String) {
    switch phase {
    case .calling:
      // The far end may begin it only when it answers.
      for index in attempts.indices where attempts[index].early?.plan?.handshake == handshake {
        attempts[index].isUnsecured = true
      }
    case .up where session.plan?.handshake == handshake:
      end(CallOutcome(.refused, "the sound cannot be encrypted: \(why)"))
    default: break
    }
  }

  /// The far end is back.
  mutating func backAgain() {
    guard phase == .up, link.hasPath else { return }
    state = .joined
    link.isBack()
    disarm(.repair)
  }
}
