// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The channels that a user has, in the order of their ids. The default one is always among them.
public struct NotificationChannels: Sendable, Equatable {
  private var byID: [String: NotificationChannel] = [:]

  public init() {}

  public var all: [NotificationChannel] {
    let ids = Set(byID.keys).union([NotificationChannel.defaultID])
    return ids.sorted().compactMap { self[$0] }
  }

  /// Those that somebody has created, the default one too where it is not as it comes.
  public var created: [NotificationChannel] { byID.values.sorted { $0.id < $1.id } }

  /// The one of this id; without an id, the default one.
  public subscript(id: String?) -> NotificationChannel? {
    let id = id ?? NotificationChannel.defaultID
    return byID[id] ?? (id == NotificationChannel.defaultID ? .default : nil)
  }

  /// What a notification that names this one is of: where it is gone, the default one.
  public func inForce(_ id: String?) -> NotificationChannel { self[id] ?? self[nil] ?? .default }

  /// Adds it, or puts it in the place of the one with its id.
  public mutating func create(_ channel: NotificationChannel) { byID[channel.id] = channel }

  /// The default one is then as it comes.
  public mutating func delete(_ id: String) { byID[id] = nil }
}
