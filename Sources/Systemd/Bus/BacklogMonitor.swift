// SPDX-License-Identifier: Apache-2.0

/// Finds out whether dropped messages hold up all others of a connection.
///
/// dbus-broker takes messages from a sender faster than it passes them on. What is queued for a connection then grows,
/// for minutes if it must, until the broker cuts the connection off; and even that is noticed only after the queue. So
/// while messages are dropped, the bus itself is asked for a sign of life, which waits behind them.
@EventLoopActor
final class BacklogMonitor {
  private unowned let bus: Bus
  private var isAsking = false
  /// In µs of the monotonic clock.
  private var lastDrop: UInt64 = 0
  private var nextQuestion: UInt64 = 0

  /// The longest delay of a message.
  static let limit = Duration.milliseconds(200)
  /// How often the bus is asked, in µs.
  private static let interval: UInt64 = 100_000
  /// A bus that has brought nothing to drop for so many µs does not answer for another reason.
  private static let lull: UInt64 = 100_000

  init(of bus: Bus) { self.bus = bus }

  func hasDropped() {
    lastDrop = SystemClock.monotonic.now
    guard !isAsking, lastDrop >= nextQuestion, bus.isOpen else { return }
    (isAsking, nextQuestion) = (true, lastDrop + Self.interval)
    bus.driver.call(
      path: Bus.driverPath, interface: "org.freedesktop.DBus.Peer", member: "Ping", timeout: Self.limit
    ) { _ throws(BusError) in
    } answer: { [weak self] in
      self?.answered($0)
    }
  }

  private func answered(_ result: Result<Void, BusError>) {
    isAsking = false
    guard case .failure(let error) = result, error.name == BusError.timeout,
      SystemClock.monotonic.now < lastDrop + Self.lull
    else { return }
    bus.giveUpFlooded()
  }
}
