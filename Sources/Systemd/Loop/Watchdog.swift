// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// Feeds the service manager's watchdog (`WatchdogSec=`) as long as the loop turns and `isHealthy` holds.
@EventLoopActor
public final class Watchdog {
  private var listener: SharedTimer.Listener?

  /// nil where the service manager wants none.
  public init?(on pulse: SharedTimer = .main, isHealthy: @escaping @EventLoopActor () -> Bool) throws(SystemError) {
    guard try Self.interval() > 0 else { return nil }
    listener = try pulse.listen { if isHealthy() { ServiceNotifier.feedWatchdog() } }
    ServiceNotifier.feedWatchdog()
  }

  /// How often it is to be fed; nil where the service manager wants none.
  ///
  /// sd_watchdog_enabled(3) advises half of its interval. With two thirds the process wakes less often and may still be
  /// late by seconds, and one that hangs is found sooner than by an interval of which half is as long.
  static var feedingInterval: Duration? {
    guard let interval = try? interval(), interval > 0 else { return nil }
    return .microseconds(Int64(min(interval, UInt64(Int64.max)) / 3 * 2))
  }

  /// µs; 0 where there is none.
  private static func interval() throws(SystemError) -> UInt64 {
    var interval: UInt64 = 0
    let isWanted = try SystemError.check(oc_watchdog_interval(&interval), "read the watchdog's interval") > 0
    return isWanted ? interval : 0
  }
}
