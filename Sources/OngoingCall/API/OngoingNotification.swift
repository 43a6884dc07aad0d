// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// What a call's notification is like. What is nil is as for any call; the call's state, and the buttons that return to
/// it, hang up and mute, are there in any case.
///
/// The notification is there as long as the call, on whatever notification server the desktop has. Texts are one line
/// each; markup in them is shown as it is.
public struct OngoingNotification: Sendable, Hashable {
  /// How much it may ask for attention.
  public enum Priority: String, Sendable, Hashable, CaseIterable {
    /// Urgency low, as `low`.
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

  /// What of it may be seen on a locked screen, as far as the desktop can do so.
  public enum Visibility: String, Sendable, Hashable, CaseIterable {
    /// All of it.
    case `public`
    /// That there is one, not what it says.
    case `private`
    /// Nothing.
    case secret
  }

  /// A button besides the call's own: ``SessionStatusListener/onNotificationAction(_:)``.
  public struct Action: Sendable, Hashable {
    /// 1 to 32 of a-z, 0-9 and "-".
    public var key: String
    /// 1 to 64 bytes.
    public var label: String

    /// A button by its key and its label.
    public init(key: String, label: String) { (self.key, self.label) = (key, label) }
  }

  /// A named set of settings for notifications, kept for the user.
  public struct Channel: Sendable, Hashable {
    /// The channel of what names none; it is there without having been created.
    public static let defaultID = NotificationChannel.defaultID

    /// 1 to 128 of letters, digits, "-", "." and "_".
    public var id: String
    /// For people; at most 128 bytes.
    public var name: String
    /// The priority of notifications that have none of their own.
    public var importance: Priority
    /// The visibility of notifications that have none of their own.
    public var lockscreenVisibility: Visibility
    /// Whether the desktop may make a sound when a notification is posted.
    public var sound: Bool

    /// A channel; what is left out has its default.
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
  /// The name of a theme's icon, or the absolute path of an image file of at most 4 MiB.
  public var icon: String?
  /// Default: the channel's importance.
  public var priority: Priority?
  /// Default: the channel's.
  public var visibility: Visibility?
  /// Posted again some time after the user dismissed it; if false, when the call changes.
  public var isOngoing = true
  /// A button that is pressed takes it away, until it is posted again.
  public var autoCancels = false
  /// At most 3.
  public var actions: [Action] = []
  /// The id of a channel that there is.
  public var channel: String?
  /// Where a tap leads (default: the context's return target).
  public var returnTarget: CallContext.ReturnTarget?

  /// A notification of which all but these is as for any call.
  public init(title: String? = nil, text: String? = nil, icon: String? = nil) {
    (self.title, self.text, self.icon) = (title, text, icon)
  }

  /// Makes this the notification of the calls that are launched from now on; nil is the notification of any call. Call
  /// it before ``OngoingCallService/launch(_:)``, which reports what is wrong with it.
  public static func buildOngoingConferenceNotification(_ notification: OngoingNotification?) {
    CallDesk.shared.build(notification)
  }

  /// Creates a channel, or puts it in the place of the one with its id; live notifications follow at once. The default
  /// channel needs no creation.
  public static func createNotificationChannel(_ channel: Channel) async throws(CallsError) {
    try await CallDesk.shared.create(channel)
  }

  /// Takes a channel away; notifications that name it are then of the default channel, which cannot be deleted.
  public static func deleteNotificationChannel(_ id: String) async throws(CallsError) {
    try await CallDesk.shared.deleteChannel(id)
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
