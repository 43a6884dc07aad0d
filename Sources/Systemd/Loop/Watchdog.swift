// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// Notifies the service manager's watchdog (`WatchdogSec=`) as long as the loop runs and `isHealthy` is true.
@EventLoopActor
public final class Watchdog {
  private var listener: SharedTimer.Listener?

  /// nil if the service manager wants no notifications.
  public init?(on pulse: SharedTimer = .main, isHealthy: @escaping @EventLoopActor () -> Bool) throws(SystemError) {
    guard try Self.interval() > 0 else { return nil }
    listener = try pulse.listen { if isHealthy() { ServiceNotifier.feedWatchdog() } }
    ServiceNotifier.feedWatchdog()
  }

  /// How often to notify it; nil if the service manager wants no notifications.
  ///
  /// sd_watchdog_enabled(3) recommends half of its interval. With two thirds, the process wakes up less often and may
  /// still be seconds late; and one that hangs is detected sooner than with an interval whose half is as long.
  static var feedingInterval: Duration? {
    guard let interval = try? interval(), interval > 0 else { return nil }
    return .microseconds(Int64(min(interval, UInt64(Int64.max)) / 3 * 2))
  }

  /// µs; 0 if there is no watchdog.
  private static func interval() throws(SystemError) -> UInt64 {
    var interval: UInt64 = 0
    let isWanted = try SystemError.check(oc_watchdog_interval(&interval), "read the watchdog's interval") > 0
    return isWanted ? interval : 0
  }
}
