// SPDX-License-Identifier: Apache-2.0
import CallLife
import Logging
import OngoingCallNames
import Systemd

/// Guards the calls against what happens to the machine: its network changes, it goes to sleep, it is shut down.
/// It watches only while there are calls.
@EventLoopActor
final class Guardian {
  // The service has this for as long as it lives.
  private unowned let service: CallsService
  private let logger: Logger
  private var network: NetworkMonitor?
  private var signals: [BusSlot] = []
  /// Sleep and shutdown wait until the far ends know.
  private var delay: Restraint?
  /// Keeps the machine awake.
  private var wakefulness: Restraint?
  /// The far ends are being told; this is the time they get.
  private var release: EventSource?
  private var isWatching = false

  init(_ service: CallsService, logger: Logger) {
    self.service = service
    self.logger = logger
  }

  /// To be called whenever a call comes, goes or changes its state.
  func callsChanged() {
    let calls = watched
    if calls.isEmpty { stop() } else if !isWatching { start() }
    if service.live.contains(where: { $0.life.hasJoined && $0.spec.inhibitsSleep }) {
      wakefulness?.take()
    } else {
      wakefulness?.drop()
    }
    if release != nil, calls.allSatisfy(\.isReadyForSleep) { letGo("every far end knows") }
  }

  /// Calls, and what is left of them to tell their far ends.
  private var watched: [Session] { service.live + service.inFarewell }

  private func start() {
    isWatching = true
    do {
      network = try NetworkMonitor { [weak self] in self?.networkChanged() }
    } catch { logger.warning("network changes go unnoticed: \(error)") }
    EventLoopActor.task { [weak self] in await self?.watchLogin() }
  }

  private func stop() {
    isWatching = false
    (network, delay, wakefulness, release) = (nil, nil, nil, nil)
    signals = []
  }

  // MARK: The network

  private func networkChanged() {
    let isUp = NetworkMonitor.isUp
    logger.info("the network has changed; it is \(isUp ? "up" : "down")")
    for session in watched { session.networkChanged(reachable: isUp) }
  }

  // MARK: Sleep and shutdown

  private func watchLogin() async {
    do throws(BusError) {
      let login = LoginManager(bus: try Bus(systemBusAs: DaemonName.executable))
      let signals = [
        try login.onSleep { [weak self] begins in self?.sleep(begins) },
        try login.onShutdown { [weak self] begins in if begins { self?.shutdown() } },
      ]
      let isAboutToSleep = try await login.isAboutToSleep()
      guard isWatching else { return }
      self.signals = signals
      let why = "The other side is told before the call is interrupted"
      delay = Restraint(login, .delay, "sleep", "shutdown", why: why, logger: logger)
      delay?.take()
      wakefulness = Restraint(login, .block, "sleep", "idle", why: "A call is ongoing", logger: logger)
      // What an earlier daemon was told of, and what happened while there was none.
      for session in service.live { session.handle(isAboutToSleep ? .suspending : .resumed) }
      callsChanged()
    } catch { logger.warning("sleep and shutdown will come without a warning: \(error)") }
  }

  private func sleep(_ begins: Bool) {
    logger.notice(begins ? "the machine goes to sleep" : "the machine is awake again")
    // First of all, for there may be another network now, or none, through which to say the rest.
    if !begins { networkChanged() }
    for session in service.live { session.handle(begins ? .suspending : .resumed) }
    if begins { return waitForFarEnds() }
    release = nil
    delay?.drop()
    delay?.take()
  }

  private func shutdown() {
    logger.notice("the machine is shut down; the calls are ended")
    for session in service.live { session.handle(.logout) }
    waitForFarEnds()
  }

  /// Lets the machine go as soon as every far end knows, or when the time is up.
  private func waitForFarEnds() {
    do {
      release = try EventSource.timer(after: Wait.farEndsBeforeSleep) { [weak self] in
        self?.letGo("the time is up")
      }
    } catch { letGo("there is no timer: \(error)") }
    callsChanged()
  }

  private func letGo(_ why: String) {
    logger.info("the machine need not wait any more: \(why)")
    release = nil
    delay?.drop()
  }
}
