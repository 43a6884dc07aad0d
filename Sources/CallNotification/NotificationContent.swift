// SPDX-License-Identifier: Apache-2.0

/// A notification as it is sent to the server (Desktop Notifications Specification, "Notify").
/// Each field but the last two is an argument or a hint of that call.
public struct NotificationContent: Sendable, Equatable {
  public struct Action: Sendable, Equatable {
    public var key: ActionKey
    public var label: String
  }

  /// Plain text, one line.
  public var summary: String
  /// Escaped if the server interprets markup.
  public var body: String
  public var icon: String
  public var actions: [Action]
  public var urgency: UInt8
  public var category: String
  public var privacyScope: String
  /// It stays when one of its actions is used.
  public var isResident: Bool
  /// The server does not store it; never set for a live call.
  public var isTransient: Bool
  /// The server removes it when it sees fit.
  public var expires = false
  /// Milliseconds after which the server removes it; nil is when it, or who has posted it, sees fit.
  public var lifetime: Int32?
  public var playsSound: Bool
  /// Servers that support this keep one notification per tag.
  public var tag: String?
  /// The call that it is about: where a server keeps only some notifications of an application, each call is one.
  public var call: String
  /// Whether it is posted again when it was dismissed.
  public var isOngoing: Bool
  /// Stands for what is worth the user's attention: where it stays the same, an update tells them nothing new.
  public var news: UInt64 = 0

  /// Stands for all that the server gets, also in the eyes of the next daemon.
  public var fingerprint: UInt64 {
    var print = TextFingerprint()
    for text in [summary, body, icon, category, privacyScope, tag ?? "", call] { print.add(text) }
    for action in actions { for text in [action.key.text, action.label] { print.add(text) } }
    print.add("\(urgency) \(isResident) \(isTransient) \(expires) \(lifetime ?? -1) \(playsSound) \(isOngoing) \(news)")
    return print.value
  }
}
