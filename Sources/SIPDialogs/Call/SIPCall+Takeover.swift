// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - Going on with the call of a process that is gone

extension SIPCall {
  /// Skips numbers that the previous process may have used without saving them.
  static let sequenceStep: UInt32 = 10
  /// The limit of a CSeq (RFC 3261, 8.1.1.5).
  static let highestSequence = UInt32(Int32.max)

  /// This process has not heard from the far end yet.
  var isTakingUp: Bool { isTakeover && phase == .up && state == .reconnecting(.engineCrash) }

  mutating func takeUp(_ ticket: CallTicket) {
    guard phase == .idle else { return }
    isTakeover = true
    (callID, localTag) = (ticket.callID, ticket.localTag)
    sequence = min(ticket.sequence, Self.highestSequence - 1000) + Self.sequenceStep
    (order.stream, hasRung, goodbyes) = (ticket.stream, ticket.hasRung, ticket.goodbyes)
    inboundRollovers = ticket.inboundRollovers
    attempts = ticket.attempts.compactMap { attempt in
      var offers = ticket.offers
      offers?.move(to: attempt.end)
      return (try? SIPMessage(Array(attempt.invite.utf8))).map { Attempt(ticket: attempt, invite: $0, offers: offers) }
    }
    if let farewell = ticket.farewell { return takeUp(farewell) }
    if let dialog = ticket.dialog, let offers = ticket.offers { return takeUp(dialog, offers, ticket) }
    phase = .calling
    state = hasRung ? .ringing : .connecting
    (request, offers) = (ticket.redirected ?? request, ticket.offers)
    // Of several addresses: the one that rings, if any does.
    let wanted = attempts.indices.filter { !attempts[$0].ticket.isCancelled }
    let chosen = wanted.first { attempts[$0].ticket.hasProvisional } ?? wanted.first
    for index in attempts.indices where index != chosen { attempts[index].isAbandoned = true }
    guard chosen != nil else {
      // The previous process died before it called anybody.
      if callID.isEmpty { (callID, localTag) = (token(24), token(12)) }
      return emit(.resolve(request, order.transport))
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
    self.farewell = farewell
    for index in attempts.indices { attempts[index].isAbandoned = true }
    arm(.farewell, after: CallWait.farewell)
    guard !goodbyes.isEmpty || !attempts.isEmpty else { return farewellIsOver() }
    openForUnsaid()
  }

  /// Continues the same dialog: sound at once, from the ports of the previous process, and an offer.
  private mutating func takeUp(_ dialog: Dialog, _ offers: OfferAnswer, _ ticket: CallTicket) {
    (phase, state, hadDialog) = (.up, .reconnecting(.engineCrash), true)
    (self.dialog, self.offers, isHeld) = (dialog, offers, ticket.isHeld)
    // With the previous process's keys, packets would be counted from zero, and discarded.
    plan = ticket.plan?.sendKey == nil ? ticket.plan : nil
    session = ticket.session
    armSession()
    for index in attempts.indices where !attempts[index].replaces { attempts[index].isAbandoned = true }
    watch.begin(at: now)
    // The far end no longer knew the dialog, and has been asked to accept another one instead.
    if attempts.contains(where: { $0.replaces && !$0.ticket.isCancelled }) {
      (phase, plan) = (.calling, nil)
      return openAgain()
    }
    // The answer to the previous process's offer does not come to this one.
    self.offers?.rollBack()
    self.offers?.local.keyMaterial = order.keyMaterial
    needsOffer = true
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
    if end.target.transport != .udp, timers[.ringAgain] == nil { arm(.ringAgain, after: CallWait.ringAgain) }
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
    plan = nil
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
