// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// A custom notification for a call. A value that is nil has its default. The call's state, and the buttons that return
/// to it, hang up and mute, are always there.
///
/// The notification exists exactly as long as the call, on any notification server. Each text is one line; markup is
/// shown literally.
public struct OngoingNotification: Sendable, Hashable {
  /// How urgent the notification is.
  public enum Priority: String, Sendable, Hashable, CaseIterable {
    /// Urgency low, like `low`.
    case min
    /// Urgency low.
    case low
    /// Urgency normal.
    case `default`
    /// Urgency normal.
    case high
    /// Breaks through "do not disturb".
    case max
  }

  /// How much of it a locked screen shows, as far as the desktop can do so.
  public enum Visibility: String, Sendable, Hashable, CaseIterable {
    /// Everything.
    case `public`
    /// That there is a notification, but not what it says.
    case `private`
    /// Nothing.
    case secret
  }

  /// A button in addition to the call's own: see ``SessionStatusListener/onNotificationAction(_:)``.
  public struct Action: Sendable, Hashable {
    /// 1 to 32 of a-z, 0-9 and "-".
    public var key: String
    /// 1 to 64 bytes.
    public var label: String

    /// Creates a button.
    public init(key: String, label: String) { (self.key, self.label) = (key, label) }
  }

  /// A named set of defaults for notifications, saved for the user.
  public struct Channel: Sendable, Hashable {
    /// The channel of notifications that name none. It always exists.
    public static let defaultID = NotificationChannel.defaultID

    /// 1 to 128 of letters, digits, "-", "." and "_".
    public var id: String
    /// For people; at most 128 bytes.
    public var name: String
    /// The priority of notifications that have no own priority.
    public var importance: Priority
    /// The visibility of notifications that have no own visibility.
    public var lockscreenVisibility: Visibility
    /// Whether the desktop may make a sound when a notification is posted.
    public var sound: Bool

    /// Creates a channel. It is saved by ``createNotificationChannel(_:)``.
    public init(
      id: String, name: String, importance: Priority = .default, lockscreenVisibility: Visibility = .private,
      sound: Bool = false
    ) {
      (self.id, self.name, self.importance) = (id, name, importance)
      (self.lockscreenVisibility, self.sound) = (lockscreenVisibility, sound)
    }
  }

  /// At most 256 bytes (default: the call's title).
  public var title: String?
  /// A line above the call's state; at most 1024 bytes.
  public var text: String?
  /// The name of a theme icon, or the absolute path of an image file of at most 4 MiB.
  public var icon: String?
  /// Its urgency (default: the channel's importance).
  public var priority: Priority?
  /// Its visibility (default: the channel's).
  public var visibility: Visibility?
  /// Whether it is posted again some time after the user dismissed it. If false: when the call changes.
  public var isOngoing = true
  /// Whether a pressed button removes it until it is posted again.
  public var autoCancels = false
  /// Further buttons, at most 3.
  public var actions: [Action] = []
  /// The id of an existing channel.
  public var channel: String?
  /// Where a click leads (default: the context's return target).
  public var returnTarget: CallContext.ReturnTarget?

  /// Creates a notification with defaults for everything else.
  public init(title: String? = nil, text: String? = nil, icon: String? = nil) {
    (self.title, self.text, self.icon) = (title, text, icon)
  }

  /// Sets the notification of the calls that are launched from now on; nil restores the default notification. Call it
  /// before ``OngoingCallService/launch(_:)``, which throws if the notification is invalid.
  public static func buildOngoingConferenceNotification(_ notification: OngoingNotification?) {
    CallCoordinator.shared.build(notification)
  }

  /// Creates a channel, or replaces the channel with the same id. Live notifications change at once. The default
  /// channel always exists.
  public static func createNotificationChannel(_ channel: Channel) async throws(CallsError) {
    try await CallCoordinator.shared.create(channel)
  }

  /// Deletes a channel. Notifications that name it use the default channel, which cannot be deleted.
  public static func deleteNotificationChannel(_ id: String) async throws(CallsError) {
    try await CallCoordinator.shared.deleteChannel(id)
  }
}

// MARK: - As the daemon knows it

extension OngoingNotification {
  func custom() throws(CallsError) -> CustomNotification {
    var custom = CustomNotification()
    (custom.title, custom.text, custom.icon, custom.channel) = (title, text, icon, channel)
    custom.priority = priority.flatMap { Importance(rawValue: $0.rawValue) }
    custom.visibility = visibility.flatMap { CallModel.Visibility(rawValue: $0.rawValue) }
    (custom.isOngoing, custom.autoCancels) = (isOngoing, autoCancels)
    custom.actions = actions.map { CustomNotification.Action(key: $0.key, label: $0.label) }
    custom.returnTarget = try returnTarget.map { target throws(CallsError) in try ReturnTarget(target) }
    return custom
  }
}

extension OngoingNotification.Channel {
  var channel: NotificationChannel {
    var channel = NotificationChannel(id: id, name: name)
    channel.importance = Importance(rawValue: importance.rawValue) ?? .default
    channel.lockscreenVisibility = Visibility(rawValue: lockscreenVisibility.rawValue) ?? .private
    channel.sound = sound
    return channel
  }
}

extension ReturnTarget {
  init(_ target: CallContext.ReturnTarget) throws(CallsError) {
    switch target {
    case .application(let name):
      self.init(application: try Application(returningTo: name))
    case .command(let command): self.init(command: command)
    }
  }
}
