// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A session that has a notification, and what gives it one, on a real bus. Whoever serves notifications there is the
/// test's affair.
@EventLoopActor
final class NotificationRoom {
  typealias Server = RecordingNotificationServer

  let house: House
  let engine: EngineEnd
  private(set) var session: Session
  private(set) var notifications: NotificationController
  private(set) var surfaces = Mailbox<NotificationSurface>()
  private let dismissalPause: Duration
  private let patience: Duration
  private let folder = TemporaryFolder()
  private var engines: [EngineEnd] = []
  private var buses: [Bus] = []

  private init(_ record: SessionRecord, dismissalPause: Duration, patience: Duration) async throws {
    house = try await House()
    (session, engine) = try house.session(record)
    (self.dismissalPause, self.patience) = (dismissalPause, patience)
    notifications = try Self.controller(house, folder, dismissalPause, surfaces)
    try await open()
  }

  deinit { EventLoopActor.assumeIsolated { for bus in buses { bus.close() } } }

  private static func controller(
    _ house: House, _ folder: TemporaryFolder, _ dismissalPause: Duration, _ surfaces: Mailbox<NotificationSurface>
  ) throws -> NotificationController {
    try NotificationController(on: house.peers.client, house.manager, folder, dismissalPause: dismissalPause) {
      if case .surface(let surface) = $0 { surfaces.put(surface) }
    }
  }

  nonisolated static func with(
    _ change: @escaping @Sendable (inout SessionRecord) -> Void = { _ in }, dismissalPause: Duration = .seconds(3600),
    patience: Duration = .seconds(3600),
    _ body: @escaping @EventLoopActor @Sendable (NotificationRoom) async throws -> Void
  ) async throws {
    try await onEventLoop {
      var record = SessionRecord.launched(SessionID(), capabilities: ["mute"])
      // A call to an address has more to show, and opens a terminal.
      (record.spec.uri, record.spec.command) = (nil, ["/bin/true"])
      change(&record)
      let room = try await NotificationRoom(record, dismissalPause: dismissalPause, patience: patience)
      try await body(room)
      // What a button has started ends before the house is gone.
      try await room.settle()
      withExtendedLifetime(room) {}
    }
  }

  /// On a connection of its own, which ends with it.
  private func open(knowingTheServer: Bool = false) async throws {
    let bus = try Bus(address: house.peers.daemon.address, description: "daemon")
    buses.append(bus)
    notifications.open(on: bus, patience: patience)
    house.observers = [notifications]
    while knowingTheServer, notifications.surface == .none { _ = await surfaces.next() }
    notifications.sessionAppeared(session)
  }

  /// The daemon dies: what comes after knows what was saved of the session.
  func killDaemon() throws {
    house.observers = []
    surfaces = Mailbox()
    notifications = try Self.controller(house, folder, dismissalPause, surfaces)
  }

  /// - Parameter knowingTheServer: it has met the server before it knows of the session.
  func startDaemon(knowingTheServer: Bool = false) async throws {
    let engine: EngineEnd
    (session, engine) = try house.session(house.saved ?? session.record)
    engines.append(engine)
    try await open(knowingTheServer: knowingTheServer)
  }

  func server(
    _ capabilities: [String]? = ["body", "actions"], firstID: UInt32 = 1, name: String = "recorder"
  ) async throws -> Server {
    try await Server(on: house.peers.daemon, capabilities: capabilities, firstID: firstID, name: name)
  }

  /// The next Notify that `server` gets.
  func notified(_ server: Server) async throws -> Server.Notification {
    let told = await server.told.next()
    guard case .notify(let notification) = told else { throw Surprise(told: told) }
    return notification
  }

  struct Surprise: Error { var told: Server.Told? }

  /// A first Notify, which stays.
  @discardableResult
  func posted(_ server: Server, _ location: SourceLocation = #_sourceLocation) async throws -> Server.Notification {
    let first = try await notified(server)
    #expect(first.replaced == 0 && first.timeout == 0, sourceLocation: location)
    // Until the daemon has the answer, a button of it is nobody's.
    try await settle()
    return first
  }

  /// Everything that is under way has arrived.
  func settle() async throws { for _ in 0..<3 { try await house.settle() } }

  func key(_ prefix: String) -> String { "\(prefix).\(session.id)" }

  /// Whether the engine is told this, sooner or later.
  func heard(_ line: String) async -> Bool {
    while let heard = await engine.hear(1).first { if heard == line { return true } }
    return false
  }

  /// The user ends the call, and nothing is to be told of it.
  func hangUp() async {
    session.handle(.hangUp)
    await engine.say(#"{"type":"state","state":"ended","reason":"aborted"}"# + "\n")
  }

  func say(_ state: String, muted: Bool = false) async {
    await engine.say(#"{"type":"state","state":"\#(state)","muted":\#(muted)}"# + "\n")
  }
}

extension NotificationController {
  /// One with a board of notices and a returner of its own, which keep what they have in `folder`.
  convenience init(
    on bus: Bus, _ manager: ServiceManager, _ folder: TemporaryFolder,
    dismissalPause: Duration = Wait.dismissedNotification,
    onChange: @escaping @EventLoopActor (Change) -> Void = { _ in }
  ) throws {
    let channels = ChannelStore(directory: folder["state"], logger: .silent)
    let notices = try NoticePresenter(
      store: NoticeStore(directory: folder["run"], logger: .silent), channels: channels, phrases: Phrases(),
      logger: .silent
    ) { _, _ in }
    let returner = CallReturner(bus: bus, manager: manager, logger: .silent) { notices.tellCannotReturn(to: $0, $1) }
    self.init(
      phrases: Phrases(), channels: channels, notices: notices, returner: returner, dismissalPause: dismissalPause,
      logger: .silent, onChange: onChange)
  }
}
