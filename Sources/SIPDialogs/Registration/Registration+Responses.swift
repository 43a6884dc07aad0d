// SPDX-License-Identifier: Apache-2.0
internal import CallModel

// MARK: - What the server answers (RFC 3261, 10.2 and 10.3)

extension Registration {
  mutating func responded(_ response: SIPMessage, to transaction: Int, from peer: String) {
    guard let pending, pending.transaction == transaction, let status = response.status, status >= 200, let end else {
      // It is at work.
      if let pending, pending.transaction == transaction, !isLeaving { stopWaiting() }
      return
    }
    authenticator.note(response, from: peer, at: end.target)
    let isRead = response.problem == nil
    if isRead, response.isChallenge { return answer(response, to: pending, by: end, from: peer) }
    if status >= 300 { record.contacts = pending.before }
    if isLeaving { return pending.isRemoval || record.contacts.isEmpty ? ended() : forgetAndRemove() }
    switch status {
    case _ where !isRead: refusedForGood(failure(response))
    case ..<300: accepted(response, at: end)
    case 423: isTooBrief(response, at: end)
    case 408, 480, 500..<600: nextServer(after: failure(response), retryAfter: response.retryAfter)
    default: refusedForGood(failure(response))
    }
  }

  mutating func failed(_ failure: TransactionFailure, of transaction: Int) {
    guard pending?.transaction == transaction else { return }
    nextServer(after: RegistrationFailure(failure))
  }

  private mutating func forgetAndRemove() {
    pending = nil
    remove()
  }

  private mutating func answer(_ challenge: SIPMessage, to request: Pending, by end: LocalEnd, from peer: String) {
    var again = request
    do throws(AuthenticationError) {
      try authenticator.take(challenge, from: peer, at: end.target, in: &again.rounds)
    } catch {
      var failure = failure(challenge)
      failure.stage = .password
      failure.detail = "\(challenge.status ?? 0) \(error)"
      record.contacts = request.before
      return refusedForGood(failure)
    }
    again.request = request.request.anew(sequence: ids.nextSequence(), branch: ids.branch())
    authenticator.authorize(&again.request, to: end.target, clientNonce: ids.token(16))
    send(again, by: end)
  }

  private mutating func accepted(_ response: SIPMessage, at end: LocalEnd) {
    guard !order.isQuery else {
      stopWaiting()
      return registered(until: now, routes: response.serviceRoutes)
    }
    let granted = granted(by: response, at: end)
    guard granted > 0 else {
      let detail = "the server accepted the registration, but does not list this end's address"
      return nextServer(after: RegistrationFailure(stage: .registration, reason: .refused, detail: detail))
    }
    record.contacts = [end.contact(of: order.user)]
    registered(until: now + Int64(granted) * 1000, routes: response.serviceRoutes)
    wait(for: .refresh, RegistrationTimes.refresh(granted: granted))
  }

  /// In seconds. A server lists all addresses that it has; one that rewrites them lists none that this end knows, and
  /// then the briefest time counts.
  private func granted(by response: SIPMessage, at end: LocalEnd) -> UInt32 {
    let listed = response.contacts
    func time(_ contact: NameAddress) -> UInt32 {
      contact["expires"].flatMap { UInt32($0) } ?? response.expires ?? expires
    }
    let own = (try? SIPURI(end.contact(of: order.user))).flatMap { own in
      listed.first { $0.uri.isEquivalent(to: own) }
        ?? listed.first { $0.uri.user == own.user && $0.uri.host == own.host }
    }
    let granted = own.map(time) ?? listed.map(time).filter { $0 > 0 }.min() ?? response.expires ?? 0
    return min(granted, RegistrationTimes.longest)
  }

  /// 423: the server says how long it wants it (10.3).
  private mutating func isTooBrief(_ response: SIPMessage, at end: LocalEnd) {
    guard let least = response.minimumExpires, least > expires, least <= RegistrationTimes.longest,
      expires == RegistrationTimes.wished
    else {
      return refusedForGood(failure(response))
    }
    expires = least
    pending = nil
    register()
  }

  private func failure(_ response: SIPMessage) -> RegistrationFailure {
    let outcome = CallOutcome(refusal: response)
    let server = order.registrar.host
    var detail = "\(server) does not register \(order.identity.uri): \(outcome.detail)"
    if let seconds = response.retryAfter { detail += "; it asks to wait \(seconds) s" }
    return RegistrationFailure(stage: .registration, reason: outcome.reason, detail: detail)
  }
}

extension RegistrationFailure {
  init(_ failure: TransactionFailure) {
    let outcome = CallOutcome(failure)
    var stage = Stage.connection
    if case .insecure = failure { stage = .certificate }
    self.init(stage: stage, reason: outcome.reason, detail: outcome.detail)
  }
}

extension SIPMessage {
  /// In seconds, of a 423.
  var minimumExpires: UInt32? { self["Min-Expires"].flatMap { UInt32($0.prefix { $0.isNumber }) } }

  /// The readable ones, as long as all are and they do not need too much room.
  var serviceRoutes: [String] {
    let routes = all("Service-Route")
    let length = routes.reduce(0) { $0 + $1.utf8.count }
    let areReadable = routes.allSatisfy { (try? NameAddress($0))?.uri.isLooseRouter == true }
    return areReadable && routes.count <= Dialog.mostRoutes && length <= 1024 ? routes : []
  }
}
