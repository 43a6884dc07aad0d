// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - Asking the far end to call somebody else (RFC 3515)

extension SIPCall {
  mutating func transfer(to target: String) {
    guard phase == .up, let dialog else { return refuseTransfer("the call is not joined") }
    guard transfers.outgoing == nil else { return refuseTransfer("the far end has already been asked to make one") }
    let uri: SIPURI
    do throws(SIPSyntaxError) { uri = try SIPURI(target) } catch { return refuseTransfer("\(error)") }
    var request = newRequest("REFER", in: dialog)
    request.add("Refer-To", "<\(uri)>")
    request.add("Referred-By", dialog.local)
    request.add(contactOf: dialog.user, at: dialog.end)
    transfers.outgoing = .init(target: uri.forRequest.description, sequence: ids.sequence)
    _ = send(request, by: dialog.end, as: .refer)
    arm(.transfer, after: CallWait.transfer)
  }

  mutating func transferAnswered(_ response: SIPMessage) {
    guard let status = response.status, status >= 300, transfers.outgoing != nil else { return }
    transferFailed("the far end refuses it: \(CallOutcome(refusal: response).detail)")
    guard status == 481 else { return }
    if isTakeover { dialogIsUnknown() } else { farEndForgotCall() }
  }

  mutating func transferFailed(_ why: String) {
    guard let target = transfers.outgoing?.target else { return }
    endTransfer()
    refuseTransfer("the transfer to \(target) failed: \(why)")
  }

  private mutating func refuseTransfer(_ why: String) { emit(.refuse(request: "transfer", why)) }

  private mutating func endTransfer() {
    transfers.outgoing = nil
    disarm(.transfer)
  }

  mutating func noNoticeOfTransfer() { transferFailed("the far end does not say how it went") }

  mutating func noticed(_ notice: SIPMessage, _ transaction: Int) {
    guard let outgoing = transfers.outgoing, notice.isNotice(of: outgoing.sequence) else {
      return respond(481, "Subscription Does Not Exist", to: notice, transaction)
    }
    respond(200, "OK", to: notice, transaction)
    switch notice.noticedStatus {
    case (200..<300, _)?:
      endTransfer()
      end(CallOutcome(.hungUp, "transferred to \(outgoing.target)"))
    case (300..., let text)?: transferFailed(text)
    default: if notice.isLastNotice { transferFailed("the far end does not say how it went") }
    }
  }
}

// MARK: - Being asked to call somebody else

extension SIPCall {
  /// What another call of this engine needs to ask its far end to call this one's, and to replace this call.
  var transferTarget: String? {
    guard phase == .up, case .joined = state, let dialog, !dialog.remoteTag.isEmpty else { return nil }
    // Through servers, the far end is known by its address; its Contact may lead nowhere from elsewhere.
    let address = dialog.routes.isEmpty ? nil : try? NameAddress(dialog.remote).uri
    let replaces = Replaces(callID: dialog.callID, toTag: dialog.remoteTag, fromTag: dialog.localTag)
    let target = (address ?? dialog.remoteTarget).forRequest.adding(headers: [("Replaces", replaces.description)])
    let text = target.description
    return text.utf8.count <= SIPURI.maximumLength ? text : nil
  }

  mutating func referred(_ request: SIPMessage, _ transaction: Int) {
    guard let dialog, let sequence = request.sequence else { return }
    // Retransmitted to a successor.
    if let known = transfers.incoming, known.sequence == sequence {
      return accept(request, transaction, in: dialog)
    }
    guard transfers.incoming == nil, transfers.done == nil else {
      return respond(491, "Request Pending", to: request, transaction)
    }
    if let until = referralsRefusedUntil, now < until { return respond(603, "Decline", to: request, transaction) }
    guard request.all("Refer-To").count == 1, let target = request.referTo?.uri,
      target.parameters["method"].map({ $0.asciiLowercased == "invite" }) ?? true
    else { return respond(400, "Bad Refer-To", to: request, transaction) }
    guard order.uri.scheme == .sip || target.scheme == .sips, !order.isLowered(by: target) else {
      emit(.warn("refused the transfer that the far end asks for: the call is secure, and the address is not"))
      return respond(403, "Insecure Refer-To", to: request, transaction)
    }
    var headers: [(String, String)] = []
    if let replaces = target.header("Replaces"), Replaces(replaces) != nil { headers.append(("Replaces", replaces)) }
    headers.append(("Referred-By", request["Referred-By"] ?? dialog.remote))
    let text = target.forRequest.adding(headers: headers).description
    guard text.utf8.count <= SIPURI.maximumLength else { return respond(400, "Bad Refer-To", to: request, transaction) }
    transfers.incoming = .init(target: text, sequence: sequence)
    arm(.referral, after: CallWait.referral)
    accept(request, transaction, in: dialog)
  }

  /// The far end learns at once that the user is being asked.
  private mutating func accept(_ request: SIPMessage, _ transaction: Int, in dialog: Dialog) {
    respond(202, "Accepted", to: request, transaction) { $0.add(contactOf: dialog.user, at: dialog.end) }
    notice("100 Trying")
  }

  private mutating func notice(_ result: String, isLast: String? = nil) {
    guard let incoming = transfers.incoming, let dialog, phase == .up else { return }
    var notice = newRequest("NOTIFY", in: dialog)
    notice.add("Event", "refer;id=\(incoming.sequence)")
    let left = CallWait.transfer / 1000
    notice.add("Subscription-State", isLast.map { "terminated;reason=\($0)" } ?? "active;expires=\(left)")
    notice.add(contactOf: dialog.user, at: dialog.end)
    notice.add("Content-Type", "message/sipfrag;version=2.0")
    notice.body = Array("SIP/2.0 \(result)\r\n".utf8)
    _ = send(notice, by: dialog.end, as: .notice)
  }

  mutating func answerTransfer(_ answer: String, to target: String?) {
    guard phase == .up, let incoming = transfers.incoming, let answer = Transfers.Incoming.Answer(rawValue: answer)
    else { return emit(.refuse(request: "answer-transfer", "the far end does not ask for a transfer")) }
    guard target ?? incoming.target == incoming.target else {
      return emit(.refuse(request: "answer-transfer", "the far end asks for another transfer by now"))
    }
    switch answer {
    case .accepted:
      transfers.incoming?.isAccepted = true
      arm(.referral, after: CallWait.transfer)
    case .declined: refuseReferral()
    case .failed: endReferral("503 Service Unavailable", "noresource")
    case .done:
      endReferral("200 OK", "noresource")
      transfers.done = (try? SIPURI(incoming.target))?.forRequest.description
      // Whoever asked ends this call; if not, this end does.
      arm(.transferred, after: CallWait.transferred)
    }
  }

  private mutating func endReferral(_ result: String, _ reason: String) {
    notice(result, isLast: reason)
    transfers.incoming = nil
    disarm(.referral)
  }

  /// The user has not decided, or the other call was not answered.
  mutating func referralTimedOut() {
    guard transfers.incoming?.isAccepted == true else { return refuseReferral() }
    endReferral("408 Request Timeout", "noresource")
  }

  /// The user is not asked again and again.
  private mutating func refuseReferral() {
    endReferral("603 Decline", "rejected")
    referralsRefusedUntil = now + CallWait.referral
  }

  mutating func transferredElsewhere() {
    guard phase == .up, let target = transfers.done else { return }
    end(CallOutcome(.hungUp, "transferred to \(target)"))
  }
}
