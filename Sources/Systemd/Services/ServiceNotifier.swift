// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// Notifications to the service manager that started the daemon (sd_notify(3)). Without one, nothing happens.
///
/// Never waits for the service manager: what a stopped one cannot take is sent later.
@EventLoopActor
public enum ServiceNotifier {
  /// The daemon is ready. `status` is the line that `systemctl status` shows.
  public static func ready(_ status: String) { tell("READY=1\nSTATUS=\(oneLine(status))") }

  /// The daemon reads its configuration again; ``ready(_:)`` ends this. systemd 253 and later need the time.
  public static func reloading() { tell("RELOADING=1\nMONOTONIC_USEC=\(SystemClock.monotonic.now)") }

  public static func status(_ status: String) { tell("STATUS=\(oneLine(status))") }

  public static func stopping(_ status: String) { tell("STOPPING=1\nSTATUS=\(oneLine(status))") }

  static func feedWatchdog() {
    let food = "WATCHDOG=1"
    // If they are not read, one is enough.
    if outlet?.endsWith(Array(food.utf8)) != true { tell(food) }
  }

  private static func oneLine(_ text: String) -> String { String(text.map { $0.isNewline ? " " : $0 }) }

  // MARK: The socket

  /// How many bytes may wait: more than all stored and removed descriptors can need.
  private static let limit = 256 * 1024
  private static var outlet: DatagramOutlet?
  private static var address: String?

  private static func notify(_ socket: Int32, _ state: [UInt8], _ descriptor: Int32) -> Int32 {
    // It opens its own socket.
    SpareDescriptor.use { oc_notify(socket, String(decoding: state, as: UTF8.self), descriptor) }
  }

  /// Sends a notification with a duplicate of the descriptor. Returns a negative errno on failure, 0 without a service
  /// manager.
  @discardableResult
  static func tell(_ state: String, _ descriptor: Int32 = -1) -> Int32 {
    guard let now = getenv("NOTIFY_SOCKET").map({ String(cString: $0) }), now.hasPrefix("/") || now.hasPrefix("@")
    else { return 0 }
    if address != now { (address, outlet) = (now, DatagramOutlet(to: now, limit: limit, send: Self.notify)) }
    switch outlet?.send(Array(state.utf8), descriptor) {
    case .sent, .waits: return 1
    case .dropped: return -ENOBUFS
    case .failed(let errno): return -errno
    case nil: return 0
    }
  }
}
