// SPDX-License-Identifier: Apache-2.0
internal import CallLife
internal import CallModel

/// One SIP call, as a value: inputs go in, and effects come out, to be carried out in order. It does no I/O.
///
/// Everything that a successor needs is in the ``CallReport`` that precedes the effects that it describes. Whenever the
/// process dies, another one can continue (``CallInput/takeUp(_:)``), and the far end is left with neither a ghost nor
/// a second call.
public struct SIPCall: Sendable {
  enum Phase: Sendable, Equatable {
    case idle
    case calling
    /// There is a dialog, and it is the call.
    case up
    /// It is over for the user.
    case over
  }

  /// At a time; each is saved.
  static let mostAttempts = 3
  /// Dialogs that answer one INVITE, and are ended because the call is another one.
  static let mostForks = 32

  /// What the user wants.
  var order: CallOrder
  var phase = Phase.idle
  var state = EngineReport.State.connecting
  var ids: CallIDs
  var calling: Calling
  var authenticator: Authenticator
  /// Also after the answer: until all are ended.
  var attempts: [InviteAttempt] = []
  var dialog: Dialog?
  var session = MediaSession()
  var link = FarEndLink()
  var farewell = Farewell()
  var transfers = Transfers()
  /// Whom the account's server says that the call is with.
  var connectedTo: String?
  /// Of further transfers that the far end asks for.
  var referralsRefusedUntil: Int64?
  /// At the account's server, which passes on the calls that others make.
  var isRegistered = false
  var work = CallWork()

  public init(_ order: CallOrder, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
    self.order = order
    ids = CallIDs(random: random)
    calling = Calling(order.uri)
    authenticator = Authenticator(order.account)
  }

  /// - Parameter time: milliseconds of one monotonic clock.
  public mutating func handle(_ input: CallInput, at time: Int64) -> [CallEffect] {
    guard !work.isDone else { return [] }
    work.begin(at: time)
    perform(input)
    runTimers()
    return work.finish(reporting: report, sounding: sound)
  }

  /// When ``CallInput/tick`` is needed at the latest.
  public var nextDeadline: Int64? {
    work.isDone ? nil : [work.clock.next, watchDeadline].compactMap { $0 }.min()
  }

  private mutating func perform(_ input: CallInput) {
    switch input {
    case .place: place()
    case .takeUp(let ticket): takeUp(ticket)
    case .leave(let reason): leave(reason)
    case .abandon(let failure): abandon(failure)
    case .setMuted(let muted): order.muted = muted
    case .setHeld(let held): setHeld(held)
    case .transfer(let target): transfer(to: target)
    case .answerTransfer(let answer, let target): answerTransfer(answer, to: target)
    case .resolved(let targets): resolved(targets)
    case .notResolved(let why): notResolved(why)
    case .opened(let end): opened(end)
    case .described(let end): described(end)
    case .notOpened(let targets, let why): notOpened(targets, why)
    case .response(let response, let transaction, let peer): responded(response, to: transaction, from: peer)
    case .failed(let transaction, let failure): failed(failure, of: transaction)
    case .strayResponse(let response, let peer): strayed(response, from: peer)
    case .request(let request, let transaction, let peer): received(request, transaction, from: peer)
    case .acknowledged(let request, let peer): acknowledged(request, from: peer)
    case .heard(let at, let packets): heard(at: at, packets: packets)
    case .stream(let stream): order.stream = stream
    case .rollovers(let count): session.inboundRollovers = count
    case .secured(let keys): session.note(keys)
    case .notSecured(let handshake, let why): notSecured(handshake, why)
    case .path(let change): pathChanged(change)
    case .lostConnection(let target): lostConnection(target)
    case .tick: break
    }
  }

  /// Nothing has been sent.
  public var isIdle: Bool { phase == .idle }

  public var isOver: Bool { phase == .over }

  /// There is a dialog, and it is the call.
  public var isUp: Bool { phase == .up }

  /// Both ends have agreed that the sound goes where their descriptions say.
  public var isWithoutICE: Bool { session.plan.map { $0.ice == nil } ?? false }

  /// When the far end was last heard, by sound or by a response; nil if there is no call with it.
  public var farEndHeardAt: Int64? { isUp ? link.watch.heardAt : nil }

  /// The path of the call, or of the first attempt at it.
  public var end: LocalEnd? { dialog?.end ?? attempts.first(where: \.isWanted)?.ticket.end }

  /// The far end's current numeric address.
  public var farEndHost: String? { dialog?.end.target.host }

  /// The report for the daemon.
  public var report: CallReport {
    var report = EngineReport(
      state, muted: order.muted, onHold: session.isHeld || (isTakeover && phase == .calling && order.held))
    report.connectedTo = connectedTo
    if phase == .up {
      let incoming = transfers.incoming
      report.transferRequest = incoming?.isAccepted == false ? incoming?.target : nil
      report.transferTarget = transferTarget
    }
    return CallReport(report: report, ticket: ticket)
  }

  private var ticket: CallTicket? {
    guard phase != .idle, phase != .over || farewell.record != nil else { return nil }
    var ticket = CallTicket(
      callID: ids.callID, localTag: ids.localTag, sequence: ids.sequence, stream: order.stream)
    ticket.attempts = attempts.filter(\.isOpen).map(\.ticket)
    if phase == .calling, calling.request != order.uri.forRequest { ticket.redirected = calling.request }
    (ticket.hasRung, ticket.dialog, ticket.farewell) = (calling.hasRung, dialog, farewell.record)
    (ticket.offers, ticket.plan, ticket.isHeld) = (session.offers, session.plan, session.isHeld)
    (ticket.session, ticket.inboundRollovers) = (session.timer, session.inboundRollovers)
    ticket.authentication = authenticator.account == nil ? nil : authenticator.memory
    if phase == .up, transfers != Transfers() { ticket.transfers = transfers }
    ticket.connectedTo = connectedTo
    ticket.note(farewell.goodbyes)
    ticket.handshakeKeys = session.keys(whileCalling: phase == .calling)
    if dialog != nil { ticket.forgetKeys() }
    return ticket
  }

  private var sound: Sound? {
    let isHushed = session.isHeld || order.held
    if phase == .up, link.isOpen, let dialog {
      return Sound(
        plan: session.plan?.keyed(by: session.handshakeKeys).signalled(by: dialog.end), end: dialog.end,
        isMicrophoneOff: order.muted || isHushed, isSpeakerOff: isHushed,
        certificate: session.offers?.local.certificate)
    }
    if phase == .calling, let attempt = attempts.last(where: { $0.isWanted && $0.early != nil && !$0.isUnsecured }) {
      return Sound(
        plan: attempt.early?.plan?.keyed(by: session.handshakeKeys).signalled(by: attempt.ticket.end),
        end: attempt.ticket.end, isMicrophoneOff: order.muted || order.held, isSpeakerOff: order.held,
        certificate: attempt.early?.local.certificate)
    }
    guard let sounded = work.sounded else { return nil }
    return Sound(plan: nil, end: sounded.end, isMicrophoneOff: true, isSpeakerOff: true)
  }

  // MARK: - Tools

  var now: Int64 { work.clock.now }

  mutating func emit(_ effect: CallEffect) { work.emit(effect) }

  func isArmed(_ timer: CallTimer) -> Bool { work.clock.isArmed(timer) }

  mutating func arm(_ timer: CallTimer, after wait: Int64) { work.clock.arm(timer, after: wait) }

  mutating func disarm(_ timer: CallTimer) { work.clock.disarm(timer) }

  mutating func newRequest(_ method: String, in dialog: Dialog) -> SIPMessage {
    let request = dialog.request(method, sequence: ids.nextSequence(), branch: ids.branch())
    return authorized(request, to: dialog.end.target)
  }

  /// - Returns: the number of its transaction.
  mutating func send(
    _ message: SIPMessage, by end: LocalEnd, as purpose: PendingRequests.Purpose, rounds: Authenticator.Rounds = .init()
  ) -> Int {
    let request = PendingRequests.Pending(purpose: purpose, request: message, end: end, rounds: rounds)
    let transaction = work.requests.add(request)
    emit(.send(message, end, transaction: transaction))
    return transaction
  }

  /// Acknowledges the 2xx to an INVITE.
  mutating func acknowledge(_ sequence: UInt32, in dialog: Dialog) {
    emit(.acknowledge(acknowledgement(sequence, in: dialog), dialog.end))
  }

  mutating func acknowledgement(_ sequence: UInt32, in dialog: Dialog) -> SIPMessage {
    var acknowledgement = dialog.acknowledgement(sequence: sequence, branch: ids.branch())
    authenticator.confirm(&acknowledgement, to: dialog.end.target)
    return acknowledgement
  }

  private mutating func runTimers() {
    if phase == .up { watchFarEnd() }
    while let timer = work.clock.takePassed() { passed(timer) }
  }

  private mutating func passed(_ timer: CallTimer) {
    switch timer {
    case .fallback: if phase == .calling { openNext() }
    case .offerAgain: adjustOffer()
    case .refreshSession: refreshSession()
    case .sessionExpires: refreshSession()
    case .repair: repair()
    case .farewell: farewellIsOver()
    case .exit: work.exit()
    case .forks: finishFarewell()
    case .offerTimeout: offerTimedOut()
    case .reopen: openAgain()
    case .reconnect: reconnect()
    case .mapping: lookAtMapping()
    case .ringAgain: ringsNoMore()
    case .lateAnswer: noLateAnswer()
    case .transfer: noNoticeOfTransfer()
    case .referral: referralTimedOut()
    case .transferred: transferredElsewhere()
    }
  }
}
