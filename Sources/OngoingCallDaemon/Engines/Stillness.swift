// SPDX-License-Identifier: Apache-2.0
import CallModel

/// How long an engine has sent nothing, counted in its own reports, one a second: one that does not get its turn makes
/// none.
struct Stillness {
  private var sent: UInt64 = 0
  private var reports = 0

  /// An engine that has never sent anything is given the time to begin.
  mutating func isTooLong(after counters: MediaCounters, shouldSend: Bool) -> Bool {
    defer { sent = counters.sent }
    reports = shouldSend && sent > 0 && counters.sent == sent ? reports + 1 : 0
    return reports >= Limit.stillReports
  }
}
