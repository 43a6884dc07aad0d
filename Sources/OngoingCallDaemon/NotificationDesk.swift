// SPDX-License-Identifier: Apache-2.0
import CallNotification
import CallSession
import EngineChannel
import Logging
import OngoingCallNames
import Systemd

/// Sees to it that every live session has its notification, and no other has one.
///
/// No call waits for it: what the server does, or does not do, is the notification's affair alone.
@EventLoopActor
final class NotificationDesk: CallsServiceObserver {
  /// Where a user sees calls (the property `NotificationSurface`).
  enum Surface: String {
    case persistent
    case plain
    case none
  }

  private(set) var surface = Surface.none
  var onSurfaceChange: @EventLoopActor () -> Void = {}

  private let phrases: Phrases
  private let logger: Logger
  private let dismissalPause: Duration
  private var server: NotificationServer?
  private var traits: ServerTraits?
  private var identity: String?
  private var answers = true
  private var atRest: (@EventLoopActor () -> Void)?
  private var restLimit: EventSource?
  private var entries: [SessionID: Entry] = [:]

  /// A session, and its notification.
  private struct Entry {
    let session: Session
    var life: NotificationLife
    var timers: [NotificationLife.Deadline: EventSource] = [:]
    /// The session is forgotten; what is left of its notification is still to be taken away.
    var isForgotten = false
  }

  init(phrases: Phrases, dismissalPause: Duration = Wait.dismissedNotification, logger: Logger) {
    self.phrases = phrases
    self.dismissalPause = dismissalPause
    self.logger = logger
  }

  func open(
    on bus: Bus, patience: Duration = Wait.notificationServer, pauses: ServerSearch.Pauses = .init()
  ) {
    let server = NotificationServer(bus, patience: patience, pauses: pauses, logger: logger) { [weak self] in
      self?.handle($0)
    }
    self.server = server
    do throws(BusError) { try server.start() } catch { logger.error("no notifications: \(error)") }
  }

  // MARK: The sessions

  func sessionAppeared(_ session: Session) {
    entries[session.id] = Entry(session: session, life: NotificationLife(left: session.record.notification))
    // What is wanted comes first: what an earlier daemon has left is replaced by it, in place.
    refresh(session)
    if let identity { handle(.serverAppeared(identity), of: session.id) } else if session.isLive { server?.need() }
  }

  func sessionChanged(_ session: Session, events: [RecordedEvent], properties: [String]) { refresh(session) }

  func sessionWillDisappear(_ session: Session) {
    handle(.want(nil), of: session.id)
    entries[session.id]?.isForgotten = true
    forgetIfOver(session.id)
  }

  /// Returns when nothing is shown any more of calls that have ended; after `limit`, where the server does not answer.
  func takeAway(within limit: Duration) async {
    await withCheckedContinuation { continuation in
      atRest = { continuation.resume() }
      do { restLimit = try EventSource.timer(after: limit) { [weak self] in self?.rest() } } catch { rest() }
      restIfOver()
    }
  }

  private func restIfOver() {
    if entries.values.allSatisfy({ $0.life.isOver || $0.session.isLive }) { rest() }
  }

  private func rest() {
    let action = atRest
    (atRest, restLimit) = (nil, nil)
    action?()
  }

  private func forgetIfOver(_ id: SessionID) {
    if let entry = entries[id], entry.isForgotten, entry.life.isOver { entries[id] = nil }
  }

  private func refresh(_ session: Session) { handle(.want(content(of: session)), of: session.id) }

  private func content(of session: Session) -> NotificationContent? {
    guard let traits, session.isLive else { return nil }
    let spec = session.spec
    let notification = OngoingNotification(
      SessionView(session), custom: spec.notification ?? .init(), channel: spec.channel ?? .default)
    return notification.content(for: traits, phrases, endedBy: "\(ToolName.control) hangup \(session.id)")
  }

  // MARK: The server

  private func handle(_ event: NotificationServer.Event) {
    switch event {
    case .appeared(let identity, let traits):
      (self.identity, self.traits, answers) = (identity, traits, true)
      settleSurface()
      for (id, entry) in entries {
        refresh(entry.session)
        handle(.serverAppeared(identity), of: id)
      }
    case .vanished:
      (identity, traits) = (nil, nil)
      settleSurface()
      for id in entries.keys { handle(.serverVanished, of: id) }
    case .answers(let answers):
      self.answers = answers
      settleSurface()
    case .acted(let id, let key, let token): acted(id, key, token)
    case .closed(let id): for session in entries.keys { handle(.closed(id), of: session) }
    }
  }

  private func settleSurface() {
    let surface: Surface =
      if let traits, answers { traits.isPersistent ? .persistent : .plain } else { .none }
    guard surface != self.surface else { return }
    self.surface = surface
    onSurfaceChange()
  }

  private func acted(_ id: UInt32, _ text: String, _ token: String?) {
    guard let key = ActionKey(text), let entry = entry(of: key, id) else {
      return logger.debug("notification \(id), which is not of a call, was told “\(DisplayText(text))”")
    }
    let session = entry.session
    handle(.acted(id), of: session.id)
    logger.info(
      "\(session.id): “\(DisplayText(text))” was pressed", metadata: [JournalField.session: "\(session.id)"])
    switch key {
    case .tap, .return: session.handle(.returnRequested(activationToken: token))
    case .hangUp: session.handle(.hangUp)
    case .mute: setMuted(true, session)
    case .unmute: setMuted(false, session)
    case .custom(let key, _): session.handle(.notificationAction(key))
    }
  }

  /// By the id, and where the key names a session, by that too.
  private func entry(of key: ActionKey, _ id: UInt32) -> Entry? {
    guard let name = key.session else { return entries.values.first { $0.life.owns(id, isNamed: false) } }
    guard let entry = SessionID(name).flatMap({ entries[$0] }), entry.life.owns(id, isNamed: true) else { return nil }
    return entry
  }

  private func setMuted(_ muted: Bool, _ session: Session) {
    do throws(CallsError) { try session.request(.setMuted(muted), needs: .mute) } catch {
      logger.warning("\(session.id): \(error)")
    }
  }

  // MARK: The notification's life

  private func handle(_ input: NotificationLife.Input, of id: SessionID) {
    guard let effects = entries[id]?.life.handle(input) else { return }
    for effect in effects { carryOut(effect, of: id) }
    forgetIfOver(id)
    if atRest != nil { restIfOver() }
  }

  private func carryOut(_ effect: NotificationLife.Effect, of id: SessionID) {
    switch effect {
    case .post(let content, let replaced, let isProvisional):
      server?.post(content, replacing: replaced, isProvisional: isProvisional) { [weak self] result in
        self?.answered(result, of: id)
      }
    case .close(let notification): server?.close(notification)
    case .remember:
      if let entry = entries[id], !entry.isForgotten { entry.session.note(notification: entry.life.posted) }
    case .arm(let deadline): arm(deadline, of: id)
    case .disarm(let deadline): entries[id]?.timers[deadline] = nil
    }
  }

  private func answered(_ result: Result<UInt32, BusError>, of id: SessionID) {
    switch result {
    case .success(let notification): handle(.posted(notification), of: id)
    case .failure(let error):
      logger.warning("\(id): the notification is not shown: \(error)")
      handle(.refused, of: id)
    }
  }

  private func arm(_ deadline: NotificationLife.Deadline, of id: SessionID) {
    let wait =
      switch deadline {
      case .dismissal: dismissalPause
      case .retry: Wait.notificationRetry(entries[id]?.life.failures ?? 0)
      case .use: Wait.usedNotification
      }
    do {
      entries[id]?.timers[deadline] = try EventSource.timer(after: wait) { [weak self] in
        self?.handle(.passed(deadline), of: id)
      }
    } catch { logger.error("\(error)") }
  }
}

extension SessionView {
  @EventLoopActor
  init(_ session: Session) {
    let life = session.life
    self.init(
      id: session.id.description, title: session.spec.title, state: life.state, hasRung: life.hasRung,
      joinedAt: session.record.joinedAt > 0 ? TextDomain.timeOfDay(session.record.joinedAt) : nil,
      muted: life.muted, onHold: life.onHold,
      canMute: session.spec.engine.can(.mute), resistsEnd: life.resistsEnd)
  }
}
