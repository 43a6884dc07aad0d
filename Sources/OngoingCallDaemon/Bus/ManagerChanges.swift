// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Tells the bus which of the manager's properties have changed.
@EventLoopActor
struct ManagerChanges {
  let bus: Bus
  let logger: Logger

  /// What the bus does not hear of has changed all the same.
  func tell(_ change: NotificationController.Change) {
    do throws(BusError) {
      try bus.emitPropertiesChanged(
        path: BusName.rootPath, interface: BusName.managerInterface, [change.property])
    } catch { logger.error("cannot tell the bus that \(change.property) has changed: \(error)") }
  }
}

extension NotificationController.Change {
  fileprivate var property: String {
    switch self {
    case .surface: ManagerInfo.name(\.notificationSurface)
    case .channels: ManagerInfo.name(\.notificationChannels)
    }
  }
}
