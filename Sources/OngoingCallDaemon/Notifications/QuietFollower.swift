// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Systemd

/// Follows whether a notification server holds notifications back, as far as it says so.
@EventLoopActor
final class QuietFollower {
  private static let properties = "org.freedesktop.DBus.Properties"
  private var slot: BusSlot?

  /// - Parameter changed: nil is a server that does not say.
  init?(
    _ property: QuietProperty, _ service: BusService, path: String, changed: @escaping @EventLoopActor (Bool?) -> Void
  ) {
    func ask() {
      service.call(
        path: path, interface: Self.properties, member: "Get", [.string(property.interface), .string(property.name)],
        timeout: nil
      ) { reply throws(BusError) -> Bool? in
        guard case .variant(let value) = try reply.read() else { return nil }
        return value.asBool
      } answer: { [weak self] result in
        if self != nil { changed((try? result.get()) ?? nil) }
      }
    }
    // What has changed may be in the signal or not: it is asked for.
    if let signal = property.signal {
      slot = try? service.onSignal(path: path, interface: property.interface, member: signal) { _ in ask() }
    } else {
      slot = try? service.onSignal(
        path: path, interface: Self.properties, member: "PropertiesChanged", arg0: property.interface
      ) { _ in ask() }
    }
    guard slot != nil else { return nil }
    ask()
  }
}
