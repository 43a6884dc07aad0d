// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - What this end wants otherwise (RFC 3261, 14.1; RFC 6337)

extension SIPCall {
  mutating func setHeld(_ held: Bool) {
    guard phase == .up else { return emit(.refuse(request: "set-held", "the call is not joined")) }
    wantsHeld = held
    adjustOffer()
  }

  var offerUnderWay: Offer? {
    pending.values.lazy.compactMap { if case .offer(let offer) = $0 { offer } else { nil } }.first
  }

  /// Sends an offer for the wanted state as soon as nothing is in the way.
  mutating func adjustOffer() {
    guard phase == .up, isOpen, hasPath, wantsHeld != isHeld || needsOffer, offerUnderWay == nil, lateOffer == nil,
      timers[.offerAgain] == nil, let dialog, var offers
    else { return }
    let isNeeded = needsOffer
    needsOffer = false
    var request = dialog.request("INVITE", sequence: nextSequence(), branch: branch())
    request.add(contactOf: dialog.user, at: dialog.end)
    request.addAbilities()
    if let interval = session.interval { request.add("Session-Expires", "\(interval);refresher=uac") }
    request.add(description: offers.offer(wantsHeld ? .sendonly : .sendrecv))
    self.offers = offers
    _ = send(request, by: dialog.end, as: .offer(Offer(held: wantsHeld, sequence: sequence, isNeeded: isNeeded)))
    arm(.offerTimeout, after: CallWait.farewell)
  }

  /// Drops the pending offer, because there is a newer one to make.
  mutating func supersedeOffer() {
    for (transaction, purpose) in pending {
      guard case .offer(let offer) = purpose else { continue }
      offers?.rollBack()
      settle(transaction, offer)
    }
  }

  mutating func offerAnswered(_ response: SIPMessage, _ offer: Offer) {
    guard let status = response.status else { return }
    guard phase == .up else {
      // It has crossed with the BYE.
      if (200..<300).contains(status) { _ = acknowledgeAgain(response) }
      return
    }
    switch status {
    case 200..<300: offerAccepted(response, offer)
    case 481 where isTakeover: dialogIsUnknown()
    case 481: unknown()
    case 491:
      offers?.rollBack()
      needsOffer = needsOffer || offer.isNeeded || offer.held == isHeld
      // This end chose the Call-ID, so it waits longer (14.1).
      arm(.offerAgain, after: Int64.random(in: 210...400, using: &random) * 10)
      backAgain()
    case 422 where session.raise(to: response.minimumSessionExpires):
      offers?.rollBack()
      needsOffer = needsOffer || offer.isNeeded || offer.held == isHeld
      adjustOffer()
    case 500 where offer.isNeeded && refusedOffers < Self.mostRefusedOffers:
      // It may still wait for the ACK of an offer of the previous process (14.2).
      refusedOffers += 1
      offers?.rollBack()
      needsOffer = true
      arm(.offerAgain, after: CallWait.offerAgain)
      backAgain()
    default:
      offers?.rollBack()
      refuse(offer, CallOutcome(refusal: response).detail)
      refreshAgainSoon()
      // It speaks for the far end, or for a proxy that cannot reach it.
      if status == 408 || status == 503, state != .joined { return missed() }
      backAgain()
      adjustOffer()
    }
  }

  private mutating func offerAccepted(_ response: SIPMessage, _ offer: Offer) {
    guard var dialog, var offers else { return }
    refusedOffers = 0
    dialog.refresh(from: response)
    dialog.note(abilitiesOf: response)
    self.dialog = dialog
    resolveNextHop()
    emit(.acknowledge(dialog.acknowledgement(sequence: offer.sequence, branch: branch()), dialog.end))
    session.begin(by: response)
    armSession()
    do throws(NegotiationError) {
      plan = try offers.accept(response)
      self.offers = offers
      isHeld = offer.held
    } catch {
      self.offers?.rollBack()
      refuse(offer, "\(error)")
    }
    backAgain()
    adjustOffer()
  }

  /// The session stays as it was (14.1).
  private mutating func refuse(_ offer: Offer, _ why: String) {
    guard offer.held != isHeld else { return }
    if wantsHeld == offer.held { wantsHeld = isHeld }
    let what = offer.held ? "refused to be put on hold" : "refused to be resumed"
    emit(.refuse(request: "set-held", "the far end \(what): \(why)"))
  }

  /// The far end is working on it, but has not answered.
  mutating func offerTimedOut() {
    guard phase == .up, let offer = offerUnderWay else { return }
    supersedeOffer()
    offerFailed(.timedOut, offer)
  }

  mutating func offerFailed(_ failure: TransactionFailure, _ offer: Offer) {
    guard phase == .up else { return }
    offers?.rollBack()
    if case .unreachable = failure, state == .joined, !wasUnsendable {
      // It has not left this machine. If there is no network, this will soon be known.
      wasUnsendable = true
      needsOffer = needsOffer || offer.isNeeded
      return arm(.offerAgain, after: CallWait.firstRepair)
    }
    // What was lost with the network is sent again when it is back.
    if state == .joined { refuse(offer, failure.description) }
    refreshAgainSoon()
    // Whether the far end is there is a different question, which is asked when it is not heard.
    guard offer.isNeeded || state != .joined else { return }
    missed()
    guard failure == .refused, state != .joined else { return }
    // Its port is closed: its program has exited, or is restarting.
    let since = refusedSince ?? now
    refusedSince = since
    if now - since >= CallWait.refusal { return end(CallOutcome(.network, failure.description)) }
    arm(.repair, after: CallWait.firstRepair)
  }

  /// It must still be told.
  private mutating func missed() {
    needsOffer = true
    guard state == .joined else { return lost() }
    arm(.offerAgain, after: CallWait.offerAgain)
  }

  /// The far end is back.
  mutating func backAgain() {
    guard phase == .up, hasPath else { return }
    (state, refusedSince, isTakeover, wasUnsendable) = (.joined, nil, false, false)
    repairPause = CallWait.firstRepair
    disarm(.repair)
  }
}
