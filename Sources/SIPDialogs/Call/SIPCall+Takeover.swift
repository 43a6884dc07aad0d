// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - Going on with the call of a process that is gone

extension SIPCall {
  /// This process has not heard from the far end yet.
  var isTakeover: Bool { link.takeover != nil }

  mutating func takeUp(_ ticket: CallTicket) {
    guard phase == .idle else { return }
    link.takeover = .call
    ids.takeUp(callID: ticket.callID, tag: ticket.localTag, sequence: ticket.sequence)
    (order.stream, calling.hasRung, farewell.goodbyes) = (ticket.stream, ticket.hasRung, ticket.goodbyes)
    session.inboundRollovers = ticket.inboundRollovers
    connectedTo = ticket.connectedTo
    ticket.transfers.map { transfers = $0 }
    if transfers.done != nil { arm(.transferred, after: CallWait.transferred) }
    if transfers.outgoing != nil { arm(.transfer, after: CallWait.transfer) }
    if let incoming = transfers.incoming {
      arm(.referral, after: incoming.isAccepted ? CallWait.transfer : CallWait.referral)
    }
    ticket.authentication.map { authenticator.memory = $0 }
    attempts = ticket.attempts.compactMap { attempt in
      var offers = ticket.offers
      offers?.move(to: attempt.end)
      return (try? SIPMessage(Array(attempt.invite.utf8))).map {
        InviteAttempt(ticket: attempt, invite: $0, offers: offers)
      }
    }
    if let farewell = ticket.farewell { return takeUp(farewell) }
    if let dialog = ticket.dialog, let offers = ticket.offers { return takeUp(dialog, offers, ticket) }
    phase = .calling
    ticket.handshakeKeys.map { session.note($0) }
    state = calling.hasRung ? .ringing : .connecting
    session.offers = ticket.offers
    // Of several addresses: the one that rings, if any does.
    let wanted = attempts.indices.filter { !attempts[$0].ticket.isCancelled }
    let chosen = wanted.first { attempts[$0].ticket.hasProvisional } ?? wanted.first
    for index in attempts.indices where index != chosen { attempts[index].isAbandoned = true }
    let invited = chosen.flatMap { try? SIPURI(attempts[$0].invite.requestURI ?? "") }
    calling.request = ticket.redirected ?? invited ?? calling.request
    guard chosen != nil else {
      // The previous process died before it called anybody.
      if ids.callID.isEmpty { ids.begin() }
      return resolve()
    }
    openAgain()
  }

  /// Opens the previous process's paths, for what it has started.
  mutating func openAgain() {
    if phase == .calling, let attempt = attempts.first(where: { $0.isWanted && $0.transaction == 0 })?.ticket {
      emit(.open([attempt.end.target], preferring: attempt.end))
    }
    openForUnsaid()
  }

  private mutating func takeUp(_ farewell: CallTicket.Farewell) {
    (phase, state) = (.over, .ended(farewell.reason, detail: farewell.detail, exitStatus: nil))
    self.farewell.record = farewell
    for index in attempts.indices { attempts[index].isAbandoned = true }
    arm(.farewell, after: CallWait.farewell)
    guard !self.farewell.goodbyes.isEmpty || !attempts.isEmpty else { return farewellIsOver() }
    openForUnsaid()
  }

  /// Continues the same dialog: sound at once, from the ports of the previous process, and an offer.
  private mutating func takeUp(_ dialog: Dialog, _ offers: OfferAnswer, _ ticket: CallTicket) {
    (phase, state, link.takeover) = (.up, .reconnecting(.engineCrash), .dialog)
    (self.dialog, session.offers, session.isHeld) = (dialog, offers, ticket.isHeld)
    // With the previous process's keys from descriptions, packets would be counted from zero, and discarded.
    session.plan = ticket.plan?.sendKey == nil ? ticket.plan : nil
    session.timer = ticket.session
    armSession()
    for index in attempts.indices where !attempts[index].replaces { attempts[index].isAbandoned = true }
    link.watch.begin(at: now)
    // The far end no longer knew the dialog, and has been asked to accept another one instead.
    if attempts.contains(where: { $0.replaces && !$0.ticket.isCancelled }) {
      (phase, session.plan) = (.calling, nil)
      return openAgain()
    }
    // The answer to the previous process's offer does not come to this one.
    session.rollBack()
    session.offers?.local.keyMaterial = order.keyMaterial
    session.takeUpHandshake(ticket.handshakeKeys, order.certificate)
    session.needsOffer = true
    emit(.open([dialog.end.target], preferring: dialog.end))
    openForUnsaid()
  }

  // MARK: - A call that still rings

  /// Repeats the same INVITE: to the far end it is a retransmission (RFC 3261, 17.2.3), and it repeats its response.
  mutating func ringOn(_ end: LocalEnd) {
    guard let index = attempts.firstIndex(where: { $0.isOld(and: end.target) }) else { return }
    guard end.isSamePlace(as: attempts[index].ticket.end) else {
      attempts[index].ticket.end = end.leading(to: attempts[index].ticket.end.target)
      attempts[index].ticket.hasProvisional = true
      let why = "the call was ringing, but its address or port is no longer available"
      return self.end(CallOutcome(isTakeover ? .engineFailed : .network, why))
    }
    attempts[index].transaction = send(attempts[index].invite, by: end, as: .invite)
    // Over another connection, the far end may not recognize it.
    if end.target.transport != .udp, !isArmed(.ringAgain) { arm(.ringAgain, after: CallWait.ringAgain) }
    sayAgain(at: end)
  }

  mutating func ringsNoMore() {
    guard phase == .calling else { return }
    for index in attempts.indices { attempts[index].ticket.hasProvisional = true }
    let why = isTakeover ? "its engine crashed" : "its connection was lost"
    let outcome = CallOutcome(
      .engineFailed, "the call was ringing when \(why), and the far end does not say that it still is")
    end(isTakeover ? outcome : CallOutcome(.network, outcome.detail))
  }

  // MARK: - A far end that does not know the dialog

  /// A far end that supports Replaces may have the call under other ids; any other has ended it.
  mutating func dialogIsUnknown() {
    guard let dialog else { return }
    guard dialog.knowsReplaces else { return replacementRefused() }
    phase = .calling
    session.plan = nil
    replace(dialog)
  }

  /// It must be the same call, and not ring as a second one.
  mutating func refuseToRing(_ index: Int) {
    abandon(index)
    replacementRefused()
  }

  mutating func replacementRefused() {
    guard phase != .over else { return finishFarewell() }
    end(CallOutcome(.removed, "the far end ended the call while there was no engine"))
  }
}
