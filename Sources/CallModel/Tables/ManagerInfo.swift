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

  /// As `CreateNotificationChannel` takes it.
  package var busValue: BusValue {
    .dictionary([
      ChannelKey.id: .string(id), ChannelKey.name: .string(name), ChannelKey.importance: .string(importance.rawValue),
      ChannelKey.lockscreenVisibility: .string(lockscreenVisibility.rawValue), ChannelKey.sound: .bool(sound),
    ])
  }

  /// nil where it has no id. What a later daemon says that this version does not know has its default.
  package init?(bus value: BusValue) {
    guard let values = value.asDictionary, let id = values[ChannelKey.id]?.asString else { return nil }
    self.init(id: id, name: values[ChannelKey.name]?.asString ?? id)
    importance = values[ChannelKey.importance]?.asString.flatMap(Importance.init) ?? importance
    lockscreenVisibility =
      values[ChannelKey.lockscreenVisibility]?.asString.flatMap(Visibility.init) ?? lockscreenVisibility
    sound = values[ChannelKey.sound]?.asBool ?? sound
  }
}
