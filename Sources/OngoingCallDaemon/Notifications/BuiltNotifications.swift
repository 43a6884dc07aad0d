// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Logging
import Systemd

/// The notifications that callers have built for their next launch. They are kept while the caller is on the bus.
@EventLoopActor
final class BuiltNotifications {
  private struct Built {
    var notification: CustomNotification
    let owner: Sandbox?
    let watch: BusSlot
  }

  private let bus: Bus
  private let logger: Logger
  private var byCaller: [String: Built] = [:]

  init(on bus: Bus, logger: Logger) { (self.bus, self.logger) = (bus, logger) }

  var count: Int { byCaller.count }

  /// - Parameters:
  ///   - caller: its unique name on the bus.
  ///   - owner: the caller's sandbox, or nil. A sandbox can have any number of connections.
  func keep(_ notification: CustomNotification, for caller: String, of owner: Sandbox? = nil) throws(BusError) {
    guard byCaller[caller] == nil else {
      byCaller[caller]?.notification = notification
      return
    }
    switch Limit.builtNotifications.limit(for: owner, among: byCaller.values.map(\.owner)) {
    case nil: break
    case .own:
      let (count, who) = (byCaller.values.count { $0.owner == owner }, owner == nil ? "" : " of this application")
      let text = "\(count) connections\(who) have built a notification and not launched yet; pass it to Launch instead"
      throw BusError(.limitReached(text))
    case .others: throw BusError(.limitReached("too many notifications are built already; pass it to Launch instead"))
    }
    let watch = try bus.onDeparture(of: caller) { [weak self] in self?.forget(caller) }
    byCaller[caller] = Built(notification: notification, owner: owner, watch: watch)
    // It may have left before the watch began.
    EventLoopActor.task { [weak self, bus, logger] in
      do throws(BusError) {
        if try await !bus.hasOwner(caller) { self?.forget(caller) }
      } catch { logger.warning("cannot find out whether \(caller) is still on the bus: \(error)") }
    }
  }

  private func forget(_ caller: String) { byCaller[caller] = nil }

  /// Returns what the caller has built, and forgets it.
  func take(of caller: String) -> CustomNotification? { byCaller.removeValue(forKey: caller)?.notification }

  /// Puts it back after a launch that failed, unless the caller has built another one meanwhile.
  func putBack(_ notification: CustomNotification, for caller: String, of owner: Sandbox?) {
    guard byCaller[caller] == nil else { return }
    do throws(BusError) { try keep(notification, for: caller, of: owner) } catch { logger.warning("\(error)") }
  }
}
