// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import EngineChannel
import Logging
import Systemd

/// Gives every live session a notification, and withdraws all others.
///
/// No call waits for it. What the server does, or fails to do, affects only the notification.
@EventLoopActor
final class NotificationController: CallsServiceObserver {
  /// What clients are told about.
  enum Change {
    case surface(NotificationSurface)
    case channels
  }

  var surface: NotificationSurface { known?.surface ?? .none }
  var channels: NotificationChannels { channelStore.channels }

  let phrases: Phrases
  private let channelStore: ChannelStore
  /// Shows everything about calls besides their own notifications.
  private let notices: NoticePresenter
  private let returner: CallReturner
  private let offers: CallOffers
  private let onChange: @EventLoopActor (Change) -> Void
  private let logger: Logger
  /// How long a notification stays away after it is dismissed. Applies to later dismissals.
  var dismissalPause: Duration {
    didSet { for entry in entries.values { entry.posting.dismissalPause = dismissalPause } }
  }
  /// Whether other applications' notifications are to be held back while a call is joined, where the server does so.
  var asksForQuiet = false { didSet { settleQuiet() } }
  private let quiet: QuietRequest
  /// It is to be asked, so the calls' own have to be urgent.
  private var isQuiet = false
  private var server: NotificationServer?
  private var known: KnownServer? {
    didSet { if surface != oldValue?.surface ?? NotificationSurface.none { onChange(.surface(surface)) } }
  }
  /// Until no notification of an ended call is shown any more.
  private var rest: TimedWait?
  private var entries: [SessionID: Entry] = [:]
  private lazy var presses = PressQueue { [weak self] in self?.act($0) }
  private let lines: LimitedLog
  private var lastPress: (id: UInt32, key: String, token: String?, time: UInt64)?

  /// A session and its notification.
  fileprivate struct Entry {
    let session: Session
    let posting: Posting
    /// Asks about the transfer that the far end asks for.
    let request: Posting
    /// Of presses that end the call. They do not wait, not even for each other.
    var endings = TokenBucket(Limit.endings, every: Wait.betweenWishes)
  }

  init(
    phrases: Phrases, channels: ChannelStore, notices: NoticePresenter, returner: CallReturner,
    dismissalPause: Duration = Wait.dismissedNotification, logger: Logger,
    onChange: @escaping @EventLoopActor (Change) -> Void
  ) {
    self.phrases = phrases
    channelStore = channels
    (self.notices, self.returner) = (notices, returner)
    offers = CallOffers(phrases, logger: logger)
    quiet = QuietRequest(phrases.inCall, LimitedLog(logger, about: "what the notification server holds back"))
    self.onChange = onChange
    self.dismissalPause = dismissalPause
    self.logger = logger
    lines = LimitedLog(logger, about: "what the notification server sends")
    channelStore.observers.append { [weak self] in self?.channelsChanged() }
  }

  func open(
    on bus: Bus, patience: Duration = Wait.notificationServer, pauses: ServerSearch.Pauses = .init()
  ) {
    let server = NotificationServer(bus, patience: patience, pauses: pauses, logger: logger) { [weak self] in
      self?.handle($0)
    }
    self.server = server
    do throws(BusError) { try server.start() } catch { logger.error("cannot show notifications: \(error)") }
  }

  // MARK: The sessions

  func sessionAppeared(_ session: Session) {
    let posting = Posting(left: session.record.notification, dismissalPause: dismissalPause) { [weak session] in
      session?.logLimited(.warning, $0)
    } remember: { [weak session] in
      session?.note(notification: $0)
    }
    let request = Posting(left: session.record.requestNotification) { [weak session] in
      session?.logLimited(.warning, $0)
    } remember: { [weak session] in
      session?.note(requestNotification: $0)
    }
    for posting in [posting, request] { posting.onChange = { [weak self] in self?.postingChanged() } }
    entries[session.id] = Entry(session: session, posting: posting, request: request)
    // Post the wanted notification first: it replaces, in place, the one that an earlier daemon left.
    refresh(session)
    if let known {
      for posting in [posting, request] { posting.serverAppeared(known.server, known.identity, known.traits) }
    } else if session.isLive {
      server?.need()
    }
  }

  func sessionChanged(_ session: Session, events: [RecordedEvent], properties: [String]) { refresh(session) }

  func sessionWillDisappear(_ session: Session) {
    entries.removeValue(forKey: session.id)?.postings.forEach { $0.withdraw() }
    settleQuiet()
  }

  /// Returns when no notification of an ended call is shown any more; after `limit` if the server does not answer.
  func takeAway(within limit: Duration) async {
    await withCheckedContinuation { continuation in
      rest = TimedWait(atMost: limit) { continuation.resume() }
      restIfOver()
    }
  }

  private func postingChanged() {
    let lives = entries.values.flatMap(\.postings).map { $0.life }
    if lives.contains(where: { $0.place == .shown }) {
      known?.takesNone = false
    } else if lives.contains(where: \.isRefused) {
      known?.takesNone = true
    }
    restIfOver()
  }

  private func restIfOver() {
    guard let rest, entries.values.allSatisfy({ $0.isOver || $0.session.isLive }) else { return }
    rest.end()
  }

  private func refresh(_ session: Session) {
    settleQuiet()
    entries[session.id]?.posting.handle(.want(content(of: session)))
    entries[session.id]?.request.handle(.want(request(of: session)))
    notices.tellEnd(of: session)
    restIfOver()
  }

  private func settleQuiet() {
    let isCalling = entries.values.contains {
      $0.session.isLive && $0.session.life.hasJoined && $0.session.spec.uri != nil
    }
    let isWanted = asksForQuiet && isCalling && known?.traits.holdsBackOnRequest == true
    guard isWanted != isQuiet else { return }
    isQuiet = isWanted
    // While others are held back, the calls' own are urgent.
    if !isWanted { quiet.want(false) }
    for entry in entries.values { refresh(entry.session) }
    if isWanted { quiet.want(true) }
  }

  private func content(of session: Session) -> NotificationContent? {
    guard let traits = known?.traits, session.isLive else { return nil }
    let spec = session.spec
    let custom = spec.notification ?? CustomNotification()
    let notification = NotificationComposer(
      SessionView(session), custom: custom, channel: channels.inForce(custom.channel ?? spec.channel))
    return heard(notification.content(for: traits, phrases, endedBy: "\(ToolName.control) hangup \(session.id)"))
  }

  /// What the user is asked, if the far end asks for a transfer.
  private func request(of session: Session) -> NotificationContent? {
    guard let traits = known?.traits, session.isAskedForTransfer else { return nil }
    let call = Notice.Call(session.id.description, session.spec, channels)
    let command = "\(ToolName.control) transfer"
    let matter = Notice.Matter.transfer(
      to: session.record.transferRequest, request: session.record.transferMark ?? "",
      accept: "\(command) accept \(session.id)",
      decline: "\(command) decline \(session.id)")
    return heard(Notice(call, matter).content(for: traits, phrases))
  }

  /// Seen in spite of what is held back.
  private func heard(_ content: NotificationContent) -> NotificationContent {
    var content = content
    if isQuiet { content.urgency = Importance.max.urgency }
    return content
  }

  /// Where a session's notification is, the name of its server, and whether that holds it back.
  func place(of id: SessionID) -> (place: NotificationPlace, server: String, isHeldBack: Bool?) {
    let place = entries[id]?.posting.life.place ?? .none
    return (place, place == .none ? "" : known?.traits.name ?? "", isHeldBack(place))
  }

  private func isHeldBack(_ place: NotificationPlace) -> Bool? {
    guard place == .shown, let holdsBack = known?.holdsBack else { return nil }
    return holdsBack && !isQuiet
  }

  /// Calls that use this channel change at once.
  func create(_ channel: NotificationChannel) async throws(BusError) {
    try await channelStore.create(channel)
  }

  /// Calls that use this channel switch to the default channel at once.
  func deleteChannel(_ id: String) async throws(BusError) { try await channelStore.delete(id) }

  /// Asks the user whether a call is to be placed.
  func ask(
    _ offer: CallOffer, launch: @escaping CallOffers.Launch, then: @escaping CallOffers.Finish
  ) throws(CallRefusal) {
    if known == nil { server?.need() }
    try offers.ask(offer, launch: launch, then: then)
  }

  /// Nobody would answer them any more.
  func withdrawOffers() { offers.withdrawAll() }

  private func channelsChanged() {
    for entry in entries.values { refresh(entry.session) }
    onChange(.channels)
  }

  // MARK: The server

  private func handle(_ event: NotificationServer.Event) {
    switch event {
    case .appeared(let identity, let traits):
      guard let server else { return }
      known = KnownServer(server: server, identity: identity, traits: traits)
      quiet.serverAppeared(server)
      for entry in entries.values {
        refresh(entry.session)
        for posting in entry.postings { posting.serverAppeared(server, identity, traits) }
      }
      notices.serverAppeared(server, identity, traits)
      offers.serverAppeared(server, traits)
    case .vanished:
      (known, isQuiet) = (nil, false)
      quiet.serverVanished()
      for posting in entries.values.flatMap(\.postings) { posting.serverVanished() }
      notices.serverVanished()
      offers.serverVanished()
    case .quiet(let holdsBack): known?.holdsBack = holdsBack
    case .answers(let answers):
      known?.answers = answers
      offers.serverAnswers = answers
    case .acted(let id, let key, let token): acted(id, key, token)
    case .closed(let id, let byUser):
      for posting in entries.values.flatMap(\.postings) where posting.life.id == id {
        posting.handle(.closed(id, byUser: byUser))
      }
      notices.closed(id)
      offers.closed(id)
    }
  }

  private func acted(_ id: UInt32, _ text: String, _ token: String?) {
    let (key, now) = (ActionKey(text), SystemClock.monotonic.now)
    let isSame = lastPress.map { $0.id == id && $0.key == text && (token == nil || token == $0.token) } ?? false
    if isSame, let last = lastPress, now < last.time + Wait.samePress.microseconds { return }
    lastPress = (id, text, token, now)
    if let key, notices.acted(id, key) || offers.acted(id, key) { return }
    guard let key, let entry = entry(of: key, id) else {
      return lines.log(.debug, "notification \(id) does not belong to a call, and got “\(DisplayText(text))”")
    }
    entry.posting(of: key).used(id)
    let session = entry.session
    var press = PressQueue.Press(session: session.id, key: key, token: token)
    guard case .hangUp = key else { return presses.add(press) }
    guard entries[session.id]?.endings.take() == true else { return }
    press.leftOut = entries[session.id]?.endings.takeMissed() ?? 0
    act(press)
  }

  private func act(_ press: PressQueue.Press) {
    guard let session = entries[press.session]?.session else { return }
    let others = press.leftOut == 0 ? "" : ", and \(press.leftOut) times before without effect"
    session.logLimited(.info, "“\(DisplayText(press.key.text))” was pressed\(others)")
    switch press.key {
    case .tap, .return: bringBack(to: session, press.token)
    case .hangUp: session.handle(.hangUp)
    case .mute: setMuted(true, session)
    case .unmute: setMuted(false, session)
    case .custom(let key, _): session.handle(.notificationAction(key))
    case .transfer(_, let request): answerTransfer(true, request, session)
    case .declineTransfer(_, let request): answerTransfer(false, request, session)
    case .callAgain, .call, .doNotCall: break  // The notice it was on is gone.
    }
  }

  private func bringBack(to session: Session, _ text: String?) {
    let token = text.flatMap { ActivationToken($0) }
    EventLoopActor.task { [notices, returner] in
      do throws(CallRefusal) {
        _ = try await returner.bringBack(to: session, token)
      } catch .sessionEnded {
        // Its notification is being withdrawn.
      } catch { notices.tellCannotReturn(to: session, error.message) }
    }
  }

  private func answerTransfer(_ accept: Bool, _ request: String, _ session: Session) {
    guard request == session.record.transferMark else {
      return session.logLimited(.info, "that transfer is not asked for any more")
    }
    let address = session.record.transferRequest
    EventLoopActor.task { [notices] in
      do throws(CallRefusal) { _ = try await session.answerTransfer(accept, to: address) } catch {
        session.logLimited(.warning, "cannot \(accept ? "accept" : "decline") the transfer: \(error.message)")
        // Where the call has ended, or somebody else has answered, there is nothing left to tell.
        if session.isAskedForTransfer { notices.tellCannotTransfer(session, error.message) }
      }
    }
  }

  /// Finds an entry by the notification's id, and by the session if the key names one.
  private func entry(of key: ActionKey, _ id: UInt32) -> Entry? {
    guard let name = key.session else { return entries.values.first { $0.posting.life.owns(id, isNamed: false) } }
    guard let entry = SessionID(name).flatMap({ entries[$0] }), entry.posting(of: key).life.owns(id, isNamed: true)
    else { return nil }
    // There are as many of these as the server makes up.
    if case .custom = key, !entry.posting.life.offers(key) { return nil }
    return entry
  }

  private func setMuted(_ muted: Bool, _ session: Session) {
    do throws(CallRefusal) { try session.wish(.mute(muted), needs: .mute) } catch {
      session.logLimited(.warning, "\(error)")
    }
  }
}

extension NotificationController.Entry {
  var postings: [Posting] { [posting, request] }
  @EventLoopActor var isOver: Bool { postings.allSatisfy { $0.life.isOver } }

  /// The one that has this button.
  func posting(of key: ActionKey) -> Posting {
    switch key {
    case .transfer, .declineTransfer: request
    default: posting
    }
  }
}

extension SessionView {
  @EventLoopActor
  init(_ session: Session) {
    let (life, reported) = (session.life, session.life.reported)
    self.init(
      id: session.id.description, title: session.spec.title,
      address: session.spec.uri.map(CallURI.forPeople) ?? "", state: life.state, hasRung: reported.hasRung,
      joinedAt: session.record.joinedAt > 0 ? TextDomain.timeOfDay(session.record.joinedAt) : nil,
      muted: reported.muted, onHold: reported.onHold, isRecorded: reported.recording != nil,
      canMute: session.spec.engine.can(.mute), canReturn: session.spec.canBeReturnedTo, resistsEnd: life.resistsEnd)
  }
}
