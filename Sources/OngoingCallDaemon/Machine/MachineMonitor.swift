// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Logging
import Systemd

/// Protects the calls from what happens to the machine: network changes, sleep and shutdown. It watches only while
/// there are calls.
@EventLoopActor
final class MachineMonitor {
  // The service owns this object.
  private unowned let service: CallsService
  private let system: SystemBus
  private let logger: Logger
  private let lines: LimitedLog
  private var network: NetworkMonitor?
  private var use: SystemBus.Use?
  private var preparations: PreparationMonitor?
  /// nil until the login manager has said what the machine is about to do.
  private var known: LoginManager.Preparation?
  /// How long the machine has slept since boot, by its clocks, in µs; and how long it was at the last answer.
  private let timeAsleep: @EventLoopActor () -> UInt64
  private var knownTimeAsleep: UInt64
  private static let noticedSleep: UInt64 = 500_000
  /// Delays sleep and shutdown until the far ends have been told.
  private let delay: InhibitorLock
  /// Keeps the machine awake.
  private let wakefulness: InhibitorLock
  /// Keeps a closed lid from putting the machine to sleep, for users who want that.
  private let lid: InhibitorLock
  /// The time limit while the far ends are being told.
  private var release: EventSource?
  private var isWatching = false

  init(
    _ service: CallsService, _ system: SystemBus, logger: Logger,
    timeAsleep: @escaping @EventLoopActor () -> UInt64 = { SystemClock.timeAsleep }
  ) {
    (self.service, self.system, self.logger) = (service, system, logger)
    lines = LimitedLog(logger, about: "the network")
    (self.timeAsleep, knownTimeAsleep) = (timeAsleep, timeAsleep())
    let why = "The other side must be told before the call is interrupted"
    delay = InhibitorLock(.delay, "sleep", "shutdown", why: why, logger: logger)
    wakefulness = InhibitorLock(.block, "sleep", "idle", why: "A call is ongoing", logger: logger)
    lid = InhibitorLock(.block, "handle-lid-switch", why: "A call is ongoing", logger: logger)
  }

  /// Call this whenever a call is added, removed or changes its state.
  func callsChanged() {
    let calls = watched
    if calls.isEmpty { stop() } else if !isWatching { start() }
    let joined = service.live.filter(\.life.hasJoined)
    wakefulness.isWanted = joined.contains(where: \.spec.inhibitsSleep)
    lid.isWanted = joined.contains(where: \.spec.inhibitsLidSwitch)
    if release != nil, calls.allSatisfy(\.isReadyForSleep) { letGo("every far end has been told") }
  }

  /// Calls, and sessions that are still telling their far ends.
  private var watched: [Session] { service.live + service.inFarewell }

  private func start() {
    (isWatching, knownTimeAsleep) = (true, timeAsleep())
    do {
      network = try NetworkMonitor { [weak self] in self?.networkChanged() }
    } catch { logger.warning("cannot watch for network changes: \(error)") }
    use = system.use { [weak self] in
      self?.watch($0)
    } onLoss: { [weak self] in
      self?.loginIsLost()
    }
  }

  private func stop() {
    isWatching = false
    (network, use, known, release) = (nil, nil, nil, nil)
    loginIsLost()
    for lock in [delay, wakefulness, lid] { lock.isWanted = false }
  }

  // MARK: The network

  private func networkChanged() {
    let isUp = NetworkMonitor.isUp
    lines.log(.info, "the network changed; it is \(isUp ? "up" : "down")")
    for session in watched { session.networkChanged(reachable: isUp) }
  }

  // MARK: Sleep and shutdown

  private func watch(_ login: LoginManager) {
    do throws(BusError) {
      preparations = try PreparationMonitor(login, logger: logger) { [weak self, weak login] preparation in
        guard let self, isWatching else { return }
        heard(preparation)
        // A login manager that prepares for sleep or shutdown gives no inhibitors.
        guard preparation == LoginManager.Preparation() else { return }
        release = nil
        delay.isWanted = true
        guard delay.login !== login else { return }
        for lock in [delay, wakefulness, lid] { lock.login = login }
      }
    } catch { logger.warning("sleep and shutdown come without a warning: \(error)") }
  }

  private func loginIsLost() {
    preparations = nil
    for lock in [delay, wakefulness, lid] { lock.login = nil }
  }

  private func heard(_ preparation: LoginManager.Preparation) {
    let (before, asleepBefore) = (known, knownTimeAsleep)
    (known, knownTimeAsleep) = (preparation, timeAsleep())
    if preparation.shutsDown, before?.shutsDown != true { shutdown() }
    switch (before?.sleeps, preparation.sleeps) {
    // Handle what an earlier daemon was told, and what happened while there was none.
    case (nil, let sleeps): for session in service.live { session.handle(sleeps ? .suspending : .resumed) }
    case (false?, true): sleep()
    case (true?, false): wake()
    case (false?, false) where knownTimeAsleep > asleepBefore + Self.noticedSleep:
      logger.warning("the machine slept without a warning")
      for session in service.live { session.handle(.suspending) }
      wake()
    default: break
    }
  }

  private func sleep() {
    logger.notice("the machine goes to sleep")
    for session in service.live { session.handle(.suspending) }
    waitForFarEnds()
  }

  private func wake() {
    logger.notice("the machine is awake again")
    // First, because there may be another network now, or none, for the requests that follow.
    networkChanged()
    for session in service.live { session.handle(.resumed) }
  }

  private func shutdown() {
    logger.notice("the machine is shutting down; ending the calls")
    for session in service.live { session.handle(.logout) }
    waitForFarEnds()
  }

  /// Releases the machine when every far end has been told, or when the time is up.
  private func waitForFarEnds() {
    do {
      release = try EventSource.timer(after: Wait.farEndsBeforeSleep) { [weak self] in
        self?.letGo("timed out")
      }
    } catch { letGo("cannot set a timer: \(error)") }
    callsChanged()
  }

  private func letGo(_ why: String) {
    logger.info("the machine no longer needs to wait: \(why)")
    release = nil
    delay.isWanted = false
  }
}
