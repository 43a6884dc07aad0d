// SPDX-License-Identifier: Apache-2.0
import CallLife
internal import CallModel

// MARK: - Placing the call (RFC 3261, 13.2; RFC 3263)

extension SIPCall {
  mutating func place() {
    guard phase == .idle else { return }
    phase = .calling
    ids.begin()
    call(calling.request)
  }

  /// The account is registered, and its calls go through these.
  public mutating func registered(routes: [String], asked: [AskedRealm] = [], at registrar: Target? = nil) {
    order.account?.serviceRoutes = routes
    authenticator.note(asked: asked)
    registrar.map { authenticator.note(registrar: $0) }
    isRegistered = true
  }

  /// The call cannot even be placed.
  mutating func abandon(_ failure: RegistrationFailure) {
    guard phase == .idle else { return }
    (phase, state) = (.over, .ended(failure.reason, detail: failure.detail, exitStatus: nil))
    emit(.exit)
  }

  private mutating func call(_ uri: SIPURI) {
    calling.call(uri)
    resolve()
  }

  /// Where the INVITE goes: to the account's proxy, if it has one; of a secure call, or account, by TLS (26.2.2).
  mutating func resolve() {
    guard let hop = order.account?.firstHop else { return emit(.resolve(calling.request, order.transport)) }
    let isSecure = calling.request.scheme == .sips || order.identity?.uri.scheme == .sips
    emit(.resolve(hop, isSecure ? .tls : order.transport))
  }

  mutating func resolved(_ found: [Target]) {
    // Of a number nothing is resolved: that is the answer to an earlier question.
    if phase == .up, let dialog, !dialog.nextHop.isNumeric, let target = found.first {
      if order.account?.isOwn(dialog.nextHop) == true { authenticator.note(server: target) }
      self.dialog?.lead(to: target)
    }
    guard phase == .calling, !found.isEmpty else { return }
    calling.resolved(found)
    openNext()
  }

  mutating func notResolved(_ why: String) {
    guard phase == .calling else { return }
    giveUp(CallOutcome(.unreachable, why))
  }

  /// Tries the next address; the previous one may still answer.
  mutating func openNext() {
    disarm(.fallback)
    guard !calling.isOpening, !calling.targets.isEmpty, attempts.count(where: \.isOpen) < Self.mostAttempts else {
      return
    }
    calling.isOpening = true
    emit(.open(calling.targets, preferring: nil))
  }

  mutating func notOpened(_ tried: [Target], _ why: String) {
    let wasOpening = calling.isOpening
    calling.isOpening = false
    switch phase {
    case .idle: break
    case .up: if !wasOpening { notReopened(why) }
    case .over: if !wasOpening { arm(.reopen, after: CallWait.reopen) }
    case .calling where !wasOpening: arm(.reopen, after: CallWait.reopen)
    case .calling:
      calling.notReached(tried)
      giveUp(CallOutcome(.unreachable, why))
    }
  }

  mutating func opened(_ end: LocalEnd) {
    let wasOpening = calling.isOpening
    calling.isOpening = false
    switch phase {
    // The path was for an address that is no longer needed.
    case .up where wasOpening, .over where wasOpening: break
    case .up where dialog?.end.target.isAlike(end.target) == false, .over: sayAgain(at: end)
    case .up: reopened(end)
    case .calling where attempts.contains { $0.isOld(and: end.target) }: ringOn(end)
    case .calling where !wasOpening: sayAgain(at: end)
    case .calling:
      calling.reached(end.target)
      invite(at: end)
    case .idle: break
    }
  }

  /// Nobody is called for a conversation without sound; one that is there goes on.
  mutating func notRelayed(_ end: LocalEnd, _ why: String) {
    let isNew = phase == .calling && calling.isOpening && !attempts.contains { $0.isOld(and: end.target) }
    if isNew { notOpened([end.target], why) } else { opened(end) }
  }

  private mutating func invite(at end: LocalEnd, replacing: Dialog? = nil) {
    // All attempts offer the same session, so that a successor needs to know only one.
    var offers = attempts.last { $0.replaces == (replacing != nil) }?.offers ?? newOffers(at: end)
    offers.move(to: end)
    if calling.offersHandshake { offers.local.keyExchange = .dtls }
    let identity = order.identity?.description ?? "<sip:\(order.user)@\(end.bareHost)>"
    let from = order.isAnonymous ? "\"Anonymous\" <sip:anonymous@anonymous.invalid>" : identity
    let to = "<\(order.uri.forRequest)>"
    // Another address of the same host gets the same request (RFC 3263, 4.3), so that a far end with both addresses
    // sees that they are one call (8.2.2.2).
    let same = attempts.first { $0.isWanted && $0.invite.requestURI == calling.request.description }?.invite.sequence
    var invite = SIPMessage(
      request: "INVITE", uri: calling.request.description, end: end, branch: ids.branch(),
      from: "\(from);tag=\(ids.localTag)", to: to, callID: ids.callID, sequence: same ?? ids.nextSequence())
    let isOfUser = calling.request == order.uri.forRequest && order.uri.header("Referred-By") == nil
    if order.account?.covers(calling.request, isOfUser: isOfUser) == true, replacing == nil {
      authenticator.note(server: end.target)
    }
    if authenticator.trusts(end.target) { for route in order.account?.routes ?? [] { invite.add("Route", route) } }
    invite.add(contactOf: order.contactUser, at: end)
    invite.addAbilities()
    invite.add("Accept", "application/sdp")
    if order.isAnonymous {
      invite.add("Privacy", "id")
      // It is for the account's own servers, which keep it from the far end (RFC 3325, 9.2).
      if authenticator.trusts(end.target) { invite.add("P-Preferred-Identity", identity) }
    }
    if let least = calling.leastSession {
      invite.add("Min-SE", "\(least)")
      invite.add("Session-Expires", "\(least)")
    }
    if let replaces = order.uri.header("Replaces"), Replaces(replaces) != nil, replacing == nil {
      // A transfer: the far end has that call already.
      invite.add("Replaces", replaces)
      invite.add("Require", "replaces")
    }
    if let referrer = order.uri.header("Referred-By").flatMap({ try? NameAddress($0) }) {
      invite.add("Referred-By", "\(referrer)")
    }
    if let replacing {
      invite.add("Replaces", "\(replacing.callID);to-tag=\(replacing.remoteTag);from-tag=\(replacing.localTag)")
      invite.add("Require", "replaces")
    }
    invite.add(description: offers.offer(order.direction))
    invite = authorized(invite, to: end.target)
    session.offers = offers
    let ticket = CallTicket.Attempt(
      end: end, invite: String(decoding: invite.bytes, as: UTF8.self), replaces: replacing != nil)
    var attempt = InviteAttempt(ticket: ticket, invite: invite, offers: offers)
    attempt.transaction = send(invite, by: end, as: .invite)
    attempts.append(attempt)
    // Another address is tried only if this one does not respond (RFC 3263, 4.3).
    if !calling.targets.isEmpty { arm(.fallback, after: CallWait.fallback) }
  }

  private mutating func newOffers(at end: LocalEnd) -> OfferAnswer {
    OfferAnswer(
      local: .init(
        address: end.address, port: end.mediaPort, controlPort: end.controlPort, codecs: order.codecs,
        packetTime: order.packetTime, encryption: order.encryption, keyMaterial: order.keyMaterial,
        keyExchange: order.keyExchange, certificate: order.certificate, ice: end.ice),
      sessionID: UInt64.random(in: 1...UInt64(UInt32.max), using: &ids.random))
  }

  /// Replaces a dialog whose ids the far end no longer knows (RFC 3891).
  mutating func replace(_ old: Dialog) {
    ids.begin()
    calling.call(only: old.remoteTarget)
    invite(at: old.end, replacing: old)
  }

  // MARK: - Answers to INVITE

  mutating func answered(_ response: SIPMessage, at index: Int, from peer: String) {
    let status = response.status ?? 0
    switch status {
    case ..<200: provisional(response, at: index, from: peer)
    case ..<300: accepted(response, at: index, from: peer)
    default: refused(response, at: index, from: peer)
    }
  }

  private mutating func provisional(_ response: SIPMessage, at index: Int, from peer: String) {
    attempts[index].ticket.hasProvisional = true
    if let tag = response.toTag {
      attempts[index].note(tag: tag)
      if response.status != 100 { authenticator.seal() }
    }
    disarm(.fallback)
    disarm(.ringAgain)
    guard phase == .calling, !attempts[index].isAbandoned else { return cancelOnce(index) }
    guard let status = response.status, status > 100 else { return }
    noteIdentity(in: response, from: peer, at: attempts[index].ticket.end.target)
    if attempts[index].replaces { return refuseToRing(index) }
    acknowledgeReliable(response, at: index, from: peer)
    // Others may answer differently, and so may the same far end later: the offer remains unanswered.
    if !response.body.isEmpty, var early = attempts[index].offers, (try? early.accept(response)) != nil {
      attempts[index].early = early
    }
    if status == 180 || status == 183 && attempts[index].early != nil {
      calling.hasRung = true
      state = .ringing
    }
  }

  /// Acknowledges a provisional response, which its sender repeats until then (RFC 3262).
  private mutating func acknowledgeReliable(_ response: SIPMessage, at index: Int, from peer: String) {
    guard response.requires.contains("100rel"), let number = response.reliableSequence, let cseq = response["CSeq"],
      let early = Dialog(
        response, to: attempts[index].invite, at: attempts[index].ticket.end, user: order.contactUser, from: peer)
    else { return }
    guard attempts[index].isNew(reliable: number, of: early.remoteTag) else { return }
    var acknowledgement = newRequest("PRACK", in: early)
    acknowledgement.add("RAck", "\(number) \(cseq)")
    _ = send(acknowledgement, by: early.end, as: .reliable)
  }

  private mutating func accepted(_ response: SIPMessage, at index: Int, from peer: String) {
    let end = attempts[index].ticket.end
    let invite = attempts[index].invite
    // A fork's late answer comes the same way as the first one; somebody who has read the call's ids comes another way.
    guard phase == .calling || peer == end.target.host || dialog?.knows(peer) == true else { return }
    guard let new = Dialog(response, to: invite, at: end, user: order.contactUser, from: peer) else {
      attempts[index].isOpen = false
      return giveUp(CallOutcome(.refused, "the far end's answer does not belong to this call"))
    }
    authenticator.seal()
    attempts[index].note(tag: new.remoteTag)
    if attempts[index].tags.count > 1, !isArmed(.forks) { arm(.forks, after: CallWait.forks) }
    let isRepeated = attempts[index].answered.contains { $0.remoteTag == new.remoteTag }
    guard isRepeated || attempts[index].answered.count < Self.mostForks else { return }
    let acknowledgement = acknowledgement(invite.sequence ?? 0, in: new)
    if !isRepeated { attempts[index].answered.append(new) }
    attempts[index].isOpen = false
    guard phase == .calling, dialog == nil || attempts[index].replaces, !attempts[index].isAbandoned else {
      emit(.acknowledge(acknowledgement, new.end))
      // The call belongs to another dialog, or to none (13.2.2.4).
      if !isRepeated, new.remoteTag != dialog?.remoteTag { bye(new) }
      return finishFarewell()
    }
    noteIdentity(in: response, from: peer, at: end.target)
    join(new, response, at: index, acknowledgement)
  }

  private mutating func join(_ new: Dialog, _ response: SIPMessage, at index: Int, _ acknowledgement: SIPMessage) {
    let plan: MediaPlan
    var offers: OfferAnswer
    do throws(NegotiationError) {
      if let problem = response.problem { throw .unreadable(problem) }
      guard let offered = attempts[index].offers else { throw .noOffer }
      offers = offered
      guard new.fitsTicket else { throw .route(proxies: new.routes.count, limit: Dialog.mostRoutes) }
      if response.body.isEmpty, let early = attempts[index].early, let agreed = early.plan {
        // The answer was in a provisional response.
        (offers, plan) = (early, agreed)
      } else {
        plan = try offers.accept(response)
      }
    } catch {
      emit(.acknowledge(acknowledgement, new.end))
      bye(new)
      if error.isOfEncryption, offerHandshake(after: index) { return }
      let why = "the far end's answer is unusable: \(error)"
      return end(CallOutcome(link.takeover == .dialog ? .rejected : .refused, why))
    }
    disarm(.fallback)
    disarm(.ringAgain)
    let old = dialog
    (phase, state, link.isOpen) = (.up, .joined, true)
    (dialog, session.offers, session.plan) = (new, offers, plan)
    session.isHeld = attempts[index].invite.body.text.contains("a=\(MediaPlan.Direction.sendonly)\r\n")
    emit(.acknowledge(acknowledgement, new.end))
    if let old { bye(old) }
    for other in attempts.indices where other != index { abandon(other) }
    session.timer.begin(by: response)
    armSession()
    link.watch.begin(at: now)
    _ = isRemapped(by: response, at: new.end)
    noteEdge(of: new, by: attempts[index].ticket.end.target)
    resolveNextHop()
    adjustOffer()
  }

  /// The registrar may be the next hop, and be none of the servers that the call has gone through.
  private mutating func noteEdge(of dialog: Dialog, by server: Target) {
    guard !dialog.routes.isEmpty, dialog.nextHop.isNumeric, authenticator.trusts(server) else { return }
    authenticator.note(edge: dialog.end.target)
  }

  private mutating func refused(_ response: SIPMessage, at index: Int, from peer: String) {
    attempts[index].isOpen = false
    guard phase == .calling, !attempts[index].isAbandoned else { return finishFarewell() }
    let status = response.status ?? 0
    var outcome = CallOutcome(refusal: response)
    if response.problem == nil, response.isChallenge {
      do { return try inviteAgain(after: response, at: index, from: peer) } catch {
        outcome.detail = "\(status) \(error)"
      }
    }
    if attempts[index].replaces { return replacementRefused() }
    switch status {
    case 300..<400 where response.problem == nil: return redirect(response, outcome)
    case 422:
      if let least = response.minimumSessionExpires, calling.leastSession == nil, SessionTimer.bounds.contains(least) {
        calling.leastSession = least
        return invite(at: attempts[index].ticket.end)
      }
    case 415, 488, 606:
      if offerHandshake(after: index) { return }
      outcome.detail += attempts[index].offers?.refusedEncryption ?? ""
    default: break
    }
    // It already has the call, through another of its addresses (8.2.2.2).
    if status == 482, attempts.contains(where: \.isWanted) { return }
    calling.refusal = outcome
    if outcome.reason == .unreachable { return giveUpIfLast(outcome) }
    // One address speaks for its whole host, and 6xx for everybody (21.6).
    for other in attempts.indices where attempts[other].isWanted { abandon(other) }
    if status >= 600 { calling.redirects.followNone() }
    callNext(orEndWith: outcome)
  }

  /// Another offer for a far end that knows no keys in descriptions, once; false if there can be none.
  private mutating func offerHandshake(after index: Int) -> Bool {
    guard attempts[index].offers?.mayOfferHandshake == true, !calling.offersHandshake else { return false }
    for other in attempts.indices where attempts[other].isWanted { abandon(other) }
    // Its answer may come again. A new call has other ids.
    attempts[index].isAbandoned = true
    if !attempts[index].answered.isEmpty { ids.begin() }
    calling.offersHandshake = true
    invite(at: attempts[index].ticket.end)
    return true
  }

  private mutating func giveUpIfLast(_ outcome: CallOutcome) {
    if attempts.contains(where: { $0.isWanted && $0.ticket.hasProvisional }) { return }
    if outcome.reason == .unreachable, !calling.targets.isEmpty { return openNext() }
    if calling.isOpening || attempts.contains(where: \.isWanted) { return }
    callNext(orEndWith: outcome)
  }

  /// Follows the next redirect, if any.
  private mutating func callNext(orEndWith outcome: CallOutcome) {
    if let next = calling.redirects.next() { return call(next) }
    let first = calling.refusal.map { outcome.reason == .unreachable ? $0 : outcome } ?? outcome
    end(link.takeover == .dialog ? outcome.ofTakingUp : first)
  }

  private mutating func redirect(_ response: SIPMessage, _ outcome: CallOutcome) {
    if let why = calling.redirects.note(response, of: order) {
      return end(CallOutcome(.refused, outcome.detail + why))
    }
    callNext(orEndWith: outcome)
  }

  /// An INVITE got no response at all.
  mutating func notAnswered(_ failure: TransactionFailure, at index: Int) {
    if case .unreachable = failure, attempts[index].ticket.hasProvisional {
      // The connection was lost, and the far end has the call: tell it over another connection.
      (attempts[index].transaction, attempts[index].cancelling) = (0, nil)
      return arm(.reopen, after: CallWait.firstRepair)
    }
    attempts[index].isOpen = false
    guard phase == .calling, !attempts[index].isAbandoned else { return finishFarewell() }
    if attempts[index].replaces { return replacementRefused() }
    let outcome = CallOutcome(failure)
    giveUpIfLast(outcome)
  }

  /// Gives up on this target; ends the call if no other is left.
  mutating func giveUp(_ outcome: CallOutcome) {
    guard phase == .calling else { return }
    giveUpIfLast(outcome)
  }

  // MARK: - Giving an attempt up

  /// An attempt that must not become a call any more: it is cancelled as soon as that is allowed (9.1), and ended if it
  /// is answered nevertheless.
  mutating func abandon(_ index: Int) {
    attempts[index].isAbandoned = true
    if attempts[index].isOpen, attempts[index].ticket.hasProvisional { cancelOnce(index) }
  }

  private mutating func cancelOnce(_ index: Int) { if !attempts[index].ticket.isCancelled { cancel(index) } }

  mutating func cancel(_ index: Int) {
    attempts[index].ticket.isCancelled = true
    attempts[index].cancelling = send(attempts[index].invite.cancellation, by: attempts[index].ticket.end, as: .cancel)
  }
}
