// SPDX-License-Identifier: Apache-2.0
internal import CallLife

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
    timers = [:]
    farewell = CallTicket.Farewell(reason: outcome.reason, detail: outcome.detail)
    for index in attempts.indices { abandon(index) }
    if let dialog { bye(dialog) }
    (dialog, plan, offers, isHeld) = (nil, nil, nil, false)
    arm(.farewell, after: CallWait.farewell)
    finishFarewell()
  }

  /// The far end has ended it, or does not know it any more.
  mutating func removed(_ detail: String) {
    dialog = nil
    end(CallOutcome(.removed, detail))
  }

  /// Ends a dialog. Its BYE is on record before it is sent, and stays so until it is confirmed.
  mutating func bye(_ dialog: Dialog) {
    goodbyes.append(dialog)
    guard isOpen || self.dialog?.end != dialog.end else { return }
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

  /// Its BYE got no answer: where there is no network, it is said when there is.
  mutating func goodbyeFailed(_ failure: TransactionFailure, _ remoteTag: String) {
    if case .unreachable = failure, phase == .over, !hasPath { return }
    saidGoodbye(remoteTag)
  }

  /// There is a way (again), and what was to be said is not, or was by a process that is gone.
  mutating func sayAgain(at end: LocalEnd) {
    for index in goodbyes.indices {
      goodbyes[index].end = end.leading(to: goodbyes[index].end.target)
      sendBye(goodbyes[index])
    }
    // The INVITE is not sent again: to a far end that has forgotten it, it would be a new call.
    for index in attempts.indices where attempts[index].isOpen && attempts[index].transaction == 0 {
      attempts[index].ticket.end = end.leading(to: attempts[index].ticket.end.target)
      cancel(index)
    }
    finishFarewell()
  }

  /// Nothing is left to say.
  mutating func finishFarewell() {
    guard phase == .over, farewell != nil, goodbyes.isEmpty, attempts.allSatisfy({ !$0.isOpen }) else { return }
    farewellIsOver()
  }

  mutating func farewellIsOver() {
    guard phase == .over else { return }
    (farewell, goodbyes) = (nil, [])
    disarm(.farewell)
    arm(.exit, after: CallWait.exit)
  }

  // MARK: - Responses that this process asked for nothing

  /// What the process before had asked is answered to this one (RFC 3261, 13.2.2.4 and 17.1.1.3).
  mutating func strayed(_ response: SIPMessage, from peer: String) {
    guard response.sequenceMethod == "INVITE", let status = response.status, status >= 200,
      let sequence = response.sequence, response.callID == callID, response.from?.tag == localTag
    else { return }
    if status < 300, let dialog, response.to?.tag == dialog.remoteTag {
      return emit(.acknowledge(dialog.acknowledgement(sequence: sequence, branch: branch()), dialog.end))
    }
    guard let index = attempts.firstIndex(where: { $0.invite.sequence == sequence && $0.transaction == 0 }) else { return }
    if status < 300 { return answered(response, at: index, from: peer) }
    emit(.acknowledge(attempts[index].invite.acknowledgement(of: response), attempts[index].ticket.end))
    attempts[index].isOpen = false
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
