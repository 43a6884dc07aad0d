// SPDX-License-Identifier: Apache-2.0
import EngineChannel

/// How long an engine has sent nothing, counted in pings.
struct Stillness {
  private var sent: UInt64?
  private var pings = 0

  mutating func note(_ counters: MediaCounters) {
    if counters.sent != sent { pings = 0 }
    sent = counters.sent
  }

  /// Counts one more ping. An engine that has never sent anything is given the time to begin.
  mutating func isBelow(_ limit: Int) -> Bool {
    guard let sent, sent > 0 else { return true }
    pings += 1
    return pings < limit
  }
}
