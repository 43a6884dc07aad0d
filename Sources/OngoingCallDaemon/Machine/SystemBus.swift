// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// The daemon's one connection to the system's bus, and the login manager on it. It is there while somebody uses it; when
/// it is lost, it is made anew, after pauses that grow.
@EventLoopActor
final class SystemBus {
  typealias Connect = @EventLoopActor () throws(BusError) -> Bus

  /// As long as one is there, so is the connection, as far as it can be had.
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
  /// Since a connection last proved to be steady.
  private var tries = 0
  private var readySince: UInt64 = 0
  /// Why there is none.
  private var problem = BusError(BusError.failed, "it was not tried yet")
  /// That it is not there has been said.
  private var isMissed = false

  /// - Parameter patience: for the login manager's answers.
  init(
    logger: Logger, patience: Duration = Wait.loginManagerAnswer,
    connect: @escaping Connect = { () throws(BusError) in try Bus(systemBusAs: DaemonName.executable) }
  ) { (self.connect, self.patience, self.logger) = (connect, patience, logger) }

  // MARK: Using it

  /// `onReady` is called whenever there is a connection on which the bus has answered, the first time perhaps before
  /// this returns; `onLoss`, when it is lost again.
  func use(
    onReady: @escaping @EventLoopActor (LoginManager) -> Void = { _ in },
    onLoss: @escaping @EventLoopActor () -> Void = {}
  ) -> Use {
    let use = Use(self, onReady, onLoss)
    uses.append(WeakUse(use: use))
    if let login { onReady(login) } else if retry == nil { open() }
    return use
  }

  /// The login manager, once the bus has answered. To be called while there is a use.
  func login(within limit: Duration) async throws(BusError) -> LoginManager {
    if let login { return login }
    // A bus that comes back is not to be waited for until the pause ends.
    if retry != nil { open() }
    if bus == nil, tries >= Limit.systemBusTries { throw problem }
    lastWaiter += 1
    let number = lastWaiter
    let expiry: EventSource
    do {
      expiry = try EventSource.timer(after: limit) { [weak self] in
        self?.answer(number, .failure(BusError(BusError.noReply, "the system's bus does not answer; \(Self.remedy)")))
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
    // One that is being made is let go when it is there, so that there is never a second one beside it.
    if uses.isEmpty, bus == nil || login != nil { close() }
  }

  private func close() {
    (bus, disconnection, login, retry, isMissed) = (nil, nil, nil, nil, false)
    answerAll(.failure(BusError(BusError.failed, "the connection to the system's bus is not needed any more")))
  }

  // MARK: Having it

  private func open() {
    retry = nil
    guard bus == nil else { return }
    do throws(BusError) {
      let bus = try connect()
      self.bus = bus
      disconnection = bus.onDisconnect { [weak self, weak bus] in
        if let bus { self?.lost(bus, Self.disconnected) }
      }
      EventLoopActor.task { [weak self] in
        do throws(BusError) {
          // Of what may be asked of any bus, the system's answers only a part to everybody.
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
    if isMissed { logger.notice("connected to the system's bus: sleep and shutdown come with a warning again") }
    isMissed = false
    answerAll(.success(login))
    for use in uses.compactMap(\.use) { use.onReady(login) }
  }

  private func lost(_ bus: Bus?, _ why: BusError) {
    guard bus === self.bus else { return }
    let wasReady = login != nil
    // One that is lost soon after it was made does not begin a new row of tries.
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
      logger.warning("sleep and shutdown will come without a warning until the system's bus is there: \(why)")
    }
    isMissed = true
    do {
      retry = try EventSource.timer(after: Wait.systemBus(tries)) { [weak self] in self?.open() }
    } catch { logger.error("the system's bus is not looked for again: \(error)") }
  }

  private static let remedy = "look at: systemctl status dbus"
  private static let disconnected = BusError(BusError.failed, "the connection is lost")
}
