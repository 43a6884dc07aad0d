// SPDX-License-Identifier: Apache-2.0
internal import CallLife
internal import CallModel

/// One SIP call, as a value: inputs go in, and effects come out, to be carried out in order. It does no I/O.
///
/// Everything that a successor needs is in the ``CallReport`` that precedes the effects that it describes. Whenever the
/// process dies, another one can continue (``CallInput/takeUp(_:)``), and the far end is left with neither a ghost nor
/// a second call.
public struct SIPCall: Sendable {
  /// The state of an attempt in this process.
  struct Attempt: Sendable, Equatable {
    var ticket: CallTicket.Attempt
    var invite: SIPMessage
    var offers: OfferAnswer?
    /// In this process; 0 if there is none.
    var transaction = 0
    /// It has no final answer yet.
    var isOpen = true
    /// The answered dialogs, by the far end's tags: the first one is the call, and the others are ended.
    var answered: [Dialog] = []
    /// With the answer that came before the call was answered: for early media.
    var early: OfferAnswer?
    /// The tags of all far ends that have responded; a fork has several.
    var tags: Set<String> = []
    /// The acknowledged reliable responses (RFC 3262).
    var reliable: Set<String> = []
    var isAbandoned = false
    /// The transaction of its CANCEL.
    var cancelling: Int?
    var replaces: Bool { ticket.replaces }
    mutating func note(tag: String) { if tags.count < 8 { tags.insert(tag) } }
    /// It must be cancelled and may be, but the CANCEL could not be sent, or not by the process that sent the INVITE.
    var isUncancelled: Bool {
      isOpen && isAbandoned && cancelling == nil && (transaction == 0 || ticket.hasProvisional)
    }
    /// It is from the previous process, and continues over this path.
    func isOld(and target: Target) -> Bool { isWanted && transaction == 0 && ticket.end.target.isAlike(target) }
    /// It may become the call.
    var isWanted: Bool { isOpen && !isAbandoned }
  }

  /// What a client transaction is for.
  enum Pending: Sendable, Equatable {
    case invite
    case cancel
    case reliable
    case offer(Offer)
    case question
    case refresh
    case bye(remoteTag: String)
    /// A re-INVITE that was accepted: its answer may be repeated (RFC 3261, 13.2.2.4), as may that of a re-INVITE that
    /// was given up.
    case settled(sequence: UInt32)
  }

  /// A pending re-INVITE.
  struct Offer: Sendable, Equatable {
    /// The state that the user wants.
    var held: Bool
    var sequence: UInt32
    /// The far end must get it, to learn this end's address, or that this end is there.
    var isNeeded: Bool
  }

  enum Phase: Sendable, Equatable {
    case idle
    case calling
    /// There is a dialog, and it is the call.
    case up
    /// It is over for the user.
    case over
  }

  public static let mostRedirects = 5
  /// In bytes; it is saved with every attempt.
  static let longestRedirect = 512
  static let mostRefusedGoodbyes = 4
  static let mostRefusedOffers = 3
  /// At a time; each is saved.
  static let mostAttempts = 3
  static let mostTargets = 8
  /// Dialogs that answer one INVITE, and are ended because the call is another one.
  static let mostForks = 32

  var order: CallOrder
  var random: any RandomNumberGenerator & Sendable
  var phase = Phase.idle
  var state = EngineReport.State.connecting
  var callID = ""
  var localTag = ""
  var sequence: UInt32 = 0
  var hasRung = false
  var isTakeover = false
  /// The previous process had a dialog.
  var hadDialog = false

  // Calling
  var attempts: [Attempt] = []
  /// Addresses that have not been tried.
  var targets: [Target] = []
  /// Redirects that have not been followed.
  var redirects: [SIPURI] = []
  var redirectCount = 0
  var called: Set<SIPURI> = []
  /// A path to the next of ``targets`` is being opened.
  var isOpening = false
  var refusal: CallOutcome?
  var request: SIPURI
  var leastSession: UInt32?

  // In the call
  var dialog: Dialog?
  var offers: OfferAnswer?
  var plan: MediaPlan?
  var isHeld = false
  var wantsHeld = false
  var needsOffer = false
  var hasPath = true
  /// The path of the dialog's `end` is open in this process.
  var isOpen = false
  var session = SessionTimer()
  /// The far end's re-INVITE that waits for its ACK, which contains the answer.
  var lateOffer: UInt32?
  var watch = FarEndWatch()
  var repairPause = CallWait.firstRepair
  var refusedSince: Int64?
  /// An offer could not be sent, and is tried once more.
  var wasUnsendable = false

  // The end
  var goodbyes: [Dialog] = []
  var farewell: CallTicket.Farewell?
  var refusedGoodbyes = 0
  var refusedOffers = 0

  var pending: [Int: Pending] = [:]
  var lastTransaction = 0
  var inboundRollovers: UInt32 = 0
  var isDone = false
  var timers: [CallTimer: Int64] = [:]
  var effects: [CallEffect] = []
  var reported: CallReport?
  var sounded: Sound?
  var now: Int64 = 0

  public init(_ order: CallOrder, random: any RandomNumberGenerator & Sendable = SystemRandomNumberGenerator()) {
    self.order = order
    self.random = random
    request = order.uri.forRequest
    wantsHeld = order.held
  }

  /// - Parameter time: milliseconds of one monotonic clock.
  public mutating func handle(_ input: CallInput, at time: Int64) -> [CallEffect] {
    // Nobody is left to answer anything.
    guard !isDone else { return [] }
    now = time
    effects = []
    perform(input)
    runTimers()
    let news = report
    if news != reported {
      reported = news
      effects.insert(.report(news), at: 0)
    }
    if let sound, sound != sounded {
      sounded = sound
      effects.append(.sound(sound))
    }
    return effects
  }

  /// When ``CallInput/tick`` is needed at the latest.
  public var nextDeadline: Int64? {
    isDone ? nil : [timers.values.min(), watchDeadline].compactMap { $0 }.min()
  }

  private mutating func perform(_ input: CallInput) {
    switch input {
    case .place: place()
    case .takeUp(let ticket): takeUp(ticket)
    case .leave(let reason): leave(reason)
    case .setMuted(let muted): order.muted = muted
    case .setHeld(let held): setHeld(held)
    case .resolved(let targets): resolved(targets)
    case .notResolved(let why): notResolved(why)
    case .opened(let end): opened(end)
    case .notOpened(let targets, let why): notOpened(targets, why)
    case .response(let response, let transaction, let peer): responded(response, to: transaction, from: peer)
    case .failed(let transaction, let failure): failed(failure, of: transaction)
    case .strayResponse(let response, let peer): strayed(response, from: peer)
    case .request(let request, let transaction, let peer): received(request, transaction, from: peer)
    case .acknowledged(let request, let peer): acknowledged(request, from: peer)
    case .heard(let at, let packets): heard(at: at, packets: packets)
    case .stream(let stream): order.stream = stream
    case .rollovers(let count): inboundRollovers = count
    case .path(let change): pathChanged(change)
    case .tick: break
    }
  }

  /// There is a dialog, and it is the call.
  public var isUp: Bool { phase == .up }

  /// When the far end was last heard, by sound or by a response; nil if there is no call with it.
  public var farEndHeardAt: Int64? { isUp ? watch.heardAt : nil }

  /// The far end's current numeric address.
  public var farEndHost: String? { dialog?.end.target.host }

  /// The report for the daemon.
  public var report: CallReport {
    CallReport(
      report: EngineReport(state, muted: order.muted, onHold: isHeld || (isTakeover && phase == .calling && wantsHeld)),
      ticket: ticket)
  }

  private var ticket: CallTicket? {
    guard phase != .idle, phase != .over || farewell != nil else { return nil }
    var ticket = CallTicket(callID: callID, localTag: localTag, sequence: sequence, stream: order.stream)
    ticket.attempts = attempts.filter(\.isOpen).map(\.ticket)
    if phase == .calling, request != order.uri.forRequest { ticket.redirected = request }
    (ticket.hasRung, ticket.dialog, ticket.offers, ticket.plan) = (hasRung, dialog, offers, plan)
    (ticket.isHeld, ticket.session, ticket.farewell) = (isHeld, session, farewell)
    ticket.inboundRollovers = inboundRollovers
    ticket.note(goodbyes)
    if dialog != nil { ticket.forgetKeys() }
    return ticket
  }

  private var sound: Sound? {
    let isHushed = isHeld || wantsHeld
    if phase == .up, isOpen, let dialog {
      return Sound(
        plan: plan?.signalled(by: dialog.end), end: dialog.end, isMicrophoneOff: order.muted || isHushed,
        isSpeakerOff: isHushed)
    }
    if phase == .calling, let attempt = attempts.last(where: { $0.isWanted && $0.early != nil }) {
      return Sound(
        plan: attempt.early?.plan?.signalled(by: attempt.ticket.end), end: attempt.ticket.end,
        isMicrophoneOff: order.muted || wantsHeld, isSpeakerOff: wantsHeld)
    }
    guard let sounded else { return nil }
    return Sound(plan: nil, end: sounded.end, isMicrophoneOff: true, isSpeakerOff: true)
  }

  // MARK: - Tools

  mutating func emit(_ effect: CallEffect) { effects.append(effect) }

  mutating func arm(_ timer: CallTimer, after wait: Int64) { timers[timer] = now + wait }

  mutating func disarm(_ timer: CallTimer) { timers[timer] = nil }

  mutating func send(_ message: SIPMessage, by end: LocalEnd, as purpose: Pending) -> Int {
    lastTransaction += 1
    pending[lastTransaction] = purpose
    emit(.send(message, end, transaction: lastTransaction))
    return lastTransaction
  }

  mutating func nextSequence() -> UInt32 {
    sequence = min(sequence, Self.highestSequence - 1) + 1
    return sequence
  }

  mutating func token(_ length: Int = 16) -> String {
    let digits = Array("0123456789abcdefghijklmnopqrstuvwxyz")
    return String((0..<length).map { _ in digits[Int.random(in: 0..<digits.count, using: &random)] })
  }

  /// The cookie marks a unique branch (RFC 3261, 8.1.1.7).
  mutating func branch() -> String { "z9hG4bK" + token(20) }

  private mutating func runTimers() {
    if phase == .up { watchFarEnd() }
    while let (timer, due) = timers.min(by: { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }), due <= now {
      timers[timer] = nil
      passed(timer)
    }
  }

  private mutating func passed(_ timer: CallTimer) {
    switch timer {
    case .fallback: if phase == .calling { openNext() }
    case .offerAgain: adjustOffer()
    case .refreshSession: refreshSession()
    case .sessionExpires: refreshSession()
    case .repair: repair()
    case .farewell: farewellIsOver()
    case .exit:
      isDone = true
      emit(.exit)
    case .forks: finishFarewell()
    case .offerTimeout: offerTimedOut()
    case .reopen: openAgain()
    case .ringAgain: ringsNoMore()
    case .lateAnswer: noLateAnswer()
    }
  }
}
