// SPDX-License-Identifier: Apache-2.0

/// Where a user finds a session's notification. The raw values are part of the D-Bus API.
public enum NotificationPlace: String, Sendable, CaseIterable {
  case shown
  /// Taken away by the user; it comes back.
  case dismissed
  /// It is being posted, or is going to be.
  case waiting
  /// There is no server, or none that takes it.
  case none
}
