// SPDX-License-Identifier: Apache-2.0

/// A notification as it is handed to the server (Desktop Notifications Specification, "Notify").
public struct NotificationContent: Sendable, Equatable {
  public struct Action: Sendable, Equatable {
    public var key: ActionKey
    public var label: String
  }

  /// Plain text, one line.
  public var summary: String
  /// Escaped where the server reads markup.
  public var body: String
  public var icon: String
  public var actions: [Action]
  public var urgency: UInt8
  public var category: String
  public var privacyScope: String
  /// It stays when one of its actions was used.
  public var isResident: Bool
  /// It is not kept where nobody sees it; never so for a live call.
  public var isTransient: Bool
  /// The server takes it away when it thinks fit.
  public var expires = false
  public var playsSound: Bool
  /// Servers that know such a thing keep one notification for one tag.
  public var tag: String?
  /// Whether it is to be posted again when it was dismissed.
  public var isOngoing: Bool
}
