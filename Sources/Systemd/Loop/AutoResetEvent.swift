// SPDX-License-Identifier: Apache-2.0

/// Something that one task waits for, with a time limit.
@EventLoopActor
final class AutoResetEvent {
  private var hasRung = false
  private var waiter: CheckedContinuation<Void, Never>?

  /// Ends the wait, or the next one if nobody waits.
  func ring() {
    hasRung = waiter == nil
    waiter?.resume()
    waiter = nil
  }

  /// Returns when it has rung, or after the time limit. Only one task may wait at a time.
  func wait(_ limit: Duration) async {
    // Without a timer, it can still ring.
    let timer = hasRung ? nil : try? EventSource.timer(after: limit) { [weak self] in self?.ring() }
    // Check again: it may ring before the continuation exists.
    await withCheckedContinuation { if hasRung { $0.resume() } else { waiter = $0 } }
    hasRung = false
    withExtendedLifetime(timer) {}
  }
}
