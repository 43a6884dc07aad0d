// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// What the daemon tells the service manager that started it (sd_notify(3)). Without one, nothing happens.
@EventLoopActor
public enum ServiceNotifier {
  /// The daemon serves. `status` is the line that `systemctl status` shows.
  public static func ready(_ status: String) { tell { oc_notify_ready(oneLine(status)) } }

  /// The daemon reads its configuration again; ``ready(_:)`` is the end of it.
  public static func reloading() { tell(oc_notify_reloading) }

  public static func status(_ status: String) { tell { oc_notify_status(oneLine(status)) } }

  public static func stopping(_ status: String) { tell { oc_notify_stopping(oneLine(status)) } }

  private static func tell(_ notify: () -> Int32) { _ = SpareDescriptor.use(notify) }

  private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}

/// Feeds the service manager's watchdog (`WatchdogSec=`) as long as the loop turns and `isHealthy` holds.
@EventLoopActor
public final class Watchdog {
  private var timer: EventSource?

  /// nil where the service manager wants none.
  public init?(isHealthy: @escaping @EventLoopActor () -> Bool) throws(SystemError) {
    var interval: UInt64 = 0
    guard try SystemError.check(oc_watchdog_interval(&interval), "read the watchdog's interval") > 0 else {
      return nil
    }
    // Twice in an interval, as sd_watchdog_enabled(3) advises, with room for timers to be joined.
    let half = Duration.microseconds(Int64(interval / 2))
    timer = try EventSource.repeatingTimer(every: half, accuracy: half / 4) {
      if isHealthy() { _ = SpareDescriptor.use(oc_watchdog_feed) }
    }
    _ = oc_watchdog_feed()
  }
}
