// SPDX-License-Identifier: Apache-2.0

/// How urgent a notification is, on Android's scale of priorities.
public enum Importance: String, Sendable, CaseIterable, Codable {
  case min
  case low
  case `default`
  case high
  case max

  /// The hint `urgency` (Desktop Notifications Specification, "Urgency Levels"): 0 low, 1 normal, 2 critical.
  ///
  /// A critical notification stays on the screen and breaks through "do not disturb", so only `max` is critical.
  public var urgency: UInt8 {
    switch self {
    case .min, .low: 0
    case .default, .high: 1
    case .max: 2
    }
  }
}
