// SPDX-License-Identifier: Apache-2.0

// MARK: - Nomination (RFC 8445, 8.1)

extension ICEAgent {
  /// How long a controlling agent waits for a better path than the best that works: the relay costs a detour.
  private static func patience(_ pair: CandidatePair) -> Int64 { pair.key.isRelayed ? 1000 : 400 }

  /// Nominates, and selects what is nominated.
  mutating func choose() {
    guard session.remote != nil else { return }
    if let (index, time) = nomination, time <= now {
      session.nominating = session.pairs[index].key
      session.pairs[index].isToNominate = true
      trigger(index)
    }
    // Media needs a channel. It costs no time if it is there before the nomination.
    let valid = session.pairs.filter { $0.state == .succeeded && ($0.isNominated || session.selected == nil) }
    for pair in valid where pair.key.isRelayed && turn?.isRefused(pair.key.remote) == false {
      withTURN { $0.bind(pair.key.remote, at: $1) }
    }
    let nominated = session.pairs.filter { $0.isNominated && $0.state == .succeeded }
    guard let best = nominated.filter({ path(of: $0.key) != nil }).max(by: { priority($0) < priority($1) }) else {
      return
    }
    if let current = session.selected.flatMap({ session.index(of: $0) }) {
      guard priority(session.pairs[current]) < priority(best) else { return }
    }
    select(best)
  }

  /// What is to be nominated, and when.
  private var nomination: (index: Int, time: Int64)? {
    guard isControlling, session.selected == nil, session.nominating == nil, let since = session.firstValidAt else {
      return nil
    }
    let valid = session.pairs.indices.filter { session.pairs[$0].state == .succeeded }
    guard let index = valid.max(by: { priority(session.pairs[$0]) < priority(session.pairs[$1]) }) else { return nil }
    let best = session.pairs[index]
    let mayImprove = session.pairs.contains { $0.isActive && $0.state != .succeeded && priority($0) > priority(best) }
    return (index, mayImprove ? since + Self.patience(best) : now)
  }

  var nominationDeadline: Int64? { nomination?.time }

  /// Nil while the relay has no channel for it.
  private func path(of key: CandidatePair.Key) -> ICEPath? {
    guard key.isRelayed else { return ICEPath(remote: key.remote) }
    guard let turn, let channel = turn.channel(of: key.remote) else { return nil }
    return ICEPath(remote: key.remote, relay: .init(server: turn.server, channel: channel))
  }

  private mutating func select(_ pair: CandidatePair) {
    guard let path = path(of: pair.key), let remote = session.remote else { return }
    (session.selected, session.nominating, session.failAt) = (pair.key, nil, nil)
    self.path = ActivePath(path, session.local, remote, heardAt: pair.heardAt ?? now)
    scheduleConsent()
    // RFC 8445, 8.1.2. An end that nominates many pairs may still nominate a better one.
    for index in session.pairs.indices where session.pairs[index].key != pair.key {
      if isControlling || priority(session.pairs[index]) < priority(pair) { session.pairs[index].stop() }
    }
    let hosts = Set(session.remotes.map(\.address.host) + [pair.key.remote.host])
    turn?.keepOnly(hosts, channelTo: pair.key.remote)
    emit(.selected(path))
  }

  // MARK: - Consent (RFC 7675)

  mutating func watchConsent() {
    guard let path, let expiresAt = path.expiresAt else { return }
    if expiresAt <= now { return lose() }
    if path.isSilent(at: now), isCurrent(path), hasHeardSince(path) { replace(path) }
    guard path.checkAt <= now else { return }
    // If the far end does not answer, the server may have forgotten the relay, and says so to who asks.
    if path.key.isRelayed, path.checks.count > 1 { withTURN { $0.confirm(at: $1) } }
    let (id, bytes) = request(from: path.local, to: path.remote, isRelayed: path.key.isRelayed)
    self.path?.checks = path.checks.suffix(ActivePath.mostChecks - 1) + [id]
    scheduleConsent()
    send(bytes, on: path.key)
  }

  private mutating func scheduleConsent() {
    let interval = ActivePath.interval
    path?.checkAt = now + Int64.random(in: interval * 8 / 10...interval * 12 / 10, using: &random)
  }

  mutating func consented(_ response: STUNMessage) {
    path?.heardAt = now
    path?.checks.removeAll { $0 == response.transactionID }
  }

  /// The selected path is of no use any more, if there is no other one that is.
  mutating func lose() {
    guard let old = path else { return }
    path = nil
    if isCurrent(old) { replace(old) }
    if path == nil { emit(.lost) }
  }

  private func isCurrent(_ path: ActivePath) -> Bool {
    session.selected == path.key && session.local == path.local && session.remote == path.remote
  }

  private func hasHeardSince(_ path: ActivePath) -> Bool {
    session.pairs.contains { $0.state == .succeeded && ($0.heardAt ?? .min) > (path.heardAt ?? .min) }
  }

  /// A pair that has been heard later takes its place. The far end's address has changed, as it does when a NAT starts
  /// anew, and a far end that is controlling need not notice: it nominates nothing.
  private mutating func replace(_ old: ActivePath) {
    (session.selected, session.nominating) = (nil, nil)
    for index in session.pairs.indices {
      if (session.pairs[index].heardAt ?? .min) <= (old.heardAt ?? .min) {
        giveUp(index)
      } else if !isControlling, session.pairs[index].state == .succeeded {
        session.pairs[index].isNominated = true
      }
    }
    choose()
  }
}
