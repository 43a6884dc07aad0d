// SPDX-License-Identifier: Apache-2.0
package import CallModel

// Notifications and channels as the D-Bus API has them; what is as for any call is left to the daemon.

extension CustomNotification {
  package var encoded: BusValue {
    var values: [String: BusValue] = [:]
    values[NotificationKey.icon] = icon.map(BusValue.string)
    values[NotificationKey.title] = title.map(BusValue.string)
    values[NotificationKey.text] = text.map(BusValue.string)
    values[NotificationKey.priority] = (priority?.rawValue).map(BusValue.string)
    values[NotificationKey.ongoing] = isOngoing ? nil : .bool(false)
    values[NotificationKey.autoCancel] = autoCancels ? .bool(true) : nil
    values[NotificationKey.visibility] = (visibility?.rawValue).map(BusValue.string)
    values[NotificationKey.category] = category.map(BusValue.string)
    if !actions.isEmpty {
      values[NotificationKey.actions] = .array(
        actions.map { .structure([.string($0.key), .string($0.label)]) }, of: "(ss)")
    }
    values[NotificationKey.returnDBus] = returnTarget?.application.map {
      .structure([.string($0.name), .objectPath($0.path)])
    }
    values[NotificationKey.returnCommand] = returnTarget?.command.map(BusValue.strings)
    values[NotificationKey.channel] = channel.map(BusValue.string)
    return .dictionary(values)
  }
}

extension NotificationChannel {
  package var encoded: BusValue {
    .dictionary([
      ChannelKey.id: .string(id), ChannelKey.name: .string(name), ChannelKey.importance: .string(importance.rawValue),
      ChannelKey.lockscreenVisibility: .string(lockscreenVisibility.rawValue), ChannelKey.sound: .bool(sound),
    ])
  }

  /// nil where it has no id. What a later daemon says that this version does not know has its default.
  init?(_ value: BusValue) {
    guard let values = value.asDictionary, let id = values[ChannelKey.id]?.asString else { return nil }
    self.init(id: id, name: values[ChannelKey.name]?.asString ?? id)
    importance = values[ChannelKey.importance]?.asString.flatMap(Importance.init) ?? importance
    lockscreenVisibility =
      values[ChannelKey.lockscreenVisibility]?.asString.flatMap(Visibility.init) ?? lockscreenVisibility
    sound = values[ChannelKey.sound]?.asBool ?? sound
  }
}
