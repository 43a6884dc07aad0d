// SPDX-License-Identifier: Apache-2.0

/// What an application wants its call's notification to be. What is nil is as for any call.
public struct CustomNotification: Sendable, Equatable, Codable {
  /// A button besides the call's own; who pressed it is told by the event `notification-action`.
  public struct Action: Sendable, Equatable, Codable {
    public var key: String
    public var label: String

    public init(key: String, label: String) {
      self.key = key
      self.label = label
    }
  }

  /// The name of an icon of the theme, or the absolute path of an image.
  public var icon: String?
  public var title: String?
  public var text: String?
  public var priority: Importance?
  /// Posted again after it was dismissed. One that is not is posted again only when the call's state changes.
  public var isOngoing = true
  /// A tap takes it away, until the call's state changes or, where it is ongoing, at once.
  public var autoCancels = false
  public var visibility: Visibility?
  public var category: String?
  public var actions: [Action] = []
  /// The id of its channel.
  public var channel: String?
  /// Where a tap leads; nil is where the launch says.
  public var returnTarget: ReturnTarget?

  public init() {}
}
