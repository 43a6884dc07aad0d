// SPDX-License-Identifier: Apache-2.0

/// A point in time until which something may take; the clock stands still while the machine sleeps, as libdbus's does.
package struct Deadline: Sendable {
  /// How long it was, in whole seconds, at least 1: for messages.
  package let seconds: Int
  private let instant: SuspendingClock.Instant

  package init(in duration: Duration) { self.init(in: duration, of: duration) }

  /// - Parameter whole: the time that `duration` is left of.
  init(in duration: Duration, of whole: Duration) {
    instant = SuspendingClock().now + duration
    seconds = max(1, Int(clamping: whole.components.seconds))
  }

  private init(_ instant: SuspendingClock.Instant, seconds: Int) { (self.instant, self.seconds) = (instant, seconds) }

  /// This one, or the one in that time where it comes first.
  package func sooner(_ duration: Duration) -> Deadline {
    let other = Deadline(in: duration)
    return other.instant < instant ? other : self
  }

  /// As much earlier than this one.
  func earlier(by duration: Duration) -> Deadline { Deadline(instant - duration, seconds: seconds) }

  func isBefore(_ other: Deadline) -> Bool { instant < other.instant }

  var isOver: Bool { left <= .zero }

  var left: Duration { SuspendingClock().now.duration(to: instant) }

  /// Milliseconds that are left, rounded up; 0 when it has passed.
  package var milliseconds: Int32 {
    let left = left
    guard left > .zero else { return 0 }
    let (whole, fraction) = left.components
    guard whole < Int64(Int32.max / 1000) - 1 else { return Int32.max - 1 }
    return Int32(whole) * 1000 + Int32(fraction / 1_000_000_000_000_000) + 1
  }
}
