// SPDX-License-Identifier: Apache-2.0

/// How much of a notification a locked screen shows.
public enum Visibility: String, Sendable, CaseIterable, Codable {
  /// Everything.
  case `public`
  /// That there is one, but not what it says.
  case `private`
  /// Nothing.
  case secret

  /// The hint `x-gnome-privacy-scope`, the only existing one: `system` shows the notification on the lock screen,
  /// `user` does not.
  public var privacyScope: String { self == .public ? "system" : "user" }
}
