// SPDX-License-Identifier: Apache-2.0

/// A named set of defaults for notifications, saved for the user.
public struct NotificationChannel: Sendable, Equatable, Codable {
  /// The channel that always exists.
  public static let defaultID = "CometChat_Call_Ongoing_Conference"

  public var id: String
  /// For people.
  public var name: String
  public var importance: Importance
  public var lockscreenVisibility: Visibility
  /// Whether the server may play a sound when the notification is posted. A call is heard anyway.
  public var sound: Bool

  public init(
    id: String, name: String, importance: Importance = .default, lockscreenVisibility: Visibility = .private,
    sound: Bool = false
  ) {
    self.id = id
    self.name = name
    self.importance = importance
    self.lockscreenVisibility = lockscreenVisibility
    self.sound = sound
  }

  public static let `default` = NotificationChannel(id: defaultID, name: "Ongoing calls")
}

extension NotificationChannel {
  private static let missing = "there is no notification channel “"

  /// The beginning of what is said of a channel that is not there.
  package static func missing(_ id: String) -> String { "\(missing)\(OptionProblem.shown(id))”" }

  package static func isMissing(saying problem: String) -> Bool { problem.contains(missing) }
}
