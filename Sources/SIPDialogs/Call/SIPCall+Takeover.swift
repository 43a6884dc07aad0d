// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - Going on with the call of a process that is gone

extension SIPCall {
  /// Above what the process before may have used without a record of it.
  static let sequenceStep: UInt32 = 10
  /// Of a CSeq (RFC 3261, 8.1.1.5).
  static let highestSequence = UInt32(Int32.max)

  /// Nothing of the far end has been heard by this process.
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
    // One address of several: that which rings, if any does.
    let wanted = attempts.indices.filter { !attempts[$0].ticket.isCancelled }
    let chosen = wanted.first { attempts[$0].ticket.hasProvisional } ?? wanted.first
    for index in attempts.indices where index != chosen { attempts[index].isAbandoned = true }
    guard chosen != nil else {
      // It died before anybody was called.
      if callID.isEmpty { (callID, localTag) = (token(24), token(12)) }
      return emit(.resolve(request, order.transport))
    }
    openAgain()
  }

  /// The ways of the process before, for what it has begun.
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

  /// The same dialog goes on: sound at once, from the ports of the process before, and an offer.
  private mutating func takeUp(_ dialog: Dialog, _ offers: OfferAnswer, _ ticket: CallTicket) {
    (phase, state, hadDialog) = (.up, .reconnecting(.engineCrash), true)
    (self.dialog, self.offers, isHeld) = (dialog, offers, ticket.isHeld)
    // With the keys of the process before, packets would be counted from zero, and thrown away.
    plan = ticket.plan?.sendKey == nil ? ticket.plan : nil
    session = ticket.session
    armSession()
    for index in attempts.indices where !attempts[index].replaces { attempts[index].isAbandoned = true }
    watch.begin(at: now)
    // It did not know the dialog any more, and is asked to take another in its place.
    if attempts.contains(where: { $0.replaces && !$0.ticket.isCancelled }) {
      (phase, plan) = (.calling, nil)
      return openAgain()
    }
    // What the process before had offered is not answered to this one.
    self.offers?.rollBack()
    self.offers?.local.keyMaterial = order.keyMaterial
    needsOffer = true
    emit(.open([dialog.end.target], preferring: dialog.end))
    openForUnsaid()
  }

  // MARK: - A call that still rings

  /// The same INVITE again: to the far end it is one that was repeated (RFC 3261, 17.2.3), and it says again what it said.
  mutating func ringOn(_ end: LocalEnd) {
    guard let index = attempts.firstIndex(where: { $0.isOld(and: end.target) }) else { return }
    guard end.isSamePlace(as: attempts[index].ticket.end) else {
      attempts[index].ticket.end = end.leading(to: attempts[index].ticket.end.target)
      attempts[index].ticket.hasProvisional = true
      let why = "the call rang, and its address or port is not to be had any more"
      return self.end(CallOutcome(isTakeover ? .engineFailed : .network, why))
    }
    attempts[index].transaction = send(attempts[index].invite, by: end, as: .invite)
    // Over a connection of its own, the far end may not take it for the same.
    if end.target.transport != .udp, timers[.ringAgain] == nil { arm(.ringAgain, after: CallWait.ringAgain) }
    sayAgain(at: end)
  }

  mutating func ringsNoMore() {
    guard phase == .calling else { return }
    for index in attempts.indices { attempts[index].ticket.hasProvisional = true }
    let why = isTakeover ? "its engine died" : "its connection broke"
    let outcome = CallOutcome(
      .engineFailed, "the call rang when \(why), and the far end does not say that it still does")
    end(isTakeover ? outcome : CallOutcome(.network, outcome.detail))
  }

  // MARK: - A far end that does not know the dialog

  /// One that knows Replaces may have the call under other ids; any other has ended it.
  mutating func dialogIsUnknown() {
    guard let dialog else { return }
    guard dialog.knowsReplaces else { return replacementRefused() }
    phase = .calling
    plan = nil
    replace(dialog)
  }

  /// It is to be the same call, and not one that rings beside it.
  mutating func refuseToRing(_ index: Int) {
    abandon(index)
    replacementRefused()
  }

  mutating func replacementRefused() {
    guard phase != .over else { return finishFarewell() }
    end(CallOutcome(.removed, "the far end ended the call while the engine was away"))
  }
}
