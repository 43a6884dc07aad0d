// SPDX-License-Identifier: Apache-2.0
import CallSession
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
  private var login: LoginManager?
  private var signals: [BusSlot] = []
  /// Makes sleep and shutdown wait until the far ends know.
  private var delay: LoginManager.Inhibitor?
  /// Keeps the machine awake.
  private var block: LoginManager.Inhibitor?
  private var release: EventSource?
  private var isWatching = false
  private var asksForBlock = false

  init(_ service: CallsService, logger: Logger) {
    self.service = service
    self.logger = logger
  }

  /// To be called whenever a call comes, goes or changes its state.
  func callsChanged() {
    let calls = service.live
    if calls.isEmpty { stop() } else if !isWatching { start() }
    keepAwake(calls.contains { $0.life.hasJoined && $0.spec.inhibitsSleep })
    if delay != nil, release != nil, calls.allSatisfy(\.isReadyForSleep) { letGo() }
  }

  private func start() {
    isWatching = true
    do {
      network = try NetworkMonitor { [weak self] in self?.networkChanged() }
    } catch { logger.warning("network changes go unnoticed: \(error)") }
    EventLoopActor.task { [weak self] in await self?.watchLogin() }
  }

  private func stop() {
    isWatching = false
    (network, login, delay, block, release) = (nil, nil, nil, nil, nil)
    signals = []
  }

  // MARK: The network

  private func networkChanged() {
    let isUp = NetworkMonitor.isUp
    logger.info("the network has changed; it is \(isUp ? "up" : "down")")
    for session in service.live { session.networkChanged(reachable: isUp) }
  }

  // MARK: Sleep and shutdown

  private func watchLogin() async {
    do throws(BusError) {
      let login = LoginManager(bus: try Bus(systemBusAs: DaemonName.executable))
      signals = [
        try login.onSleep { [weak self] begins in self?.sleep(begins) },
        try login.onShutdown { [weak self] begins in if begins { self?.shutdown() } },
      ]
      self.login = login
      try await delayAgain()
      if try await !login.isAboutToSleep() { for session in service.live { session.handle(.resumed) } }
      callsChanged()
    } catch { logger.warning("sleep and shutdown will come without a warning: \(error)") }
  }

  private func delayAgain() async throws(BusError) {
    let inhibitor = try await login?.inhibit(
      "sleep:shutdown", .delay, who: "OngoingCall", why: "The other side is told before the call is interrupted")
    delay = isWatching ? inhibitor : nil
  }

  private func sleep(_ begins: Bool) {
    logger.notice(begins ? "the machine goes to sleep" : "the machine is awake again")
    for session in service.live { session.handle(begins ? .suspending : .resumed) }
    if begins { return waitForFarEnds() }
    release = nil
    networkChanged()
    EventLoopActor.task { [weak self] in
      do throws(BusError) { try await self?.delayAgain() } catch { self?.logger.warning("\(error)") }
    }
  }

  private func shutdown() {
    logger.notice("the machine is shut down; the calls are ended")
    for session in service.live { session.handle(.logout) }
    waitForFarEnds()
  }

  /// Lets the machine go as soon as every far end knows, or when the time is up.
  private func waitForFarEnds() {
    do {
      release = try EventSource.timer(after: Wait.farEndsBeforeSleep) { [weak self] in self?.letGo() }
    } catch { letGo() }
    callsChanged()
  }

  private func letGo() { (delay, release) = (nil, nil) }

  private func keepAwake(_ wanted: Bool) {
    guard wanted, let login, block == nil, !asksForBlock else {
      if !wanted { block = nil }
      return
    }
    asksForBlock = true
    EventLoopActor.task { [weak self, logger] in
      // Policy may refuse to block sleep to a session without a seat, and still let it keep the machine from idling.
      for what in ["sleep:idle", "idle"] {
        do throws(BusError) {
          let inhibitor = try await login.inhibit(what, .block, who: "OngoingCall", why: "A call is ongoing")
          self?.block = self?.isWatching == true ? inhibitor : nil
          break
        } catch { logger.info("\(what) is not inhibited: \(error)") }
      }
      self?.asksForBlock = false
    }
  }
}
