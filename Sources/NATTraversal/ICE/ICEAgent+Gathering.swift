// SPDX-License-Identifier: Apache-2.0

// MARK: - This end's addresses (RFC 8445, 5.1.1)

extension ICEAgent {
  /// Asks for what is missing.
  mutating func gather() {
    guard !isClosed, gathering.deadline == nil else { return }
    (gathering.isDone, gathering.deadline) = (false, now + Gathering.time)
    if gathering.keepAliveAt == nil { gathering.keepAliveAt = now + Gathering.keepAlive }
    if let server = settings.stunServer, !settings.isRelayOnly, gathering.mapped == nil {
      gathering.forgetFailure(of: .stun)
      let request = STUNMessage(.request, .binding, transactionID: newID())
      var query = Gathering.Query(id: request.transactionID, bytes: request.encoded(fingerprint: true))
      query.timing.sent(at: now)
      gathering.query = query
      emit(.send(query.bytes, to: server))
    }
    gathering.isConfirming = turn?.isAllocated == true
    if turn == nil { allocate() } else { withTURN { $0.confirm(at: $1) } }
  }

  private mutating func allocate() {
    guard let account = settings.turnServer else { return }
    gathering.forgetFailure(of: .turn)
    turn = TURNAllocation(account, hashes, random: random)
    // Not the same numbers again.
    _ = random.next()
    withTURN { $0.allocate(at: $1) }
  }

  mutating func advanceGathering() {
    askAgain()
    let isWaiting = gathering.query != nil || turn?.isAtWork == true
    if let deadline = gathering.deadline, !isWaiting || deadline <= now { gathered() }
    guard !isClosed, let time = gathering.keepAliveAt, time <= now else { return }
    gathering.keepAliveAt = now + Gathering.keepAlive
    keepAlive()
  }

  private mutating func askAgain() {
    guard var query = gathering.query, let server = settings.stunServer, query.timing.nextAt <= now else { return }
    if query.timing.isSpent {
      gathering.query = nil
      return gathering.note(ServerFailure(.stun, server, .noAnswer))
    }
    query.timing.sent(at: now)
    gathering.query = query
    emit(.send(query.bytes, to: server))
  }

  private mutating func gathered() {
    (gathering.deadline, gathering.isDone, gathering.isConfirming) = (nil, true, false)
    if gathering.query != nil, let server = settings.stunServer {
      gathering.note(ServerFailure(.stun, server, .noAnswer))
    }
    if let turn, turn.isAtWork, !turn.isAllocated { gathering.note(ServerFailure(.turn, turn.server, .noAnswer)) }
    emit(.gathered)
    guard settings.isRelayOnly, turn?.isAllocated != true else { return }
    emit(.failed(.noRelay(gathering.failures.first { $0.service == .turn })))
  }

  /// - Returns: whether it is the answer of the STUN server.
  mutating func takeMapping(_ message: STUNMessage, from source: TransportAddress) -> Bool {
    guard let query = gathering.query, source == settings.stunServer, message.transactionID == query.id,
      message.method == .binding, message.messageClass == .success || message.messageClass == .failure
    else { return false }
    gathering.query = nil
    gathering.forgetFailure(of: .stun)
    if let mapped = message.mappedAddress, message.messageClass == .success, message.notUnderstood.isEmpty,
      mapped.isReachable(from: settings.local)
    {
      gathering.mapped = mapped
    } else if let refusal = message.failure, message.messageClass == .failure {
      gathering.note(ServerFailure(.stun, source, .refused(code: refusal.code, refusal.phrase)))
    } else {
      gathering.note(ServerFailure(.stun, source, .unreadable))
    }
    return true
  }

  /// A mapping and a relay may be needed later, while nothing else is sent to the servers.
  private mutating func keepAlive() {
    var servers: [TransportAddress] = []
    if path == nil, gathering.mapped != nil, let server = settings.stunServer { servers.append(server) }
    if let turn, turn.isAllocated, path?.path.relay == nil, !servers.contains(turn.server) {
      servers.append(turn.server)
    }
    for server in servers {
      let indication = STUNMessage(.indication, .binding, transactionID: newID())
      emit(.send(indication.encoded(fingerprint: true), to: server))
    }
  }

  // MARK: - Candidates

  var candidates: [ICECandidate] {
    var candidates: [ICECandidate] = []
    let mapped = gathering.mapped ?? turn?.mapped
    if !settings.isRelayOnly {
      candidates.append(ICECandidate(.host, settings.local))
      if let mapped, mapped != settings.local, mapped.isReachable(from: settings.local) {
        candidates.append(ICECandidate(.serverReflexive, mapped, related: settings.local))
      }
    }
    if let relayed = turn?.relayed {
      let related = settings.isRelayOnly ? unspecified : turn?.mapped ?? settings.local
      candidates.append(ICECandidate(.relayed, relayed, related: related))
    }
    return candidates
  }

  /// Says nothing (RFC 8839, 5.1).
  var unspecified: TransportAddress {
    let length = (turn?.relayed ?? settings.local).isIPv6 ? 16 : 4
    return TransportAddress(bytes: [UInt8](repeating: 0, count: length), port: 9) ?? settings.local
  }

  // MARK: - The relay

  /// Has the TURN client do something, at the current time, and carries it out.
  mutating func withTURN(_ input: (inout TURNAllocation, Int64) -> [TURNEffect]) {
    guard var allocation = turn else { return }
    let effects = input(&allocation, now)
    turn = allocation
    perform(effects)
  }

  mutating func perform(_ effects: [TURNEffect]) {
    for effect in effects {
      switch effect {
      case .send(let bytes, let server): emit(.send(bytes, to: server))
      case .allocated:
        gathering.forgetFailure(of: .turn)
        if session.remote != nil, session.selected == nil { addPairs() }
      // These open ways for checks and media, which follow.
      case .permitted, .bound: break
      case .refused(let peer, _): relayRefuses(peer)
      case .ended(let failure):
        turn = nil
        gathering.note(failure)
        relayIsGone()
        if gathering.isConfirming, gathering.deadline != nil {
          gathering.isConfirming = false
          allocate()
        }
      case .released: turn = nil
      }
    }
  }

  private mutating func relayRefuses(_ peer: TransportAddress) {
    for index in session.pairs.indices where session.pairs[index].key.isRelayed {
      if turn?.isRefused(session.pairs[index].key.remote) == true { giveUp(index) }
    }
    if let path, path.key.isRelayed, turn?.isRefused(path.key.remote) == true { lose() }
  }

  private mutating func relayIsGone() {
    for index in session.pairs.indices where session.pairs[index].key.isRelayed { giveUp(index) }
    if path?.key.isRelayed == true { lose() }
  }
}
