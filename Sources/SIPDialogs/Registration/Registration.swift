// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// The registration of an address at its server (RFC 3261, 10), as a value: inputs go in, and effects come out, to be
/// carried out in order. It does no I/O.
///
/// It is refreshed until ``RegistrationInput/leave``. While it fails, it is tried again, with growing pauses; a refusal
/// for good stops it.
public struct Registration: Sendable {
  struct Pending: Sendable, Equatable {
    var transaction: Int
    var request: SIPMessage
    var isRemoval: Bool
    /// The addresses that the server may have if it refuses this.
    var before: [String]
    var rounds = Authenticator.Rounds()
  }

  /// What it waits for, besides a response.
  enum Wait: Sendable, Equatable {
    case refresh
    case retry
    /// A response, while other servers are left.
    case nextServer
    /// The removal, which must not keep the process.
    case giveUp
  }

  let order: RegistrationOrder
  public private(set) var state = RegistrationState.registering
  var ids: CallIDs
  var authenticator: Authenticator
  var record = RegistrationRecord(callID: "", tag: "", sequence: 0)
  private(set) var now: Int64 = 0
  /// Servers that have not been tried.
  var servers: [Target] = []
  /// Where it reaches the server, and the server it.
  public private(set) var end: LocalEnd?
  var pending: Pending?
  var isLeaving = false
  /// In seconds.
  var expires = RegistrationTimes.wished
  var failures = 0
  /// The server has asked for patience until then.
  private var earliest: Int64?
  private var connectionLostAt: Int64?
  private var reconnectionPause: Int64 = 0
  private var wait: (for: Wait, until: Int64)?
  private var effects: [RegistrationEffect] = []
  private var reported: RegistrationReport?
  private var transactions = 0

  public init(
    _ order: RegistrationOrder, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()
  ) {
    self.order = order
    ids = CallIDs(random: random)
    authenticator = Authenticator(order.account)
  }

  /// - Parameter time: milliseconds of one monotonic clock.
  public mutating func handle(_ input: RegistrationInput, at time: Int64) -> [RegistrationEffect] {
    guard state != .ended else { return [] }
    (now, effects) = (time, [])
    perform(input)
    if let wait, wait.until <= now { passed(wait.for) }
    let report = RegistrationReport(state: state, record: record)
    if report != reported {
      reported = report
      effects.insert(.report(report), at: 0)
    }
    return effects
  }

  /// When ``RegistrationInput/tick`` is needed at the latest.
  public var nextDeadline: Int64? { state == .ended ? nil : wait?.until }

  /// By the account's servers, for its calls.
  public var asked: [AskedRealm] { authenticator.memory.asked }

  /// The server may have an address of this end.
  public var mustLeave: Bool { state != .ended && !record.contacts.isEmpty }

  private mutating func perform(_ input: RegistrationInput) {
    switch input {
    case .register: begin()
    case .takeUp(let record): takeUp(record)
    case .leave: leave()
    case .resolved(let targets): resolved(targets)
    case .notResolved(let why): notOpened(why, .name)
    case .opened(let end): opened(end)
    case .notOpened(let why): notOpened(why)
    case .response(let response, let transaction, let peer): responded(response, to: transaction, from: peer)
    case .failed(let transaction, let failure): failed(failure, of: transaction)
    case .pathFound: pathFound()
    case .lostConnection(let target): lostConnection(target)
    case .tick: break
    }
  }

  private mutating func passed(_ wait: Wait) {
    stopWaiting()
    switch wait {
    case .refresh: register()
    case .retry: resolve()
    case .nextServer: nextServer(after: RegistrationFailure(.timedOut))
    case .giveUp: ended()
    }
  }

  // MARK: - Beginning and ending

  private mutating func begin() {
    guard record.callID.isEmpty else { return }
    ids.begin()
    (record.callID, record.tag) = (ids.callID, ids.localTag)
    resolve()
  }

  private mutating func takeUp(_ record: RegistrationRecord) {
    guard self.record.callID.isEmpty else { return }
    self.record = record
    ids.takeUp(callID: record.callID, tag: record.tag, sequence: record.sequence)
    resolve()
  }

  private mutating func leave() {
    guard !isLeaving else { return }
    isLeaving = true
    guard mustLeave, end != nil else { return ended() }
    wait(for: .giveUp, RegistrationTimes.removal)
    // A request must wait for the response to the previous one (10.2).
    if pending == nil { remove() }
  }

  mutating func ended() {
    stopWaiting()
    (pending, state) = (nil, .ended)
    record.contacts = []
  }

  // MARK: - Finding the server

  mutating func resolve() {
    stopWaiting()
    emit(.resolve(order.nextHop, order.identity.uri.scheme == .sips ? .tls : order.transport))
  }

  private mutating func resolved(_ found: [Target]) {
    guard !isLeaving, !found.isEmpty else { return }
    servers = found
    open()
  }

  private mutating func open() { emit(.open(servers, preferring: end)) }

  private mutating func opened(_ end: LocalEnd) {
    guard !isLeaving else { return }
    if let index = servers.firstIndex(of: end.target) { servers.removeFirst(index + 1) } else { servers = [] }
    self.end = end
    authenticator.note(server: end.target)
    register()
  }

  private mutating func notOpened(_ why: String, _ stage: RegistrationFailure.Stage = .connection) {
    guard !isLeaving else { return }
    servers = []
    failedEverywhere(RegistrationFailure(stage: stage, reason: .unreachable, detail: why))
  }

  /// Tries the next server, or all of them again later.
  mutating func nextServer(after failure: RegistrationFailure, retryAfter: UInt32? = nil) {
    pending = nil
    if isLeaving { return ended() }
    if servers.isEmpty { failedEverywhere(failure, retryAfter: retryAfter) } else { open() }
  }

  private mutating func failedEverywhere(_ failure: RegistrationFailure, retryAfter: UInt32? = nil) {
    pending = nil
    failures += 1
    let pause = RegistrationTimes.pause(afterFailures: failures, using: &ids.random)
    earliest = retryAfter.map { now + RegistrationTimes.patience($0) }
    retry(after: failure, at: max(now + pause, earliest ?? 0))
  }

  private mutating func retry(after failure: RegistrationFailure, at time: Int64) {
    wait(for: .retry, time - now)
    state = .failed(failure, retryAt: time)
  }

  mutating func refusedForGood(_ failure: RegistrationFailure) {
    pending = nil
    stopWaiting()
    if isLeaving { return ended() }
    state = .failed(failure, retryAt: nil)
  }

  private mutating func pathFound() {
    guard !isLeaving, !record.callID.isEmpty else { return }
    if case .failed(_, nil) = state { return }
    // The response to what was sent from the other address does not arrive.
    (pending, failures) = (nil, 0)
    // Another network is no other server.
    if case .failed(let failure, _) = state, let earliest, earliest > now { return retry(after: failure, at: earliest) }
    resolve()
  }

  /// A server that goes by the connection cannot reach this end any more.
  private mutating func lostConnection(_ target: Target) {
    guard case .registered = state, !isLeaving, pending == nil, let wait, end?.target.isSamePeer(as: target) == true
    else { return }
    let isSteady = connectionLostAt.map { now - $0 >= RegistrationTimes.steadyConnection } ?? true
    let longer = min(max(reconnectionPause * 2, RegistrationTimes.leastBetween), RegistrationTimes.longestReconnection)
    (connectionLostAt, reconnectionPause) = (now, isSteady ? 0 : longer)
    self.wait(for: .refresh, min(reconnectionPause, max(0, wait.until - now)))
  }

  // MARK: - Requests

  mutating func register() {
    guard let end else { return resolve() }
    guard pending == nil else { return }
    let before = record.contacts
    send(contacts(at: end), by: end, isRemoval: false, before)
    if case .failed = state { state = .registering }
    if !servers.isEmpty { wait(for: .nextServer, RegistrationTimes.response) }
  }

  mutating func remove() {
    guard let end else { return ended() }
    send(record.contacts.map { "<\($0)>;expires=0" }, by: end, isRemoval: true, record.contacts)
  }

  /// The address of this end, and what is to be forgotten.
  private mutating func contacts(at end: LocalEnd) -> [String] {
    guard !order.isQuery else { return [] }
    let contact = end.contact(of: order.user)
    record.note(contact)
    return ["<\(contact)>;expires=\(expires)"] + record.contacts.dropLast().map { "<\($0)>;expires=0" }
  }

  private mutating func send(_ contacts: [String], by end: LocalEnd, isRemoval: Bool, _ before: [String]) {
    var identity = order.identity
    identity.displayName = nil
    var request = SIPMessage(
      request: "REGISTER", uri: order.registrar.forRequest.description, end: end, branch: ids.branch(),
      from: "\(order.identity);tag=\(record.tag)", to: "\(identity)", callID: record.callID,
      sequence: ids.nextSequence())
    if let route = order.account.route { request.add("Route", route) }
    for contact in contacts { request.add("Contact", contact) }
    request.addAbilities()
    authenticator.authorize(&request, to: end.target, clientNonce: ids.token(16))
    send(Pending(transaction: 0, request: request, isRemoval: isRemoval, before: before), by: end)
  }

  mutating func send(_ request: Pending, by end: LocalEnd) {
    transactions += 1
    var request = request
    request.transaction = transactions
    record.sequence = ids.sequence
    pending = request
    emit(.send(request.request, end, transaction: transactions))
  }

  // MARK: - Tools

  mutating func registered(until time: Int64, routes: [String]) {
    (failures, pending, earliest) = (0, nil, nil)
    state = .registered(until: time, routes: routes)
  }

  mutating func wait(for wait: Wait, _ time: Int64) { self.wait = (wait, now + time) }

  mutating func stopWaiting() { wait = nil }

  private mutating func emit(_ effect: RegistrationEffect) { effects.append(effect) }
}

extension LocalEnd {
  /// Where this end gets requests: over the connection, because of NAT or without a certificate (RFC 5626, 4.3).
  func contact(of user: String) -> String {
    "sip:\(user)@\(hostPort)" + (target.transport == .udp ? "" : ";transport=\(target.transport.rawValue);ob")
  }
}
