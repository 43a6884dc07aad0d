// SPDX-License-Identifier: Apache-2.0

// MARK: - Pairs and checks (RFC 8445, 6 and 7.2)

extension ICEAgent {
  mutating func connect(to remote: ICEDescription, inOffer: Bool) {
    guard let credentials = remote.credentials, !isClosed else { return }
    let isNew = session.remote != credentials
    if isNew {
      if session.remote != nil {
        let early = session.early
        session = ICESession(inOffer ? ICECredentials(using: &random) : session.local)
        if !inOffer { session.early = early }
      }
      session.remote = credentials
    }
    isRemoteLite = remote.isLite
    // RFC 8445, 6.1.1.
    if isRemoteLite, !isControlling { switchRole() }
    guard session.selected == nil else { return }
    if session.failAt == nil { session.failAt = now + Self.patience }
    let usable = remote.candidates.filter {
      canReach($0.address, isRelayed: false) || canReach($0.address, isRelayed: true)
    }
    for candidate in ICECandidate.kept(of: usable) where ICECandidate.priorities.contains(candidate.priority) {
      _ = session.addRemote(candidate.address, priority: candidate.priority, most: ICESession.mostSignalled)
    }
    if isNew { leaveOtherPeers() }
    addPairs()
    let early = session.early
    session.early = []
    for check in early { note(check) }
  }

  /// The relay serves those of earlier checks no longer, but for the one that media still goes to.
  private mutating func leaveOtherPeers() {
    let peer = path?.key.isRelayed == true ? path?.path.remote : nil
    turn?.keepOnly(Set(session.remotes.map(\.address.host) + [peer?.host].compactMap { $0 }), channelTo: peer)
  }

  /// Whether this way can lead there at all. A relay that may still come counts.
  private func canReach(_ remote: TransportAddress, isRelayed: Bool) -> Bool {
    guard remote.isReachable(from: settings.local) else { return false }
    guard isRelayed else { return !settings.isRelayOnly && remote.isIPv6 == settings.local.isIPv6 }
    guard let turn, remote != turn.relayed else { return false }
    return remote.isIPv6 == (turn.relayed ?? turn.server).isIPv6
  }

  /// All that there can be.
  mutating func addPairs() {
    for remote in session.remotes {
      for isRelayed in [false, true] where canReach(remote.address, isRelayed: isRelayed) {
        if !isRelayed || turn?.isAllocated == true {
          add(CandidatePair.Key(remote: remote.address, isRelayed: isRelayed), remotePriority: remote.priority)
        }
      }
    }
  }

  private mutating func add(_ key: CandidatePair.Key, remotePriority: UInt32) {
    guard session.index(of: key) == nil, session.addPair(key, remotePriority: remotePriority), key.isRelayed else {
      return
    }
    withTURN { $0.permit(key.remote, at: $1) }
  }

  // MARK: Sending

  /// At most one check in ``pace``, new or repeated, so that the network and whoever the far end points to bears it
  /// (RFC 8445, B.1).
  mutating func runChecks() {
    for index in session.pairs.indices {
      let pair = session.pairs[index]
      guard pair.isChecking, let timing = pair.checks.last?.timing, timing.isSpent, timing.nextAt <= now else {
        continue
      }
      giveUp(index)
    }
    guard let remote = session.remote, nextCheckAt <= now else { return }
    if let index = nextNewCheck {
      startCheck(index, remote)
    } else if let index = nextRepetition, let last = session.pairs[index].checks.indices.last {
      guard session.pairs[index].checks[last].timing.nextAt <= now else { return }
      session.pairs[index].checks[last].timing.sent(at: now)
      send(session.pairs[index].checks[last].bytes, on: session.pairs[index].key)
    } else {
      return
    }
    nextCheckAt = now + Self.pace
  }

  var checkDeadline: Int64? {
    guard session.remote != nil else { return nil }
    if nextNewCheck != nil { return nextCheckAt }
    let timings = session.pairs.filter(\.isChecking).compactMap { $0.checks.last?.timing }
    return timings.map { $0.isSpent ? $0.nextAt : max($0.nextAt, nextCheckAt) }.min()
  }

  /// Triggered checks come first, in their order; then ordinary ones, by priority (RFC 8445, 6.1.4.2).
  private var nextNewCheck: Int? {
    let open = session.pairs.indices.filter { index in
      let pair = session.pairs[index]
      return (pair.trigger != nil || pair.state == .waiting)
        && (!pair.key.isRelayed || turn?.isPermitted(pair.key.remote) == true)
    }
    let triggered = open.filter { session.pairs[$0].trigger != nil }
    return triggered.min { (session.pairs[$0].trigger ?? 0) < (session.pairs[$1].trigger ?? 0) }
      ?? open.max { priority(session.pairs[$0]) < priority(session.pairs[$1]) }
  }

  private var nextRepetition: Int? {
    session.pairs.indices.filter {
      session.pairs[$0].isChecking && session.pairs[$0].checks.last?.timing.isSpent == false
    }
    .min { left, right in
      (session.pairs[left].checks.last?.timing.nextAt ?? 0) < (session.pairs[right].checks.last?.timing.nextAt ?? 0)
    }
  }

  func priority(_ pair: CandidatePair) -> UInt64 { pair.priority(isControlling: isControlling) }

  private mutating func startCheck(_ index: Int, _ remote: ICECredentials) {
    let pair = session.pairs[index]
    let nominates = pair.isToNominate && isControlling
    let (id, bytes) = request(from: session.local, to: remote, isRelayed: pair.key.isRelayed, nominates: nominates)
    var check = CandidatePair.Check(id: id, bytes: bytes, wasControlling: isControlling, nominates: nominates)
    check.timing.sent(at: now)
    session.pairs[index].checks = pair.checks.suffix(CandidatePair.mostChecks - 1) + [check]
    if pair.state != .succeeded { session.pairs[index].state = .inProgress }
    (session.pairs[index].isChecking, session.pairs[index].trigger) = (true, nil)
    session.pairs[index].isToNominate = false
    send(bytes, on: pair.key)
  }

  /// A check (RFC 8445, 7.1 and 7.2.2), which is also what asks for consent (RFC 7675, 5.1).
  mutating func request(
    from local: ICECredentials, to remote: ICECredentials, isRelayed: Bool, nominates: Bool = false
  ) -> (id: [UInt8], bytes: [UInt8]) {
    var request = STUNMessage(.request, .binding, transactionID: newID())
    request.add(.username, "\(remote.userFragment):\(local.userFragment)")
    // The relay is the worse of two local addresses.
    let priority = ICECandidate.Kind.peerReflexive.priority & (isRelayed ? 0xFF00_00FF : 0xFFFF_FFFF)
    request.add(.priority, number: priority)
    request.add(isControlling ? .iceControlling : .iceControlled, longNumber: tieBreaker)
    if nominates { request.add(.useCandidate) }
    let bytes = request.encoded(STUNKey(password: remote.password, hashes), fingerprint: true)
    return (request.transactionID, bytes)
  }

  /// Until the far end checks it.
  mutating func giveUp(_ index: Int) {
    if session.nominating == session.pairs[index].key { session.nominating = nil }
    session.pairs[index].stop()
    (session.pairs[index].state, session.pairs[index].isNominated) = (.failed, false)
  }

  mutating func trigger(_ index: Int) {
    guard session.pairs[index].trigger == nil else { return }
    triggers += 1
    session.pairs[index].trigger = triggers
  }
}
