// SPDX-License-Identifier: Apache-2.0
import CallModel

/// A user's channels, ordered by id. The default channel is always among them.
public struct NotificationChannels: Sendable, Equatable {
  private var byID: [String: NotificationChannel] = [:]

  public init() {}

  public var all: [NotificationChannel] {
    let ids = Set(byID.keys).union([NotificationChannel.defaultID])
    return ids.sorted().compactMap { self[$0] }
  }

  /// The channels that somebody has created, including a changed default channel.
  public var created: [NotificationChannel] { byID.values.sorted { $0.id < $1.id } }

  /// The channel with this id; without an id, the default channel.
  public subscript(id: String?) -> NotificationChannel? {
    let id = id ?? NotificationChannel.defaultID
    return byID[id] ?? (id == NotificationChannel.defaultID ? .default : nil)
  }

  /// The channel of a notification that names this one; the default channel if it was deleted.
  public func inForce(_ id: String?) -> NotificationChannel { self[id] ?? self[nil] ?? .default }

  /// Adds a channel, or replaces the one with its id.
  public mutating func create(_ channel: NotificationChannel) { byID[channel.id] = channel }

  /// Deleting the default channel resets it.
  public mutating func delete(_ id: String) { byID[id] = nil }
}
