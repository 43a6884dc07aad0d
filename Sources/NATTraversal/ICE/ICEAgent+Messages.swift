// SPDX-License-Identifier: Apache-2.0

// MARK: - What comes in

extension ICEAgent {
  mutating func handle(_ datagram: [UInt8], from source: TransportAddress) {
    if let turn, source == turn.server, let (data, peer) = turn.unwrap(datagram) {
      guard let message = STUNMessage(data) else { return }
      return heard(message, data, on: CandidatePair.Key(remote: peer, isRelayed: true))
    }
    guard let message = STUNMessage(datagram) else { return }
    if var allocation = turn, let effects = allocation.received(message, datagram, from: source, at: now) {
      turn = allocation
      return perform(effects)
    }
    if takeMapping(message, from: source) { return }
    // An answer would tell this end's address.
    guard !settings.isRelayOnly else { return }
    heard(message, datagram, on: CandidatePair.Key(remote: source, isRelayed: false))
  }

  private mutating func heard(_ message: STUNMessage, _ datagram: [UInt8], on way: CandidatePair.Key) {
    guard message.method == .binding, !isClosed else { return }
    switch message.messageClass {
    case .request: checked(message, datagram, on: way)
    case .success, .failure: answered(message, datagram, on: way)
    case .indication: break
    }
  }

  // MARK: - The far end's checks (RFC 8445, 7.3)

  private mutating func checked(_ request: STUNMessage, _ datagram: [UInt8], on way: CandidatePair.Key) {
    guard let name = request.text(.username), let colon = name.firstIndex(of: ":") else { return }
    let isCurrent = name[..<colon] == session.local.userFragment
    guard let own = isCurrent ? session.local : path?.local, name[..<colon] == own.userFragment else { return }
    let key = STUNKey(password: own.password, hashes)
    guard key.authenticates(datagram) else { return }
    let unknown = request.notUnderstood
    guard unknown.isEmpty else {
      return answer(request, .init(code: 420, phrase: "Unknown Attribute"), unknown, key, on: way)
    }
    if isCurrent, isConflict(request) {
      return answer(request, .init(code: 487, phrase: "Role Conflict"), [], key, on: way)
    }
    answer(request, nil, [], key, on: way)
    guard isCurrent else { return }
    let priority = request.number(.priority).map { min(max($0, 1), ICECandidate.priorities.upperBound) }
    note(
      ICESession.EarlyCheck(
        key: way, priority: priority ?? ICECandidate.Kind.peerReflexive.priority,
        userFragment: name[name.index(after: colon)...], nominates: request[.useCandidate] != nil))
  }

  private mutating func answer(
    _ request: STUNMessage, _ failure: STUNMessage.Failure?, _ unknown: [STUNAttribute.Kind], _ key: STUNKey,
    on way: CandidatePair.Key
  ) {
    var response = STUNMessage(
      failure == nil ? .success : .failure, .binding, transactionID: request.transactionID)
    if let failure { response.add(failure) } else { response.add(.xorMappedAddress, way.remote) }
    if !unknown.isEmpty { response.add(unknown: unknown) }
    send(response.encoded(key, fingerprint: true), on: way)
  }

  /// Both ends think that they are controlling, or controlled. The higher tie-breaker wins (RFC 8445, 7.3.1.1).
  private mutating func isConflict(_ request: STUNMessage) -> Bool {
    guard let other = request.longNumber(isControlling ? .iceControlling : .iceControlled) else { return false }
    if (tieBreaker >= other) == isControlling { return true }
    switchRole()
    return false
  }

  /// The check is answered. It shows the far end's address (RFC 8445, 7.3.1.3), and that this end should check it now.
  mutating func note(_ check: ICESession.EarlyCheck) {
    guard session.remote?.userFragment == String(check.userFragment) else {
      guard session.early.count < ICESession.mostEarlyChecks, !session.early.contains(check) else { return }
      return session.early.append(check)
    }
    let key = check.key
    guard key.remote.isReachable(from: settings.local),
      session.addRemote(key.remote, priority: check.priority, most: ICESession.mostRemotes),
      let priority = session.remotes.first(where: { $0.address == key.remote })?.priority,
      session.addPair(key, remotePriority: priority), let index = session.index(of: key)
    else { return }
    if key.isRelayed { withTURN { $0.permit(key.remote, at: $1) } }
    if check.nominates, !isControlling { session.pairs[index].wasNominated = true }
    if session.pairs[index].state == .succeeded {
      if session.pairs[index].wasNominated, !isControlling { session.pairs[index].isNominated = true }
    } else {
      (session.pairs[index].state, session.pairs[index].isChecking) = (.waiting, false)
      trigger(index)
    }
  }

  mutating func switchRole() {
    isControlling.toggle()
    session.nominating = nil
    for index in session.pairs.indices {
      session.pairs[index].isToNominate = false
      let pair = session.pairs[index]
      if !isControlling, pair.wasNominated, pair.state == .succeeded { session.pairs[index].isNominated = true }
    }
  }

  // MARK: - Answers to this end's checks (RFC 8445, 7.2.5)

  private mutating func answered(_ response: STUNMessage, _ datagram: [UInt8], on way: CandidatePair.Key) {
    if let path, path.key == way, path.checks.contains(response.transactionID) {
      guard STUNKey(password: path.remote.password, hashes).authenticates(datagram) else { return }
      if response.messageClass == .success || response.failure?.code == 487 { consented(response) }
      return
    }
    guard let remote = session.remote, let index = session.index(of: way),
      let check = session.pairs[index].checks.first(where: { $0.id == response.transactionID }),
      STUNKey(password: remote.password, hashes).authenticates(datagram), response.notUnderstood.isEmpty
    else { return }
    if response.messageClass == .success {
      succeeded(index, check)
    } else if response.failure?.code == 487 {
      // Both may have noticed.
      if isControlling == check.wasControlling, !isRemoteLite {
        switchRole()
        tieBreaker = random.next()
      }
      session.pairs[index].isChecking = false
      if session.pairs[index].state != .succeeded { session.pairs[index].state = .waiting }
      trigger(index)
    } else {
      giveUp(index)
    }
  }

  private mutating func succeeded(_ index: Int, _ check: CandidatePair.Check) {
    var pair = session.pairs[index]
    (pair.state, pair.heardAt) = (.succeeded, now)
    // The answer to an earlier check says nothing of the nomination that is on its way.
    let isNominationOpen = pair.isChecking && pair.checks.last?.nominates == true && !check.nominates
    if !isNominationOpen { pair.isChecking = false }
    if !pair.isToNominate { pair.trigger = nil }
    if isControlling ? check.nominates : pair.wasNominated { pair.isNominated = true }
    session.pairs[index] = pair
    if session.firstValidAt == nil { session.firstValidAt = now }
  }
}
