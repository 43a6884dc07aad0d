// SPDX-License-Identifier: Apache-2.0

/// What one task waits for, and not for ever.
@EventLoopActor
final class AutoResetEvent {
  private var hasRung = false
  private var waiter: CheckedContinuation<Void, Never>?

  /// Ends the wait, or the next one where nobody waits.
  func ring() {
    hasRung = waiter == nil
    waiter?.resume()
    waiter = nil
  }

  /// Returns when it has rung, or the time is up. One may wait at a time.
  func wait(_ limit: Duration) async {
    // Without a timer, there is still who rings.
    let timer = hasRung ? nil : try? EventSource.timer(after: limit) { [weak self] in self?.ring() }
    // Looked at again: it may ring on the way to the continuation.
    await withCheckedContinuation { if hasRung { $0.resume() } else { waiter = $0 } }
    hasRung = false
    withExtendedLifetime(timer) {}
  }
}
