// SPDX-License-Identifier: Apache-2.0

/// What the daemon says of itself: the manager's properties.
package struct ManagerInfo: Sendable, Equatable {
  package var version = ""
  package var engines: [String] = []
  package var notificationSurface: NotificationSurface = .unknown
  package var notificationChannels: [NotificationChannel] = []
  package var sequence: UInt64 = 0

  package init() {}

  package init(properties: [String: BusValue]) { take(properties) }
}

/// A row for each property.
extension ManagerInfo: BusProperties {
  package static let properties: [BusProperty<Self>] = [
    BusProperty("Version", \.version, .never),
    BusProperty("Engines", \.engines, .silent),
    BusProperty("NotificationSurface", \.notificationSurface, .value),
    BusProperty("NotificationChannels", \.notificationChannels, .value),
    BusProperty("Sequence", \.sequence, .silent),
  ]
}

extension NotificationChannel: BusRepresentable {
  package static var signature: String { "a{sv}" }
  package var busValue: BusValue { encoded }
  package init?(bus value: BusValue) { self.init(value) }
}
