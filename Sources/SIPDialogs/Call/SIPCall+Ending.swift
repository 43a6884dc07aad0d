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

  /// The only place where a call ends.
  mutating func end(_ outcome: CallOutcome) {
    guard phase != .over else { return }
    (phase, state) = (.over, .ended(outcome.reason, detail: outcome.detail, exitStatus: nil))
    work.clock.disarmAll(except: .forks)
    farewell.record = CallTicket.Farewell(reason: outcome.reason, detail: outcome.detail)
    for index in attempts.indices { abandon(index) }
    if let dialog { bye(dialog) }
    dialog = nil
    session.end()
    arm(.farewell, after: CallWait.farewell)
    finishFarewell()
  }

  /// The far end says that it does not know the dialog. In case it was not the far end, it is told that the call is
  /// over.
  mutating func farEndForgotCall() { end(CallOutcome(.removed, "the far end no longer knows the call")) }

  mutating func farEndHungUp(_ reason: EndReason, _ detail: String) {
    dialog = nil
    end(CallOutcome(reason, detail))
  }

  /// Ends a dialog. Its BYE is saved before it is sent, and stays so until it is confirmed.
  mutating func bye(_ dialog: Dialog) {
    farewell.goodbyes.append(dialog)
    if case .ended(let reason, let detail, _) = state, farewell.record == nil {
      // It had seemed to be finished.
      farewell.record = CallTicket.Farewell(reason: reason, detail: detail)
      disarm(.exit)
      arm(.farewell, after: CallWait.farewell)
    }
    guard link.isOpen || self.dialog?.end != dialog.end else { return arm(.reopen, after: CallWait.reopen) }
    sendBye(dialog)
  }

  private mutating func sendBye(_ dialog: Dialog) {
    let bye = newRequest("BYE", in: dialog)
    _ = send(bye, by: dialog.end, as: .bye(remoteTag: dialog.remoteTag))
  }

  mutating func saidGoodbye(_ remoteTag: String) {
    farewell.confirmed(by: remoteTag)
    finishFarewell()
  }

  mutating func goodbyeAnswered(_ response: SIPMessage, _ status: Int, _ remoteTag: String) {
    if response.isChallenge {
      let why = CallOutcome(refusal: response).detail
      emit(.warn("cannot tell the far end that the call has ended; it may go on there: \(why)"))
    }
    guard farewell.mustRepeat(after: status) else { return saidGoodbye(remoteTag) }
    arm(.reopen, after: CallWait.reopen)
  }

  /// Its BYE got no response. Without a network, it is sent when there is one.
  mutating func goodbyeFailed(_ failure: TransactionFailure, _ remoteTag: String) {
    // Send it again while there is time: it may not have left this machine.
    if case .unreachable = failure { return arm(.reopen, after: CallWait.reopen) }
    saidGoodbye(remoteTag)
  }

  /// Opens the paths for what has not been sent.
  mutating func openForUnsaid() {
    var ways: [LocalEnd] = []
    let goodbyes = farewell.goodbyes.filter { !work.requests.hasBye(to: $0) }
    let ends = goodbyes.map(\.end) + attempts.filter(\.isUncancelled).map(\.ticket.end)
    for end in ends where !ways.contains(where: { $0.target.isAlike(end.target) }) { ways.append(end) }
    let own = phase == .over ? nil : dialog?.end ?? attempts.first(where: \.isWanted)?.ticket.end
    for way in ways {
      guard let own, own.target.isAlike(way.target) else {
        emit(.open([way.target], preferring: way))
        continue
      }
      // Otherwise it is sent when the call's own path is open.
      if link.isOpen { sayAgain(at: own) }
    }
  }

  /// Uses another path: what was sent over the previous one may not have reached anybody.
  mutating func forgetSaying() { work.requests.forgetByes() }

  /// There is a path (again): sends what has not been sent, or was sent by a process that is gone.
  mutating func sayAgain(at end: LocalEnd) {
    for (index, goodbye) in farewell.goodbyes.enumerated() {
      guard goodbye.end.target.isAlike(end.target), !work.requests.hasBye(to: goodbye) else { continue }
      farewell.goodbyes[index].end = end.leading(to: goodbye.end.target)
      sendBye(farewell.goodbyes[index])
    }
    // The INVITE is not repeated: to a far end that has forgotten it, it would be a new call.
    for index in attempts.indices where attempts[index].isUncancelled {
      guard attempts[index].ticket.end.target.isAlike(end.target) else { continue }
      attempts[index].ticket.end = end.leading(to: attempts[index].ticket.end.target)
      cancel(index)
    }
    finishFarewell()
  }

  /// Nothing is left to send.
  mutating func finishFarewell() {
    guard phase == .over, farewell.record != nil, farewell.goodbyes.isEmpty, attempts.allSatisfy({ !$0.isOpen }),
      !isArmed(.forks)
    else { return }
    farewellIsOver()
  }

  mutating func farewellIsOver() {
    guard phase == .over else { return }
    farewell.end()
    work.clock.disarmAll()
    arm(.exit, after: CallWait.exit)
  }

  // MARK: - Responses that this process asked for nothing

  /// Responses to the previous process's requests arrive here (RFC 3261, 13.2.2.4 and 17.1.1.3).
  mutating func strayed(_ response: SIPMessage, from peer: String) {
    guard response.sequenceMethod == "INVITE", let status = response.status, status >= 200, response.sequence != nil
    else { return }
    if status < 300, acknowledgeAgain(response) { return }
    guard response.callID == ids.callID, response.fromTag == ids.localTag else { return }
    let asked = attempts.firstIndex {
      $0.transaction == 0 && $0.invite.topVia?.branch == response.topVia?.branch && $0.ticket.end.target.host == peer
    }
    if let index = asked {
      if status < 300 { return answered(response, at: index, from: peer) }
      emit(.acknowledge(attempts[index].invite.acknowledgement(of: response), attempts[index].ticket.end))
      if response.isChallenge { return answered(response, at: index, from: peer) }
      return isClosed(index)
    }
    guard status < 300, let near = ([dialog].compactMap { $0 } + farewell.goodbyes).first(where: { $0.knows(peer) }),
      let new = Dialog(response, to: response, at: near.end, user: order.contactUser, from: peer)
    else { return }
    // A fork's late answer to an INVITE that is no longer saved (13.2.2.4).
    acknowledge(response.sequence ?? 0, in: new)
    guard farewell.goodbyes.count < CallTicket.mostGoodbyes else { return }
    bye(new)
  }

  /// A 2xx is repeated until its ACK arrives.
  mutating func acknowledgeAgain(_ response: SIPMessage) -> Bool {
    let dialogs = [dialog].compactMap { $0 } + farewell.goodbyes
    guard let sequence = response.sequence, let known = dialogs.first(where: { $0.has(response: response) }) else {
      return false
    }
    acknowledge(sequence, in: known)
    return true
  }

  /// Its transaction has ended, or the far end has none.
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
  /// The ACK of a refusal, which belongs to the INVITE's transaction (17.1.1.3).
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
