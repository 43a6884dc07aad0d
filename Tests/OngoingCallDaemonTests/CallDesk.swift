// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The daemon's parts that a user meets in notifications, put together as the daemon does it, on a real bus.
@EventLoopActor
final class CallDesk {
  let peers: BusPeers
  let units: ServiceManagerStandIn
  let server: NoticeServer
  let service: CallsService
  let store: NoticeStore
  let notices: NoticePresenter
  let notifications: NotificationController
  private let bus: Bus
  private let program: String
  /// Kept, so that no channel is closed before the test is over.
  private var engines: [EngineEnd] = []

  /// - Parameter earlier: whose bus and units this daemon finds, after it.
  init(
    _ engines: EngineFolder, after earlier: CallDesk? = nil, capabilities: [String] = ["actions", "body"]
  ) async throws {
    if let earlier {
      (peers, units, server) = (earlier.peers, earlier.units, earlier.server)
    } else {
      peers = try await BusPeers()
      units = try await ServiceManagerStandIn(on: peers.server)
      server = try await NoticeServer(on: peers.server, capabilities: capabilities)
    }
    program = engines.program
    bus = try Bus(address: peers.daemon.address, description: "daemon")
    let manager = ServiceManager(bus: bus)
    service = CallsService(
      manager: manager, catalog: engines.catalog,
      store: try RecordStore(directory: engines.folder["run"], logger: .silent), logger: .silent)
    store = try NoticeStore(directory: engines.folder["run"], logger: .silent)
    let channels = ChannelStore(directory: engines.folder["state"], logger: .silent)
    let notices = NoticePresenter(store: store, channels: channels, phrases: Phrases(), logger: .silent) {
      [weak service] spec, id throws(CallRefusal) in _ = try await service?.launchAgain(spec, insteadOf: id)
    }
    let returner = CallReturner(bus: bus, manager: manager, logger: .silent) { notices.tellCannotReturn(to: $0, $1) }
    notifications = NotificationController(
      phrases: Phrases(), channels: channels, notices: notices, returner: returner, logger: .silent, onChange: { _ in })
    self.notices = notices
    service.observers = [notifications]
    notifications.open(on: bus)
  }

  /// What still waits for answers gets none while all who wait are there.
  deinit { EventLoopActor.assumeIsolated { bus.close() } }

  /// A call that is joined, its engine, and its notification. That of an application in a sandbox is to an address.
  func call(
    _ options: [(String, BusValue)] = [], of sandbox: Sandbox? = nil
  ) async throws -> (Session, EngineEnd, NoticeServer.Shown) {
    let what: (String, BusValue) =
      sandbox == nil ? ("command", .strings([program])) : ("uri", .string("sip:a@example.org"))
    let permission = Permission(caller: sandbox.map(Caller.sandboxed) ?? .unconfined)
    let session = try await service.launch(LaunchOptions([what] + options, permission: permission))
    let channel = units.channels.removeValue(forKey: session.record.unit)
    let engine = EngineEnd(try #require(channel))
    self.engines.append(engine)
    await engine.say(#"{"type":"state","state":"joined"}"# + "\n")
    while let post = await server.posts.next() {
      guard post.body.hasPrefix("Since") else { continue }
      while session.record.notification?.id != post.id { try await peers.settle() }
      return (session, engine, post)
    }
    throw CancellationError()
  }

  /// The engine says how the call ended, and is gone.
  func end(_ session: Session, _ engine: EngineEnd, _ reason: String) async throws {
    await engine.say(#"{"type":"state","state":"ended","reason":"\#(reason)"}"# + "\n")
    try units.remove(session.record.unit)
    await over(session)
  }

  func over(_ session: Session) async {
    await withCheckedContinuation { done in session.whenOver { done.resume() } }
  }

  /// The next notice, once the daemon knows where it is: before, a button of it is nobody's.
  func notice() async throws -> NoticeServer.Shown {
    let notice = try #require(await server.posts.next())
    while !store.load().contains(where: { $0.posted?.id == notice.id }) { try await peers.settle() }
    return notice
  }

  /// No session of this desk goes on after it.
  func finish() {
    for session in service.live {
      session.handle(.abort)
      session.handle(.unitGone)
    }
  }

  /// The units that were started, since the last time.
  func started() -> [String] {
    units.requests.waiting.filter { $0.member == "StartTransientUnit" }.compactMap { $0.arguments[0].asString }
  }
}

/// Runs a test on the event loop with a desk of its own.
func withCallDesk(
  _ engines: EngineFolder, capabilities: [String] = ["actions", "body"],
  _ body: @escaping @EventLoopActor @Sendable (CallDesk) async throws -> Void
) async throws {
  try await onEventLoop {
    let desk = try await CallDesk(engines, capabilities: capabilities)
    defer { desk.finish() }
    try await body(desk)
  }
}
