// SPDX-License-Identifier: Apache-2.0

/// One timer for everything periodic, so that the process wakes up once for all of it.
@EventLoopActor
public final class SharedTimer {
  /// Is called on every beat, as long as it exists.
  @EventLoopActor
  public final class Listener {
    private weak var pulse: SharedTimer?
    private let number: UInt

    fileprivate init(_ pulse: SharedTimer, _ number: UInt) { (self.pulse, self.number) = (pulse, number) }

    deinit { EventLoopActor.assumeIsolated { pulse?.remove(number) } }
  }

  /// The process's own pulse. The service manager's watchdog may make it faster.
  public static let main = SharedTimer(every: min(longest, Watchdog.feedingInterval ?? longest))
  private static let longest = Duration.seconds(10)

  /// The minimum time between two beats. It may be up to a tenth longer, so that the kernel can combine it with other
  /// wakeups.
  public let interval: Duration
  private var timer: EventSource?
  private var listeners: [UInt: @EventLoopActor () -> Void] = [:]
  private var last: UInt = 0

  package var isBeating: Bool { timer != nil }

  public init(every interval: Duration) { self.interval = interval }

  /// The first beat may come at once. Without listeners there is no timer.
  public func listen(_ handler: @escaping @EventLoopActor () -> Void) throws(SystemError) -> Listener {
    if timer == nil {
      timer = try EventSource.repeatingTimer(every: interval, accuracy: interval / 10) { [weak self] in self?.beat() }
    }
    last += 1
    listeners[last] = handler
    return Listener(self, last)
  }

  private func beat() {
    for number in listeners.keys.sorted() { listeners[number]?() }
  }

  private func remove(_ number: UInt) {
    listeners[number] = nil
    if listeners.isEmpty { timer = nil }
  }
}
