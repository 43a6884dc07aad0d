// SPDX-License-Identifier: Apache-2.0

/// A time limit on CLOCK_MONOTONIC.
struct TimeLimit: Comparable {
  /// In µs.
  private var time: UInt64

  /// Never, if there is no limit.
  init(in limit: Duration?) { time = limit.map { SystemClock.monotonic.now + $0.microseconds } ?? .max }

  var rest: Duration {
    let now = SystemClock.monotonic.now
    return .microseconds(now < time ? Int64(clamping: time - now) : 0)
  }

  var isNever: Bool { time == .max }
  var isOver: Bool { time <= SystemClock.monotonic.now }

  static func < (one: TimeLimit, other: TimeLimit) -> Bool { one.time < other.time }
}
