// SPDX-License-Identifier: Apache-2.0
import Systemd

/// So much at once, and then so much in a time.
struct TokenBucket {
  let most: Int
  /// µs until there is one more.
  let interval: UInt64

  private var left: Int
  private var since: UInt64 = 0
  /// How often there was nothing left since there last was.
  private(set) var missed = 0

  init(_ most: Int, every interval: Duration) {
    (self.most, left, self.interval) = (most, most, max(1, interval.microseconds))
  }

  /// Takes one; false where there is none left.
  mutating func take(now: UInt64 = SystemClock.boottime.now) -> Bool {
    let grown = (now - min(since, now)) / interval
    if left + Int(clamping: grown) >= most {
      (left, since) = (most, now)
    } else {
      left += Int(grown)
      since += grown * interval
    }
    guard left > 0 else {
      missed += 1
      return false
    }
    left -= 1
    return true
  }

  /// Returns how often there was nothing left, and begins to count anew.
  mutating func takeMissed() -> Int {
    defer { missed = 0 }
    return missed
  }
}
