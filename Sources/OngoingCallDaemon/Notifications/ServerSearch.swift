// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Looks for the desktop's notification server: tells who owns its name, and has the bus start one where there is none.
///
/// One that crashes is started again, in case nobody else does so: after a pause that grows each time, and only so often.
@EventLoopActor
final class ServerSearch {
  static let name = "org.freedesktop.Notifications"
  private static let noSuchService = "org.freedesktop.DBus.Error.ServiceUnknown"

  /// Between the tries to start a server.
  struct Pauses {
    var first = Wait.notificationServerStart
    var longest = Wait.longestNotificationServerStart
    var count = Limit.notificationServerStarts
    /// A server that was there for so long has not crashed at once.
    var steady = Wait.steadyNotificationServer
  }

  /// Whoever is the server.
  let service: BusService
  private let bus: Bus
  private let pauses: Pauses
  private let logger: Logger
  private let found: @EventLoopActor (_ owner: String) -> Void
  private var slot: BusSlot?
  /// The server's unique name; empty where there is none.
  private(set) var owner = ""
  /// Unique names are unique on one bus, and the next bus begins anew with them.
  private(set) var busID = ""
  private var tries = 0
  /// Why there is none, and that no more are started, as the journal has it already.
  private var told: BusError?
  private var hasGivenUp = false
  private var isStarting = false
  private var pause: EventSource?
  private var steadiness: EventSource?

  /// - Parameter found: gets the owner's unique name whenever there is another one; an empty name where there is none.
  init(
    _ bus: Bus, pauses: Pauses = Pauses(), logger: Logger,
    found: @escaping @EventLoopActor (_ owner: String) -> Void
  ) {
    self.bus = bus
    service = bus.service(Self.name)
    self.pauses = pauses
    self.logger = logger
    self.found = found
  }

  func start() throws(BusError) {
    bus.ask("GetId", timeout: nil) { reply throws(BusError) in
      try reply.readString()
    } answer: { [weak self] result in
      self?.busID = (try? result.get()) ?? ""
    }
    slot = try service.onOwner { [weak self] owner in self?.learn(owner ?? "") }
  }

  /// There is a new reason to have a server.
  func need() {
    guard owner.isEmpty, pause == nil else { return }
    tries = 0
    startServer()
  }

  private func learn(_ owner: String) {
    // There is none, as it turns out.
    guard owner != self.owner else { return startServer() }
    self.owner = owner
    (pause, steadiness) = (nil, nil)
    if owner.isEmpty {
      tryLater()
    } else {
      told = nil
      steadiness = timer(pauses.steady) { ($0.tries, $0.hasGivenUp) = (0, false) }
    }
    found(owner)
  }

  private func startServer() {
    guard owner.isEmpty, !isStarting else { return }
    isStarting = true
    tries += 1
    // The bus has a limit of its own.
    bus.ask("StartServiceByName", [.string(Self.name), .uint32(0)], timeout: nil) { _ throws(BusError) in
    } answer: { [weak self] result in
      self?.isStarting = false
      guard case .failure(let error) = result, let self, owner.isEmpty else { return }
      tellOfNone(error)
      if error.name != Self.noSuchService { tryLater() }
    }
  }

  /// To the journal once, until there is another reason, or has been a server.
  private func tellOfNone(_ error: BusError) {
    logger.log(level: error == told ? .debug : .info, "there is no notification server: \(error)")
    told = error
  }

  private func tryLater() {
    guard tries < pauses.count else {
      logger.log(
        level: hasGivenUp ? .debug : .info, "no notification server stays; the next one is waited for")
      hasGivenUp = true
      return
    }
    let wait = min(pauses.longest, pauses.first * (1 << min(tries, 16)))
    pause = timer(wait) { search in
      search.pause = nil
      search.startServer()
    }
  }

  private func timer(_ duration: Duration, _ action: @escaping @EventLoopActor (ServerSearch) -> Void) -> EventSource? {
    do { return try EventSource.timer(after: duration) { [weak self] in self.map(action) } } catch {
      logger.error("\(error)")
      return nil
    }
  }
}
