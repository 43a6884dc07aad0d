// SPDX-License-Identifier: Apache-2.0

/// Finds a path for the media of a call, and watches it: a full ICE agent for one stream with one component (RFC 8445,
/// RFC 8839), with its STUN and TURN clients, as a value: inputs go in, and effects come out, to be carried out in order.
/// It does no I/O.
///
/// It nominates one pair if it is controlling, and accepts that the far end nominates many. It does not answer checks
/// that are not authenticated: strangers learn nothing. It sends no more than one check in 50 ms, wherever the far end's
/// candidates point to. Times are milliseconds of one monotonic clock.
public struct ICEAgent: Sendable {
  /// Between two checks (Ta: RFC 8445, 14.2).
  static let pace: Int64 = 50
  /// From the far end's description to ``ICEEffect/failed(_:)``.
  static let patience: Int64 = 25_000

  private(set) var settings: Settings
  let hashes: STUNHashes
  var random: any RandomNumberGenerator & Sendable
  public internal(set) var isControlling: Bool
  var isRemoteLite = false
  var tieBreaker: UInt64
  var gathering = Gathering()
  var turn: TURNAllocation?
  var session: ICESession
  var path: ActivePath?
  var nextCheckAt: Int64 = 0
  var triggers: UInt64 = 0
  var isResumed = false
  var isClosed = false
  var now: Int64 = 0
  private var effects: [ICEEffect] = []

  public init(
    _ settings: Settings, _ hashes: STUNHashes,
    random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    (self.settings, self.hashes, self.random) = (settings, hashes, random)
    isControlling = settings.isControlling
    tieBreaker = self.random.next()
    session = ICESession(ICECredentials(using: &self.random))
  }

  /// Other servers than before, for a process whose settings are known later than its memory: the next
  /// ``restart(at:)`` asks them. The server of a relay that is in use stays.
  public mutating func use(_ settings: Settings) { self.settings = settings }

  // MARK: - Inputs

  /// Asks the servers for this end's addresses: ``ICEEffect/gathered`` follows, after 1.5 s at the latest.
  public mutating func gather(at time: Int64) -> [ICEEffect] { run(at: time) { $0.gather() } }

  /// Takes the far end's description. To be called after each offer or answer.
  ///
  /// Other credentials than before are an ICE restart. In an offer, the far end begins it, and this end gets other
  /// credentials, too: send the answer with ``description`` as it is after this call. In an answer, they belong to
  /// another far end (a fork), or to the restart that this end has begun.
  public mutating func connect(
    to remote: ICEDescription, inOffer: Bool = false, at time: Int64
  ) -> [ICEEffect] {
    run(at: time) { $0.connect(to: remote, inOffer: inOffer) }
  }

  /// Begins an ICE restart (RFC 8445, 9): ``description`` has other credentials, to be offered after
  /// ``ICEEffect/gathered``, which comes at once unless a server has to be asked. The selected path is used until there
  /// is a new one.
  public mutating func restart(at time: Int64) -> [ICEEffect] {
    run(at: time) {
      $0.session = ICESession(ICECredentials(using: &$0.random))
      // The network may be another one.
      $0.gathering.mapped = nil
      $0.gather()
    }
  }

  /// Takes a datagram that is STUN, or comes from the TURN server. Others do nothing.
  public mutating func received(
    _ datagram: [UInt8], from source: TransportAddress, at time: Int64
  ) -> [ICEEffect] {
    guard let first = datagram.first, first < 0x50 else { return [] }
    // The media has taken it already. This must cost nothing.
    if first >= 0x40, datagram.count < 24 || !STUNMessage.isLikely(Array(datagram[4..<24])) { return [] }
    return run(at: time) { $0.handle(datagram, from: source) }
  }

  public mutating func tick(at time: Int64) -> [ICEEffect] { run(at: time) { _ in } }

  /// Ends all of it, and gives the relayed address back. Whoever goes on with ``tick(at:)`` and
  /// ``received(_:from:at:)`` while there is a ``nextDeadline`` makes sure that the server hears it.
  public mutating func close(at time: Int64) -> [ICEEffect] {
    run(at: time) {
      ($0.isClosed, $0.path, $0.session) = (true, nil, ICESession($0.session.local))
      ($0.gathering.deadline, $0.gathering.query, $0.gathering.keepAliveAt) = (nil, nil, nil)
      $0.withTURN { $0.release(at: $1) }
    }
  }

  // MARK: - What there is

  /// When ``tick(at:)`` is needed at the latest. It may have passed.
  public var nextDeadline: Int64? {
    if isResumed { return 0 }
    let waits = [
      turn?.nextDeadline, gathering.deadline, gathering.query?.timing.nextAt, gathering.keepAliveAt, session.failAt,
      checkDeadline, nominationDeadline, path?.checkAt, path?.expiresAt,
    ]
    return waits.compactMap { $0 }.min()
  }

  /// What to tell the far end, after ``ICEEffect/gathered``.
  public var description: ICEDescription { ICEDescription(session.local, candidates) }

  /// Media may take this path, and no other.
  public var selected: ICEPath? { path?.path }

  /// What is wrong with the servers: of each kind, the last failure.
  public var failures: [ServerFailure] { gathering.failures }

  // MARK: - Tools

  private mutating func run(at time: Int64, _ input: (inout ICEAgent) -> Void) -> [ICEEffect] {
    let before = memory
    (now, effects) = (time, [])
    if isResumed { resume() }
    input(&self)
    advance()
    // What must not be forgotten is kept before it has effects.
    if !isClosed, memory != before { effects.insert(.remembered, at: 0) }
    defer { effects = [] }
    return effects
  }

  private mutating func advance() {
    withTURN { $0.tick(at: $1) }
    advanceGathering()
    guard !isClosed else { return }
    choose()
    runChecks()
    watchConsent()
    if let failAt = session.failAt, failAt <= now { foundNothing() }
  }

  private mutating func foundNothing() {
    session.failAt = nil
    let isAnswered = session.pairs.contains { $0.state == .succeeded }
    emit(.failed(session.pairs.isEmpty ? .noCandidate : isAnswered ? .notNominated : .noAnswer))
  }

  private mutating func resume() {
    isResumed = false
    path?.heardAt = now
    path?.checkAt = now
    if gathering.isDone { gathering.keepAliveAt = now }
    guard session.remote != nil, session.selected == nil else { return }
    session.failAt = now + Self.patience
    addPairs()
  }

  mutating func emit(_ effect: ICEEffect) { effects.append(effect) }

  mutating func newID() -> [UInt8] { (0..<12).map { _ in UInt8.random(in: .min ... .max, using: &random) } }

  /// Sends to the far end, on this way.
  mutating func send(_ bytes: [UInt8], on way: CandidatePair.Key) {
    guard way.isRelayed else { return emit(.send(bytes, to: way.remote)) }
    guard let wrapped = turn?.wrap(bytes, to: way.remote), let server = turn?.server else { return }
    emit(.send(wrapped, to: server))
  }
}
