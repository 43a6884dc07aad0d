// SPDX-License-Identifier: Apache-2.0
internal import CallLife
internal import CallModel

/// One call by SIP, as a value: what happens goes in, and what is to be done comes out, in order. It does no I/O.
///
/// Everything that a successor needs is in the ``CallReport`` that comes before the effects it is about: whenever the process
/// dies, another one can go on (``CallInput/takeUp(_:)``), and the far end is left neither with a ghost nor with a second call.
public struct SIPCall: Sendable {
  /// What an attempt is to this process.
  struct Attempt: Sendable, Equatable {
    var ticket: CallTicket.Attempt
    var invite: SIPMessage
    var offers: OfferAnswer?
    /// In this process; 0 is none.
    var transaction = 0
    /// It has no final answer yet.
    var isOpen = true
    /// The answered dialogs, by the far end's tags: the first one is the call, the others are told so.
    var answered: [Dialog] = []
    /// With the answer that came before the call was: what is heard by then.
    var early: OfferAnswer?
    /// Of everybody who has said something to it: a fork has several.
    var tags: Set<String> = []
    /// The reliable responses that were acknowledged (RFC 3262).
    var reliable: Set<String> = []
    var isAbandoned = false
    /// The transaction of its CANCEL.
    var cancelling: Int?
    var replaces: Bool { ticket.replaces }
    mutating func note(tag: String) { if tags.count < 8 { tags.insert(tag) } }
    /// It is to be cancelled and may be, and that could not be said, or not by the process that sent it.
    var isUncancelled: Bool {
      isOpen && isAbandoned && cancelling == nil && (transaction == 0 || ticket.hasProvisional)
    }
    /// It is of the process before, and goes on by this way.
    func isOld(and target: Target) -> Bool { isWanted && transaction == 0 && ticket.end.target.isAlike(target) }
    /// It may become the call.
    var isWanted: Bool { isOpen && !isAbandoned }
  }

  /// What a client transaction is about.
  enum Pending: Sendable, Equatable {
    case invite
    case cancel
    case reliable
    case offer(Offer)
    case question
    case refresh
    case bye(remoteTag: String)
    /// A re-INVITE that was accepted: its answer may come again (RFC 3261, 13.2.2.4), as may that of one which was given up.
    case settled(sequence: UInt32)
  }

  /// A re-INVITE that is under way.
  struct Offer: Sendable, Equatable {
    /// What the user wants with it.
    var held: Bool
    var sequence: UInt32
    /// The far end must hear of it: where this end is now, or that it is at all.
    var isNeeded: Bool
  }

  enum Phase: Sendable, Equatable {
    case idle
    case calling
    /// There is a dialog, and it is the call.
    case up
    /// For the user it is over.
    case over
  }

  public static let mostRedirects = 5
  /// In bytes; it is on record with every attempt.
  static let longestRedirect = 512
  static let mostRefusedGoodbyes = 4
  static let mostRefusedOffers = 3
  /// At a time: each is on record.
  static let mostAttempts = 3
  static let mostTargets = 8
  /// That answer one INVITE, and are told that the call is another's.
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
  /// The process before had a dialog.
  var hadDialog = false

  // Calling
  var attempts: [Attempt] = []
  /// Addresses that have not been tried.
  var targets: [Target] = []
  /// Where redirects lead that have not been followed.
  var redirects: [SIPURI] = []
  var redirectCount = 0
  var called: Set<SIPURI> = []
  /// A way to the next of ``targets`` is being opened.
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
  /// The way of the dialog's `end` is open in this process.
  var isOpen = false
  var session = SessionTimer()
  /// A re-INVITE of the far end that waits for its ACK, which has the answer.
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
    // Whatever still comes, nobody is left to answer it.
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

  /// When ``CallInput/tick`` is wanted, at the latest.
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

  /// When it was heard last, by sound or by what it answers; nil where there is no call with it.
  public var farEndHeardAt: Int64? { isUp ? watch.heardAt : nil }

  /// Where the far end is reached just now: a numeric address.
  public var farEndHost: String? { dialog?.end.target.host }

  /// What the daemon is to know now.
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

  /// The cookie says that the branch is unique (RFC 3261, 8.1.1.7).
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
