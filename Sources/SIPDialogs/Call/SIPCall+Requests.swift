// SPDX-License-Identifier: Apache-2.0
internal import CallModel

// MARK: - What the far end wants, and strangers

extension SIPCall {
  /// Whether a request belongs to this call, judged by its sender. Somebody who has read the call's ids is not in the
  /// call.
  public func concerns(_ request: SIPMessage, from peer: String) -> Bool {
    let dialogs = farewell.goodbyes + [dialog].compactMap { $0 }
    return dialogs.contains { $0.has(request) && $0.knows(peer) } || phase == .calling && isEarly(request)
  }

  private func isEarly(_ request: SIPMessage) -> Bool {
    request.callID == ids.callID && request.to?.tag == ids.localTag && (!isTakeover || dialog == nil)
  }

  mutating func received(_ request: SIPMessage, _ transaction: Int, from peer: String) {
    guard let method = request.method else { return emit(.ignore(transaction: transaction)) }
    if phase == .up, let dialog, dialog.has(request) {
      guard dialog.knows(peer) else { return respond(403, "Forbidden", to: request, transaction) }
      if method == "INVITE" || method == "UPDATE" { noteIdentity(in: request, from: peer, at: dialog.end.target) }
      return receivedInDialog(request, method, transaction)
    }
    if phase == .calling, isEarly(request) { return receivedEarly(request, method, transaction) }
    if let dialog = farewell.goodbyes.first(where: { $0.has(request) && $0.knows(peer) }), method == "BYE" {
      // They have crossed.
      respond(200, "OK", to: request, transaction)
      return saidGoodbye(dialog.remoteTag)
    }
    if isRegistered, authenticator.knows(peer), request.to?.tag == nil {
      // It asks whether this end is there, or has a call for it; there is one already.
      if method == "OPTIONS" { return respond(200, "OK", to: request, transaction) { $0.addAbilities() } }
      if method == "INVITE" { return respond(486, "Busy Here", to: request, transaction) }
    }
    if request.to?.tag != nil { return respond(481, "Call/Transaction Does Not Exist", to: request, transaction) }
    respond(403, "Forbidden", to: request, transaction)
  }

  /// Before the answer, nothing can be changed yet (RFC 3311, 5.2).
  private mutating func receivedEarly(_ request: SIPMessage, _ method: String, _ transaction: Int) {
    switch method {
    case "OPTIONS", "INFO": respond(200, "OK", to: request, transaction) { $0.addAbilities() }
    case "UPDATE" where request.body.isEmpty: respond(200, "OK", to: request, transaction) { $0.addAbilities() }
    case "UPDATE", "INVITE": respond(491, "Request Pending", to: request, transaction)
    default: respond(481, "Call/Transaction Does Not Exist", to: request, transaction)
    }
  }

  private mutating func receivedInDialog(_ request: SIPMessage, _ method: String, _ transaction: Int) {
    guard let sequence = request.sequence else { return respond(400, "Bad Request", to: request, transaction) }
    // The same number comes again if the previous process did not answer.
    if let last = dialog?.remoteSequence, sequence < last {
      return respond(500, "Server Internal Error", to: request, transaction)
    }
    dialog?.remoteSequence = sequence
    link.watch.signed(at: now)
    let unknown = request.requires.filter { !SIPMessage.extensions.contains($0.lowercased()) }
    // A far end that hangs up is gone, whatever extension it requires.
    guard unknown.isEmpty || method == "BYE" else {
      return respond(420, "Bad Extension", to: request, transaction) {
        $0.add("Unsupported", unknown.joined(separator: ", "))
      }
    }
    switch method {
    case "INVITE": reoffered(request, transaction)
    case "UPDATE": updated(request, transaction)
    case "BYE": farEndHangsUp(request, transaction)
    case "OPTIONS":
      respond(200, "OK", to: request, transaction) {
        $0.addAbilities()
        $0.add("Accept", "application/sdp")
      }
    case "INFO":
      let isEmpty = request.body.isEmpty
      respond(isEmpty ? 200 : 415, isEmpty ? "OK" : "Unsupported Media Type", to: request, transaction)
    // The request that it refers to already has its final response (9.2).
    case "CANCEL": respond(200, "OK", to: request, transaction)
    case "REFER": referred(request, transaction)
    case "NOTIFY": noticed(request, transaction)
    case "PRACK": respond(481, "Call/Transaction Does Not Exist", to: request, transaction)
    case "MESSAGE", "SUBSCRIBE", "PUBLISH", "REGISTER":
      respond(405, "Method Not Allowed", to: request, transaction) { $0.addAbilities() }
    default: respond(501, "Not Implemented", to: request, transaction) { $0.addAbilities() }
    }
  }

  private mutating func farEndHangsUp(_ request: SIPMessage, _ transaction: Int) {
    respond(200, "OK", to: request, transaction)
    if let target = transfers.done { return farEndHungUp(.hungUp, "transferred to \(target)") }
    farEndHungUp(.removed, request.reasonText ?? "")
  }

  // MARK: - Offers of the far end

  private mutating func reoffered(_ request: SIPMessage, _ transaction: Int) {
    guard work.requests.offer == nil else { return respond(491, "Request Pending", to: request, transaction) }
    guard session.lateOffer == nil || session.lateOffer == request.sequence else {
      let pause = Int.random(in: 0...10, using: &ids.random)
      return respond(500, "Server Internal Error", to: request, transaction) { $0.add("Retry-After", "\(pause)") }
    }
    negotiate(request, transaction) { call in
      // The answer comes with the ACK.
      call.session.lateOffer = request.sequence
      call.arm(.lateAnswer, after: CallWait.farewell)
      return call.session.offers?.offer(call.order.direction)
    }
  }

  private mutating func updated(_ request: SIPMessage, _ transaction: Int) {
    if !request.body.isEmpty, work.requests.offer != nil || session.lateOffer != nil {
      return respond(491, "Request Pending", to: request, transaction)
    }
    negotiate(request, transaction) { _ in nil }
  }

  private mutating func negotiate(
    _ request: SIPMessage, _ transaction: Int, withoutOffer: (inout SIPCall) -> String?
  ) {
    guard request["Content-Encoding"] == nil else { return unsupported(request, transaction) }
    var description: String?
    if !request.body.isEmpty {
      do throws(NegotiationError) {
        description = try session.answer(request, order.direction)
      } catch {
        switch error.status {
        case 415: return unsupported(request, transaction)
        case 400: return respond(400, "Bad Request", to: request, transaction)
        default: return respond(488, "Not Acceptable Here", to: request, transaction)
        }
      }
    } else {
      description = withoutOffer(&self)
    }
    dialog?.refresh(from: request)
    dialog?.note(abilitiesOf: request)
    resolveNextHop()
    session.timer.begin(byFarEnd: request)
    armSession()
    let (dialog, interval) = (dialog, session.timer.answer)
    respond(200, "OK", to: request, transaction) { response in
      if let dialog { response.add(contactOf: dialog.user, at: dialog.end) }
      response.addAbilities()
      if let interval {
        response.add("Require", "timer")
        response.add("Session-Expires", interval)
      }
      if let description { response.add(description: description) }
    }
  }

  private mutating func unsupported(_ request: SIPMessage, _ transaction: Int) {
    respond(415, "Unsupported Media Type", to: request, transaction) {
      $0.add("Accept", "application/sdp")
      $0.add("Accept-Encoding", "identity")
    }
  }

  /// No ACK has come: the session stays as it was.
  mutating func noLateAnswer() {
    session.lateOffer = nil
    session.rollBack()
    adjustOffer()
  }

  mutating func acknowledged(_ request: SIPMessage, from peer: String) {
    guard phase == .up, let dialog, dialog.has(request), dialog.knows(peer), let sequence = request.sequence,
      sequence == session.lateOffer
    else { return }
    session.lateOffer = nil
    disarm(.lateAnswer)
    // Without a usable answer, the session stays as it was.
    try? session.accept(request)
    adjustOffer()
  }

  mutating func respond(
    _ status: Int, _ phrase: String, to request: SIPMessage, _ transaction: Int,
    adding: (inout SIPMessage) -> Void = { _ in }
  ) {
    var response = SIPMessage.response(status, phrase, to: request, tag: ids.token(12))
    adding(&response)
    emit(.respond(response, transaction: transaction))
  }
}
