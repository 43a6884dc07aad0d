// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Logging
import Systemd

/// The notifications that callers have built for their next launch, as long as they are on the bus.
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
  ///   - owner: the sandbox that it is in; nil is none. A sandbox may have any number of connections.
  func keep(_ notification: CustomNotification, for caller: String, of owner: Sandbox? = nil) throws(BusError) {
    guard byCaller[caller] == nil else {
      byCaller[caller]?.notification = notification
      return
    }
    switch Limit.builtNotifications.limit(for: owner, among: byCaller.values.map(\.owner)) {
    case nil: break
    case .own:
      let (count, who) = (byCaller.values.count { $0.owner == owner }, owner == nil ? "" : " of this application")
      let text = "\(count) connections\(who) have built a notification and not launched yet; give it with Launch"
      throw BusError(.limitReached(text))
    case .others: throw BusError(.limitReached("no more notifications are kept just now; give it with Launch"))
    }
    let watch = try bus.onDeparture(of: caller) { [weak self] in self?.forget(caller) }
    byCaller[caller] = Built(notification: notification, owner: owner, watch: watch)
    // It may have gone before it was watched.
    EventLoopActor.task { [weak self, bus, logger] in
      do throws(BusError) {
        if try await !bus.hasOwner(caller) { self?.forget(caller) }
      } catch { logger.warning("whether \(caller) is there is unknown: \(error)") }
    }
  }

  private func forget(_ caller: String) { byCaller[caller] = nil }

  /// What the caller has built, which is then used up.
  func take(of caller: String) -> CustomNotification? { byCaller.removeValue(forKey: caller)?.notification }

  /// For a launch that has failed; what was built meanwhile is newer.
  func putBack(_ notification: CustomNotification, for caller: String, of owner: Sandbox?) {
    guard byCaller[caller] == nil else { return }
    do throws(BusError) { try keep(notification, for: caller, of: owner) } catch { logger.warning("\(error)") }
  }
}
