// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel
public import NATTraversal

// MARK: - A far end that is not heard

extension SIPCall {
  /// Silence is not a loss: before a call is reported lost, the far end is asked in the dialog.
  mutating func watchFarEnd() {
    guard state == .joined, link.isOpen else { return }
    if let askedAt = link.watch.askedAt {
      if now >= askedAt + CallWait.answer { lost() }
    } else if now >= link.watch.questionAt(expectingSound: session.expectsSound), let dialog {
      let isDoubtful = session.expectsSound && link.watch.isDoubtful
      link.watch.ask(at: now)
      if isDoubtful, work.requests.offer == nil {
        offerAgain()
        if work.requests.offer != nil { return }
      }
      let question = newRequest("OPTIONS", in: dialog)
      _ = send(question, by: dialog.end, as: .question)
    }
  }

  /// The sound may not find the far end any more, or the far end may not find this one.
  mutating func offerAgain() {
    if session.plan?.ice != nil, let dialog {
      // Who uses ICE goes by the ways that the last offers have named. Opened again, they are checked anew.
      return emit(.open([dialog.end.target], preferring: dialog.end))
    }
    session.needsOffer = true
    adjustOffer()
  }

  var watchDeadline: Int64? {
    guard phase == .up, state == .joined, link.isOpen else { return nil }
    if let askedAt = link.watch.askedAt { return askedAt + CallWait.answer }
    return link.watch.questionAt(expectingSound: session.expectsSound)
  }

  mutating func questionAnswered(_ response: SIPMessage) {
    guard phase == .up else { return }
    if response.status == 481 { return farEndForgotCall() }
    if response.status == 408 { return lost() }
    guard response.isOfFarEnd else {
      // Some far ends refuse every question like this. What they think of an offer counts, if they say it in time.
      guard state == .joined, link.watch.askedAt != nil, work.requests.offer == nil else { return }
      session.needsOffer = true
      return adjustOffer()
    }
    if case .reconnecting(.network) = state, link.hasPath { state = .joined }
  }

  mutating func questionFailed() {
    guard phase == .up, state == .joined, link.watch.askedAt != nil else { return }
    lost()
  }

  mutating func heard(at: Int64?, packets: UInt64) {
    link.watch.heard(at: at, packets: packets)
    guard phase == .up, case .reconnecting(let cause) = state, link.hasPath, link.watch.isBack else { return }
    // Sound alone may come from a far end that has ended the call and does not know that it is still heard.
    guard cause == .network || now >= link.watch.begunAt + CallWait.takeUp else { return }
    state = .joined
    link.watch.signed(at: now)
    disarm(.repair)
  }

  // MARK: - Loss and repair

  mutating func lost() {
    guard phase == .up else { return }
    if state == .joined { link.restartPause() }
    awaitFarEnd()
    if !isArmed(.repair) { arm(.repair, after: link.pause) }
  }

  private mutating func awaitFarEnd() {
    link.watch.askNoMore()
    guard state == .joined else { return }
    state = .reconnecting(.network)
    link.watch.lost()
  }

  /// Tries to repair the call with an offer.
  mutating func repair() {
    guard phase == .up, state != .joined, let dialog else { return }
    link.lengthenPause()
    arm(.repair, after: link.pause)
    guard link.isOpen else { return emit(.open([dialog.end.target], preferring: dialog.end)) }
    session.needsOffer = true
    adjustOffer()
  }

  mutating func pathChanged(_ change: CallInput.PathChange) {
    link.hasPath = change == .found
    if link.hasPath, phase == .over {
      forgetSaying()
      openForUnsaid()
    } else if link.hasPath, phase == .calling {
      openAgain()
    }
    guard phase == .up, let dialog else { return }
    switch change {
    case .lost:
      awaitFarEnd()
      disarm(.repair)
    case .found:
      link.restartPause()
      emit(.open([dialog.end.target], preferring: dialog.end))
    }
  }

  /// There is a path again, perhaps a different one: tells the far end with an offer.
  mutating func reopened(_ end: LocalEnd) {
    guard var dialog else { return }
    (link.hasPath, link.isOpen) = (true, true)
    link.forgetMapping()
    if end.address != dialog.end.address, session.awaitsHandshake { session.beginHandshakeAgain() }
    dialog.end = end.leading(to: dialog.end.target)
    self.dialog = dialog
    session.offers?.move(to: end)
    supersedeOffer()
    disarm(.offerAgain)
    session.needsOffer = true
    forgetSaying()
    sayAgain(at: end)
    adjustOffer()
    if state != .joined { arm(.repair, after: CallWait.longestRepair) }
  }

  /// What is said next to the far end names these ways.
  mutating func described(_ end: LocalEnd) {
    guard phase == .up, dialog?.end.isSamePlace(as: end) == true else { return }
    dialog?.end.ice = end.ice
    session.offers?.local.ice = end.ice
  }

  /// The other ways to the far end that its offer names.
  public func ways(offeredIn request: SIPMessage) -> ICEDescription? {
    // Others are refused, or come again.
    guard phase == .up, request.method == "INVITE" || request.method == "UPDATE", !request.body.isEmpty,
      work.requests.offer == nil, session.lateOffer == nil, let sequence = request.sequence,
      sequence > dialog?.remoteSequence ?? 0, let offers = session.offers
    else { return nil }
    return offers.ways(offeredIn: request)
  }

  /// A far end that goes by the connection cannot reach this end any more, and may have hung up meanwhile.
  mutating func lostConnection(_ target: Target) {
    switch phase {
    case .idle: break
    case .calling:
      for (index, attempt) in attempts.enumerated()
      where attempt.isWanted && attempt.transaction != 0 && attempt.ticket.hasProvisional
        && attempt.ticket.end.target.isSamePeer(as: target)
      {
        notAnswered(.unreachable(""), at: index)
      }
    case .up:
      guard link.isOpen, !isArmed(.reconnect), dialog?.end.target.isSamePeer(as: target) == true else { return }
      let wait = link.lostConnection(at: now)
      if wait == 0 { reconnect() } else { arm(.reconnect, after: wait) }
    case .over:
      forgetSaying()
      arm(.reopen, after: CallWait.reopen)
    }
  }

  /// Tells the far end by another connection, with an offer that changes nothing.
  mutating func reconnect() {
    guard phase == .up, link.isOpen else { return }
    supersedeOffer()
    disarm(.offerAgain)
    session.needsOffer = true
    adjustOffer()
  }

  mutating func notReopened(_ why: String) {
    link.isOpen = false
    lost()
  }
}
