// SPDX-License-Identifier: Apache-2.0
import Systemd

/// Something is waited for, but not for ever.
@EventLoopActor
final class TimedWait {
  private var whenOver: (@EventLoopActor () -> Void)?
  private var limit: EventSource?

  /// - Parameter action: is done once: when ``end()`` is called, or after `limit`.
  init(atMost limit: Duration, _ action: @escaping @EventLoopActor () -> Void) {
    whenOver = action
    do { self.limit = try EventSource.timer(after: limit) { [weak self] in self?.end() } } catch { end() }
  }

  func end() {
    let action = whenOver
    (whenOver, limit) = (nil, nil)
    action?()
  }
}
