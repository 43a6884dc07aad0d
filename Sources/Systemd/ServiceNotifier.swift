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

  static func feedWatchdog() { tell(oc_watchdog_feed) }

  private static func tell(_ notify: () -> Int32) { _ = SpareDescriptor.use(notify) }

  private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }
}
