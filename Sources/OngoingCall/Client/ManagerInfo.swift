// SPDX-License-Identifier: Apache-2.0
package import CallModel

/// What the daemon says of itself.
package struct ManagerInfo: Sendable, Equatable {
  package var version = ""
  package var engines: [String] = []
  package var notificationSurface: NotificationSurface = .unknown
  package var notificationChannels: [NotificationChannel] = []
  package var sequence: UInt64 = 0

  package enum NotificationSurface: String, Sendable {
    case persistent
    case plain
    case none
    /// One that a later daemon has.
    case unknown
  }

  init(properties: [String: BusValue]) {
    version = properties[ManagerProperty.version]?.asString ?? ""
    engines = properties[ManagerProperty.engines]?.asStrings ?? []
    notificationSurface =
      properties[ManagerProperty.notificationSurface]?.asString.flatMap(NotificationSurface.init) ?? .unknown
    notificationChannels =
      properties[ManagerProperty.notificationChannels]?.asArray?.compactMap { NotificationChannel($0) } ?? []
    sequence = properties[ManagerProperty.sequence]?.asUInt64 ?? 0
  }
}
