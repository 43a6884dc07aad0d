// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - The end: the user is told at once, and the far end until it knows

extension SIPCall {
  mutating func leave(_ reason: EndReason) {
    switch phase {
    case .idle:
      (phase, state) = (.over, .ended(reason, detail: "", exitStatus: nil))
      emit(.exit)
    case .calling, .up: end(CallOutcome(reason, ""))
    case .over: break
    }
  }

  /// The one place where a call ends.
  mutating func end(_ outcome: CallOutcome) {
    guard phase != .over else { return }
    (phase, state) = (.over, .ended(outcome.reason, detail: outcome.detail, exitStatus: nil))
    timers = timers.filter { $0.key == .forks }
    farewell = CallTicket.Farewell(reason: outcome.reason, detail: outcome.detail)
    for index in attempts.indices { abandon(index) }
    if let dialog { bye(dialog) }
    (dialog, plan, offers, isHeld) = (nil, nil, nil, false)
    arm(.farewell, after: CallWait.farewell)
    finishFarewell()
  }

  /// The far end says that it has no such dialog. If it was not the far end who said so, it hears that it is over.
  mutating func unknown() { end(CallOutcome(.removed, "the far end does not know the call any more")) }

  /// The far end has ended it.
  mutating func removed(_ detail: String) {
    dialog = nil
    end(CallOutcome(.removed, detail))
  }

  /// Ends a dialog. Its BYE is on record before it is sent, and stays so until it is confirmed.
  mutating func bye(_ dialog: Dialog) {
    goodbyes.append(dialog)
    if case .ended(let reason, let detail, _) = state, farewell == nil {
      // It had seemed that all was said.
      farewell = CallTicket.Farewell(reason: reason, detail: detail)
      disarm(.exit)
      arm(.farewell, after: CallWait.farewell)
    }
    guard isOpen || self.dialog?.end != dialog.end else { return arm(.reopen, after: CallWait.reopen) }
    sendBye(dialog)
  }

  private mutating func sendBye(_ dialog: Dialog) {
    let bye = dialog.request("BYE", sequence: nextSequence(), branch: branch())
    _ = send(bye, by: dialog.end, as: .bye(remoteTag: dialog.remoteTag))
  }

  mutating func saidGoodbye(_ remoteTag: String) {
    goodbyes.removeAll { $0.remoteTag == remoteTag }
    finishFarewell()
  }

  /// Where it came too late or too early, behind a newer request or before a proxy, the dialog still is.
  mutating func goodbyeAnswered(_ status: Int, _ remoteTag: String) {
    let isPassing = [408, 491, 500, 503, 504].contains(status)
    guard isPassing, refusedGoodbyes < Self.mostRefusedGoodbyes else { return saidGoodbye(remoteTag) }
    refusedGoodbyes += 1
    arm(.reopen, after: CallWait.reopen)
  }

  /// Its BYE got no answer: where there is no network, it is said when there is.
  mutating func goodbyeFailed(_ failure: TransactionFailure, _ remoteTag: String) {
    // Sent once more while there is time: nothing of it may have left this machine.
    if case .unreachable = failure { return arm(.reopen, after: CallWait.reopen) }
    saidGoodbye(remoteTag)
  }

  /// Opens the ways that what is unsaid goes by.
  mutating func openForUnsaid() {
    var ways: [LocalEnd] = []
    let ends = goodbyes.filter { !isUnderWay($0) }.map(\.end) + attempts.filter(\.isUncancelled).map(\.ticket.end)
    for end in ends where !ways.contains(where: { $0.target.isAlike(end.target) }) { ways.append(end) }
    let own = phase == .over ? nil : dialog?.end ?? attempts.first(where: \.isWanted)?.ticket.end
    for way in ways {
      guard let own, own.target.isAlike(way.target) else {
        emit(.open([way.target], preferring: way))
        continue
      }
      // Else it is said when the call's own way is open.
      if isOpen { sayAgain(at: own) }
    }
  }

  private func isUnderWay(_ goodbye: Dialog) -> Bool { pending.values.contains(.bye(remoteTag: goodbye.remoteTag)) }

  /// By another way: what was sent by the one before may not have reached anybody.
  mutating func forgetSaying() {
    for (transaction, purpose) in pending {
      if case .bye = purpose { pending[transaction] = nil }
    }
  }

  /// There is a way (again), and what was to be said is not, or was by a process that is gone.
  mutating func sayAgain(at end: LocalEnd) {
    for index in goodbyes.indices where goodbyes[index].end.target.isAlike(end.target) && !isUnderWay(goodbyes[index]) {
      goodbyes[index].end = end.leading(to: goodbyes[index].end.target)
      sendBye(goodbyes[index])
    }
    // The INVITE is not sent again: to a far end that has forgotten it, it would be a new call.
    for index in attempts.indices where attempts[index].isUncancelled {
      guard attempts[index].ticket.end.target.isAlike(end.target) else { continue }
      attempts[index].ticket.end = end.leading(to: attempts[index].ticket.end.target)
      cancel(index)
    }
    finishFarewell()
  }

  /// Nothing is left to say.
  mutating func finishFarewell() {
    guard phase == .over, farewell != nil, goodbyes.isEmpty, attempts.allSatisfy({ !$0.isOpen }), timers[.forks] == nil
    else { return }
    farewellIsOver()
  }

  mutating func farewellIsOver() {
    guard phase == .over else { return }
    (farewell, goodbyes) = (nil, [])
    timers = [:]
    arm(.exit, after: CallWait.exit)
  }

  // MARK: - Responses that this process asked for nothing

  /// What the process before had asked is answered to this one (RFC 3261, 13.2.2.4 and 17.1.1.3).
  mutating func strayed(_ response: SIPMessage, from peer: String) {
    guard response.sequenceMethod == "INVITE", let status = response.status, status >= 200, response.sequence != nil
    else { return }
    if status < 300, acknowledgeAgain(response) { return }
    guard response.callID == callID, response.fromTag == localTag else { return }
    let asked = attempts.firstIndex {
      $0.transaction == 0 && $0.invite.topVia?.branch == response.topVia?.branch && $0.ticket.end.target.host == peer
    }
    if let index = asked {
      if status < 300 { return answered(response, at: index, from: peer) }
      emit(.acknowledge(attempts[index].invite.acknowledgement(of: response), attempts[index].ticket.end))
      return isClosed(index)
    }
    guard status < 300, let near = ([dialog].compactMap { $0 } + goodbyes).first(where: { $0.knows(peer) }),
      let new = Dialog(response, to: response, at: near.end, user: order.user, from: peer)
    else { return }
    // A fork's late answer to an INVITE that is not on record any more (13.2.2.4).
    emit(.acknowledge(new.acknowledgement(sequence: response.sequence ?? 0, branch: branch()), new.end))
    guard goodbyes.count < CallTicket.mostGoodbyes else { return }
    bye(new)
  }

  /// A 2xx comes again for as long as its ACK is not heard.
  mutating func acknowledgeAgain(_ response: SIPMessage) -> Bool {
    let dialogs = [dialog].compactMap { $0 } + goodbyes
    guard let sequence = response.sequence, let known = dialogs.first(where: { $0.has(response: response) }) else {
      return false
    }
    emit(.acknowledge(known.acknowledgement(sequence: sequence, branch: branch()), known.end))
    return true
  }

  /// Its transaction is at its end, or there is none at the far end.
  mutating func isClosed(_ index: Int) {
    attempts[index].isOpen = false
    if attempts[index].replaces, !attempts[index].isAbandoned { return replacementRefused() }
    finishFarewell()
  }
}

extension LocalEnd {
  func leading(to target: Target) -> LocalEnd {
    var end = self
    end.target = target
    return end
  }
}

extension SIPMessage {
  /// The ACK of a refusal, which is part of the INVITE's transaction (17.1.1.3).
  func acknowledgement(of response: SIPMessage) -> SIPMessage {
    var acknowledgement = SIPMessage(.request(method: "ACK", uri: requestURI ?? ""))
    for name in ["Via", "Max-Forwards", "From", "Call-ID", "Route"] {
      for header in headers where header.name == name { acknowledgement.add(name, header.value) }
    }
    acknowledgement.add("To", response["To"] ?? self["To"] ?? "")
    acknowledgement.add("CSeq", "\(sequence ?? 0) ACK")
    return acknowledgement
  }
}
