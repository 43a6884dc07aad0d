// SPDX-License-Identifier: Apache-2.0

/// What of a notification may be seen on a locked screen.
public enum Visibility: String, Sendable, CaseIterable, Codable {
  /// All of it.
  case `public`
  /// That there is one, not what it says.
  case `private`
  /// Nothing.
  case secret

  /// The hint `x-gnome-privacy-scope`, the only one there is for this: `system` shows it on the lock screen, `user` does
  /// not.
  public var privacyScope: String { self == .public ? "system" : "user" }
}
