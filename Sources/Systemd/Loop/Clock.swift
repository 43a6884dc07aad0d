// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// The clocks of clock_gettime(2), in µs.
public enum SystemClock {
  /// The time of day, which can be set.
  case realtime
  /// Since boot, including suspended time.
  case boottime
  /// Since boot, without suspended time.
  case monotonic

  public var now: UInt64 {
    var time = timespec()
    let id =
      switch self {
      case .realtime: CLOCK_REALTIME
      case .boottime: CLOCK_BOOTTIME
      case .monotonic: CLOCK_MONOTONIC
      }
    clock_gettime(id, &time)
    return UInt64(time.tv_sec) * 1_000_000 + UInt64(time.tv_nsec) / 1000
  }

  /// How long the machine has been suspended since boot, in µs, plus a few.
  public static var timeAsleep: UInt64 {
    // Read the clock that may be ahead last.
    let awake = monotonic.now
    return boottime.now - awake
  }
}
