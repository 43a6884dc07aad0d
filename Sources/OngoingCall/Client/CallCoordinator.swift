// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Glibc
internal import Synchronization

/// What joins, keeps and ends this process's calls, one at a time.
final class CallCoordinator: Sendable {
  static let shared = CallCoordinator { deadline throws(CallsError) in
    try BusConnection(address: SessionBusAddress.find(), until: deadline)
  }

  private let feed: EventFeed
  private let current: Mutex<CallSession>
  private let built = Mutex<OngoingNotification?>(nil)
  private let turns = Turns()

  /// - Parameter limit: how long every question may take, instead of the time it has.
  init(limit: Duration? = nil, connect: @escaping AsyncClient.Connect) {
    feed = EventFeed(limit: limit, connect: connect)
    current = Mutex(CallSession(client: feed.client))
  }

  private var client: AsyncClient { feed.client }

  /// The session there is, or that the next call will be.
  var session: CallSession {
    current.withLock { current in
      if current.state == .ended { current = CallSession(client: feed.client) }
      return current
    }
  }

  func build(_ notification: OngoingNotification?) { built.withLock { $0 = notification } }

  func create(_ channel: OngoingNotification.Channel) async throws(CallsError) {
    try await client.ask(.createNotificationChannel(channel.channel))
  }

  func deleteChannel(_ id: String) async throws(CallsError) {
    try await client.ask(.deleteNotificationChannel(id))
  }

  // MARK: Joining

  @BusActor
  func join(
    _ address: String, _ settings: SessionSettings, _ context: CallContext?
  ) async throws(CallsError) -> CallSession {
    await turns.take()
    defer { turns.pass() }
    let request = try settings.request(for: address, context)
    return try await begin(try idleSession(), request, isLaunched: false, mayBeThere: settings.token != nil)
  }

  private func idleSession() throws(CallsError) -> CallSession {
    let session = session
    guard session.state == .idle else { throw .alreadyInSession }
    return session
  }

  /// - Parameter mayBeThere: somebody else may have launched the same before.
  @BusActor
  private func begin(
    _ session: CallSession, _ request: LaunchRequest, isLaunched: Bool, mayBeThere: Bool
  ) async throws(CallsError) -> CallSession {
    try client.connect()
    var start = try await client.ask(.manager).sequence
    let id = try await client.ask(.launch(request))
    var info = SessionInfo(id: id, properties: [:])
    (info.state, info.adopted) = (SessionState.launching.rawValue, request.adoptPIDFD != nil)
    if mayBeThere {
      info = try await client.ask(.session(id))
      let isNew = try await client.ask(.events(since: start)).contains {
        $0.session == id && $0.name == EventName.launched.rawValue
      }
      guard isNew || !info.hasEnded else { throw .tokenUsed(request.call.token ?? "") }
      // What it has seen already, it hears of as well.
      if !isNew { start = 0 }
    }
    session.begin(info, token: request.call.token ?? "", isLaunched: isLaunched)
    feed.follow(session, after: start)
    return session
  }

  @BusActor
  func attach(token: String, after sequence: UInt64?) async throws(CallsError) -> CallSession? {
    await turns.take()
    defer { turns.pass() }
    let session = session
    if session.isSessionActive, session.token == token { return session }
    guard session.state == .idle else { throw .alreadyInSession }
    try client.connect()
    let newest = try await client.ask(.manager).sequence
    guard !token.isEmpty, let info = try await client.ask(.sessions).last(where: { $0.token == token }) else {
      return nil
    }
    session.begin(info, token: token, isLaunched: true)
    feed.follow(session, after: sequence ?? newest)
    return session
  }

  // MARK: Keeping

  @BusActor
  func launch(_ context: CallContext) async throws(CallsError) {
    await turns.take()
    defer { turns.pass() }
    let session = session
    guard session.isSessionActive else { return try await adopt(context, as: session) }
    if let mode = context.mode, session.isAdopted != (mode == .adopt) { throw .alreadyInSession }
    var look = built.withLock(\.self) ?? OngoingNotification()
    look.title = look.title ?? context.title
    look.returnTarget = look.returnTarget ?? context.returnTarget
    if look != OngoingNotification() {
      let notification = try look.custom()
      try await session.ask { .setNotification(notification, $0) }
    }
    session.setLaunched(true)
  }

  @BusActor
  private func adopt(_ context: CallContext, as session: CallSession) async throws(CallsError) {
    guard context.mode != .host else { throw .noSession }
    let terminalGuard = try TerminalGuard()
    let process: BusDescriptor
    do { process = try BusDescriptor(ofProcess: getpid()) } catch { throw .notAdoptable("\(error)") }
    var request = LaunchRequest(process: process)
    try request.call.take(context)
    request.call.notification = try built.withLock(\.self)?.custom()
    request.call.hangUpGrace = try context.hangUpGrace.seconds("hangUpGrace")
    _ = try await begin(session, request, isLaunched: true, mayBeThere: false)
    // Not before: a process that is not kept ends with its terminal.
    terminalGuard.arm()
  }

  @BusActor
  func abort(_ context: CallContext) async throws(CallsError) {
    await turns.take()
    defer { turns.pass() }
    let session = session
    guard session.isLaunched else { return }
    do { try await session.ask { .abort($0) } } catch .sessionEnded {} catch { throw error }
    session.setLaunched(false)
  }
}

/// One at a time, in the order in which they come.
@BusActor
final class Turns {
  private var isTaken = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  nonisolated init() {}

  func take() async {
    await withCheckedContinuation { turn in
      if isTaken { waiting.append(turn) } else { (isTaken = true, turn.resume()).1 }
    }
  }

  func pass() {
    if waiting.isEmpty { isTaken = false } else { waiting.removeFirst().resume() }
  }
}
