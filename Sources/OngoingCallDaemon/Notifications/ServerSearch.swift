// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Finds the desktop's notification server: follows the owner of its name, and has the bus start one if there is none.
///
/// A server that crashes is started again, in case nobody else does so. The delay grows each time, and the number of
/// tries is limited. Owners that come and go without end are followed at a pace: only the newest counts.
@EventLoopActor
final class ServerSearch {
  static let name = "org.freedesktop.Notifications"
  private static let noSuchService = "org.freedesktop.DBus.Error.ServiceUnknown"

  /// The delays between tries to start a server.
  struct Pauses {
    var first = Wait.notificationServerStart
    var longest = Wait.longestNotificationServerStart
    var count = Limit.notificationServerStarts
    /// A server that ran for this long did not crash at start.
    var steady = Wait.steadyNotificationServer
    /// Until one more change is followed, when there were too many.
    var change = Wait.notificationServerChange
  }

  /// The well-known name of the server.
  let service: BusService
  private let bus: Bus
  private let pauses: Pauses
  private let lines: LimitedLog
  private let found: @EventLoopActor (_ owner: String) -> Void
  private var slot: BusSlot?
  /// The server's unique name; empty if there is none.
  private(set) var owner = ""
  /// Unique names are unique on one bus only, and the next bus starts again with them.
  private(set) var busID = ""
  private var tries = 0
  /// Why there is no server, if the journal already has it.
  private var told: BusError?
  private var hasGivenUp = false
  private var isStarting = false
  private var pause: EventSource?
  private var steadiness: EventSource?
  private var changes: TokenBucket
  /// The owner that is followed when the rest is over.
  private var next = ""
  private var rest: EventSource?

  /// - Parameter found: gets the owner's unique name whenever the owner changes; an empty name if there is none.
  init(
    _ bus: Bus, pauses: Pauses = Pauses(), logger: Logger,
    found: @escaping @EventLoopActor (_ owner: String) -> Void
  ) {
    self.bus = bus
    service = bus.service(Self.name)
    self.pauses = pauses
    lines = LimitedLog(
      logger, about: "the search for a notification server", atMost: Limit.serverLines, every: Wait.serverLine)
    changes = TokenBucket(Limit.notificationServerChanges, every: pauses.change)
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

  /// A server is needed for a new reason.
  func need() {
    guard owner.isEmpty, pause == nil else { return }
    tries = 0
    startServer()
  }

  private func learn(_ owner: String) {
    next = owner
    guard rest == nil else { return }
    // The bus says that there is none.
    guard owner != self.owner else { return startServer() }
    if !changes.take() { rest = timer(pauses.change) { $0.follow($0.next) } }
    if rest == nil { follow(owner) }
  }

  private func follow(_ owner: String) {
    rest = nil
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
    // The bus has its own time limit.
    bus.ask("StartServiceByName", [.string(Self.name), .uint32(0)], timeout: nil) { _ throws(BusError) in
    } answer: { [weak self] result in
      self?.isStarting = false
      guard case .failure(let error) = result, let self, owner.isEmpty else { return }
      tellOfNone(error)
      if error.name != Self.noSuchService { tryLater() }
    }
  }

  /// Logs it once, until there is a new reason, or there was a server.
  private func tellOfNone(_ error: BusError) {
    lines.log(error == told ? .debug : .info, "there is no notification server: \(error.shown)")
    told = error
  }

  private func tryLater() {
    guard tries < pauses.count else {
      lines.log(hasGivenUp ? .debug : .info, "every notification server exits at once; waiting for the next one")
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
      lines.log(.error, "\(error)")
      return nil
    }
  }
}
