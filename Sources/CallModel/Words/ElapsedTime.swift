// SPDX-License-Identifier: Apache-2.0

/// How long something lasts, as a clock shows it: `0:05`, `12:34`, `1:02:03`.
package struct ElapsedTime: Equatable, Sendable, CustomStringConvertible {
  private let seconds: UInt64

  package init(seconds: UInt64) { self.seconds = seconds }

  package var description: String {
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60)
    return (hours > 0 ? "\(hours):\(Self.padded(minutes))" : "\(minutes)") + ":" + Self.padded(seconds % 60)
  }

  private static func padded(_ number: UInt64) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
