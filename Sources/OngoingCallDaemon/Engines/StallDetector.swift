// SPDX-License-Identifier: Apache-2.0
import CallModel

/// How long an engine has sent nothing, counted in its own reports, one per second: an engine that gets no processor
/// time sends no reports.
struct StallDetector {
  private var sent: UInt64 = 0
  private var reports = 0

  /// An engine that has never sent anything gets time to start.
  mutating func isTooLong(after counters: MediaCounters, shouldSend: Bool) -> Bool {
    defer { sent = counters.sent }
    reports = shouldSend && sent > 0 && counters.sent == sent ? reports + 1 : 0
    return reports >= Limit.stillReports
  }
}
