// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// The daemon's only connection to the system bus, and the login manager on it. It exists while somebody uses it. When
/// it is lost, it is opened again after growing delays.
@EventLoopActor
final class SystemBus {
  typealias Connect = @EventLoopActor () throws(BusError) -> Bus

  /// While one exists, the connection is kept, or retried.
  @EventLoopActor
  final class Use {
    private let system: SystemBus
    fileprivate let onReady: @EventLoopActor (LoginManager) -> Void
    fileprivate let onLoss: @EventLoopActor () -> Void

    fileprivate init(
      _ system: SystemBus, _ onReady: @escaping @EventLoopActor (LoginManager) -> Void,
      _ onLoss: @escaping @EventLoopActor () -> Void
    ) { (self.system, self.onReady, self.onLoss) = (system, onReady, onLoss) }

    deinit { EventLoopActor.assumeIsolated { system.useEnded() } }
  }

  private struct WeakUse { weak var use: Use? }

  private struct Waiter {
    var answer: CheckedContinuation<Result<LoginManager, BusError>, Never>
    var limit: EventSource
  }

  private let patience: Duration
  private let connect: Connect
  private let logger: Logger
  private var uses: [WeakUse] = []
  private var waiters: [UInt: Waiter] = [:]
  private var lastWaiter: UInt = 0

  private var bus: Bus?
  private var disconnection: BusSlot?
  /// nil until the bus has answered.
  private var login: LoginManager?
  private var retry: EventSource?
  /// Tries since a connection last proved to be stable.
  private var tries = 0
  private var readySince: UInt64 = 0
  /// Why there is no connection.
  private var problem = BusError(BusError.failed, "not tried yet")
  /// Whether its absence has been logged.
  private var isMissed = false

  /// - Parameter patience: for answers of the login manager.
  init(
    logger: Logger, patience: Duration = Wait.loginManagerAnswer,
    connect: @escaping Connect = { () throws(BusError) in try Bus(systemBusAs: DaemonName.executable) }
  ) { (self.connect, self.patience, self.logger) = (connect, patience, logger) }

  // MARK: Using it

  /// `onReady` is called whenever there is a connection on which the bus has answered, possibly before this returns;
  /// `onLoss` when it is lost again.
  func use(
    onReady: @escaping @EventLoopActor (LoginManager) -> Void = { _ in },
    onLoss: @escaping @EventLoopActor () -> Void = {}
  ) -> Use {
    let use = Use(self, onReady, onLoss)
    uses.append(WeakUse(use: use))
    if let login { onReady(login) } else if retry == nil { open() }
    return use
  }

  /// The login manager, once the bus has answered. Call this only while there is a use.
  func login(within limit: Duration) async throws(BusError) -> LoginManager {
    if let login { return login }
    // Retry at once instead of waiting for the pause to end.
    if retry != nil { open() }
    if bus == nil, tries >= Limit.systemBusTries { throw problem }
    lastWaiter += 1
    let number = lastWaiter
    let expiry: EventSource
    do {
      expiry = try EventSource.timer(after: limit) { [weak self] in
        self?.answer(number, .failure(BusError(BusError.noReply, "the system bus does not answer; \(Self.remedy)")))
      }
    } catch { throw BusError(BusError.failed, "\(error)") }
    return try await withCheckedContinuation { waiters[number] = Waiter(answer: $0, limit: expiry) }.get()
  }

  private func answer(_ waiter: UInt, _ result: Result<LoginManager, BusError>) {
    waiters.removeValue(forKey: waiter)?.answer.resume(returning: result)
  }

  private func answerAll(_ result: Result<LoginManager, BusError>) {
    for waiter in waiters.keys.sorted() { answer(waiter, result) }
  }

  private func useEnded() {
    uses.removeAll { $0.use == nil }
    // A connection that is being opened is closed only once it is open, so that there is never a second one.
    if uses.isEmpty, bus == nil || login != nil { close() }
  }

  private func close() {
    (bus, disconnection, login, retry, isMissed) = (nil, nil, nil, nil, false)
    answerAll(.failure(BusError(BusError.failed, "the connection to the system bus is no longer needed")))
  }

  // MARK: Having it

  private func open() {
    retry = nil
    guard bus == nil else { return }
    do throws(BusError) {
      let bus = try connect()
      self.bus = bus
      disconnection = bus.onDisconnect { [weak self, weak bus] in
        if let bus { self?.lost(bus, bus.isFlooded ? Self.flooded : Self.disconnected) }
      }
      EventLoopActor.task { [weak self] in
        do throws(BusError) {
          // The system bus answers only some of the standard requests for everybody.
          _ = try await bus.hasOwner("org.freedesktop.login1")
          self?.answered(bus)
        } catch { self?.lost(bus, error) }
      }
    } catch { lost(bus, error) }
  }

  private func answered(_ bus: Bus) {
    guard bus === self.bus else { return }
    guard !uses.isEmpty else { return close() }
    let login = LoginManager(bus: bus, patience: patience)
    (self.login, readySince) = (login, SystemClock.monotonic.now)
    if isMissed { logger.notice("connected to the system bus: sleep and shutdown come with a warning again") }
    isMissed = false
    answerAll(.success(login))
    for use in uses.compactMap(\.use) { use.onReady(login) }
  }

  private func lost(_ bus: Bus?, _ why: BusError) {
    guard bus === self.bus else { return }
    let wasReady = login != nil
    // A connection that is lost soon after it was opened does not restart the count of tries.
    if wasReady, SystemClock.monotonic.now - readySince > Wait.steadySystemBus.microseconds { tries = 0 }
    tries += 1
    (self.bus, disconnection, login) = (nil, nil, nil)
    problem = BusError(why.name, "\(why.message); \(Self.remedy)")
    if !uses.isEmpty { tryAgain(why) }
    if wasReady { for use in uses.compactMap(\.use) { use.onLoss() } }
    if tries >= Limit.systemBusTries { answerAll(.failure(problem)) }
  }

  private func tryAgain(_ why: BusError) {
    if !isMissed {
      logger.warning("sleep and shutdown come without a warning until the system bus is available: \(why)")
    }
    isMissed = true
    do {
      retry = try EventSource.timer(after: Wait.systemBus(tries)) { [weak self] in self?.open() }
    } catch { logger.error("cannot look for the system bus again: \(error)") }
  }

  private static let remedy = "see: systemctl status dbus"
  private static let flooded = BusError(BusError.failed, "another user floods the connection")
  private static let disconnected = BusError(BusError.failed, "the connection is lost")
}
