// SPDX-License-Identifier: Apache-2.0

/// An application's wishes for its call's notification. A value that is nil has its default.
public struct CustomNotification: Sendable, Equatable, Codable {
  /// A button in addition to the call's own. Pressing it causes the event `notification-action`.
  public struct Action: Sendable, Equatable, Codable {
    public var key: String
    public var label: String

    public init(key: String, label: String) {
      self.key = key
      self.label = label
    }
  }

  /// The name of a theme icon, or the absolute path of an image.
  public var icon: String?
  public var title: String?
  public var text: String?
  public var priority: Importance?
  /// Whether it is posted again after it was dismissed. If not, it is posted again only when the call's state changes.
  public var isOngoing = true
  /// Whether a click removes it, until the call's state changes or, if it is ongoing, at once.
  public var autoCancels = false
  public var visibility: Visibility?
  public var category: String?
  public var actions: [Action] = []
  /// The id of its channel.
  public var channel: String?
  /// Where a click leads; nil is the target of the launch.
  public var returnTarget: ReturnTarget?

  public init() {}
}
