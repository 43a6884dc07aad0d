// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Finds the desktop's notification server: follows the owner of its name, and has one started if there is none.
///
/// Owners that come and go without end are followed at a pace: only the newest counts.
@EventLoopActor
final class ServerSearch {
  static let name = "org.freedesktop.Notifications"

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
  private let starter: ServerStarter
  /// Until one more change is followed.
  private let pause: Duration
  private let lines: LimitedLog
  private let found: @EventLoopActor (_ owner: String) -> Void
  private var slot: BusSlot?
  /// The server's unique name; empty if there is none.
  private(set) var owner = ""
  /// Unique names are unique on one bus only, and the next bus starts again with them.
  private(set) var busID = ""
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
    pause = pauses.change
    lines = LimitedLog(
      logger, about: "the search for a notification server", atMost: Limit.serverLines, every: Wait.serverLine)
    starter = ServerStarter(bus, pauses: pauses, lines: lines)
    changes = TokenBucket(Limit.notificationServerChanges, every: pause)
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
  func need() { starter.need() }

  private func learn(_ owner: String) {
    next = owner
    guard rest == nil else { return }
    // The bus says that there is none.
    guard owner != self.owner else { return starter.start() }
    if !changes.take() { startRest() }
    if rest == nil { follow(owner) }
  }

  private func startRest() {
    do { rest = try EventSource.timer(after: pause) { [weak self] in self.map { $0.follow($0.next) } } } catch {
      lines.log(.error, "\(error)")
    }
  }

  private func follow(_ owner: String) {
    rest = nil
    self.owner = owner
    starter.changed(isThere: !owner.isEmpty)
    found(owner)
  }
}
