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

  var onChannelChange: @EventLoopActor () -> Void = {}
  var channels: NotificationChannels { channelStore.channels }

  private let phrases: Phrases
  private let channelStore: ChannelStore
  private let logger: Logger
  private let dismissalPause: Duration
  private var server: NotificationServer?
  private var traits: ServerTraits?
  private var owner: String?
  private var entries: [SessionID: Entry] = [:]

  /// A session, and its notification.
  private struct Entry {
    let session: Session
    var life: NotificationLife
    var timers: [NotificationLife.Deadline: EventSource] = [:]
  }

  init(
    phrases: Phrases, channels: ChannelStore, dismissalPause: Duration = Wait.dismissedNotification, logger: Logger
  ) {
    self.phrases = phrases
    channelStore = channels
    self.dismissalPause = dismissalPause
    self.logger = logger
  }

  func open(on bus: Bus) {
    let server = NotificationServer(bus, logger: logger) { [weak self] in self?.handle($0) }
    self.server = server
    do throws(BusError) { try server.start() } catch { logger.error("no notifications: \(error)") }
  }

  // MARK: The sessions

  func sessionAppeared(_ session: Session) {
    let left = session.record.notification
    entries[session.id] = Entry(session: session, life: NotificationLife(left: left))
    if let owner { handle(.serverAppeared(owner), of: session.id) }
    refresh(session)
  }

  func sessionChanged(_ session: Session, events: [RecordedEvent], properties: [String]) { refresh(session) }

  func sessionWillDisappear(_ session: Session) {
    handle(.want(nil), of: session.id)
    entries[session.id] = nil
  }

  private func refresh(_ session: Session) { handle(.want(content(of: session)), of: session.id) }

  private func content(of session: Session) -> NotificationContent? {
    guard let traits, session.isLive else { return nil }
    let spec = session.spec
    let custom = spec.notification ?? CustomNotification()
    let notification = OngoingNotification(
      SessionView(session), custom: custom, channel: channels[custom.channel ?? spec.channel] ?? .default)
    return notification.content(for: traits, phrases, endedBy: "\(ToolName.control) hangup \(session.id)")
  }

  /// Where a session's notification is, and the name of the server that has it.
  func place(of id: SessionID) -> (place: NotificationLife.Place, server: String) {
    let place = entries[id]?.life.place ?? .none
    return (place, place == .none ? "" : traits?.name ?? "")
  }

  /// Calls that are of this channel look like it at once.
  func create(_ channel: NotificationChannel) throws(BusError) {
    let before = channels
    try channelStore.create(channel)
    guard channels != before else { return }
    for entry in entries.values { refresh(entry.session) }
    onChannelChange()
  }

  // MARK: The server

  private func handle(_ event: NotificationServer.Event) {
    switch event {
    case .appeared(let owner, let traits):
      (self.owner, self.traits) = (owner, traits)
      settle(traits.isPersistent ? .persistent : .plain)
      for (id, entry) in entries {
        refresh(entry.session)
        handle(.serverAppeared(owner), of: id)
      }
    case .vanished:
      (owner, traits) = (nil, nil)
      settle(.none)
      for id in entries.keys { handle(.serverVanished, of: id) }
    case .acted(let id, let key, let token): acted(id, key, token)
    case .closed(let id): for session in entries.keys { handle(.closed(id), of: session) }
    }
  }

  private func settle(_ surface: Surface) {
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

  /// By the id; by what the key says of the session only where the notification was posted by a daemon that did not
  /// live to learn its id.
  private func entry(of key: ActionKey, _ id: UInt32) -> Entry? {
    if let entry = entries.values.first(where: { $0.life.id == id }) {
      return key.session == nil || key.session == entry.session.id.description ? entry : nil
    }
    guard let session = key.session.flatMap({ SessionID($0) }) else { return nil }
    return entries[session].flatMap { $0.life.mayHaveLeftAnother ? $0 : nil }
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
  }

  private func carryOut(_ effect: NotificationLife.Effect, of id: SessionID) {
    switch effect {
    case .post(let content, let replaced): post(content, replacing: replaced, of: id)
    case .close(let notification): server?.close(notification)
    case .remember: if let entry = entries[id] { entry.session.note(notification: entry.life.posted) }
    case .arm(let deadline): arm(deadline, of: id)
    case .disarm(let deadline): entries[id]?.timers[deadline] = nil
    }
  }

  private func post(_ content: NotificationContent, replacing replaced: UInt32, of id: SessionID) {
    guard let server, let owner else { return }
    EventLoopActor.task { [weak self, logger] in
      var input: NotificationLife.Input
      do throws(BusError) {
        input = .posted(try await server.post(content, replacing: replaced))
      } catch {
        logger.warning("\(id): the notification is not shown: \(error)")
        input = .refused
      }
      // The answer of a server that is gone is nobody's.
      guard let self, self.owner == owner else { return }
      handle(input, of: id)
    }
  }

  private func arm(_ deadline: NotificationLife.Deadline, of id: SessionID) {
    let wait =
      switch deadline {
      case .dismissal: dismissalPause
      case .retry: Wait.notificationRetry
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
