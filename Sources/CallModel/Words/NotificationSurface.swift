// SPDX-License-Identifier: Apache-2.0

/// What shows the user that a call is ongoing.
package enum NotificationSurface: String, BusRepresentable, CaseIterable {
  /// A notification that stays.
  case persistent
  /// A notification that the desktop may hide.
  case plain
  case none
  /// One that a later daemon has.
  case unknown
}
