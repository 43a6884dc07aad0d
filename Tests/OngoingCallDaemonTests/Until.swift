// SPDX-License-Identifier: Apache-2.0
import CSystemd

@testable import Systemd

/// Returns when `holds` does, which is looked at after each event of the loop: for what nobody is told of.
@EventLoopActor
func until(_ holds: @escaping @EventLoopActor () -> Bool) async {
  guard !holds() else { return }
  await withCheckedContinuation { Watch(holds, $0).begin() }
}

@EventLoopActor
private final class Watch {
  private let holds: @EventLoopActor () -> Bool
  private let end: CheckedContinuation<Void, Never>
  private var source: OpaquePointer?

  init(_ holds: @escaping @EventLoopActor () -> Bool, _ end: CheckedContinuation<Void, Never>) {
    (self.holds, self.end) = (holds, end)
  }

  func begin() {
    // Retained until it holds: the loop has only a pointer.
    let result = sd_event_add_post(
      EventLoop.main.event, &source,
      { _, pointer in
        guard let pointer else { return 0 }
        let watch = Unmanaged<Watch>.fromOpaque(pointer)
        EventLoopActor.assumeIsolated { if watch.takeUnretainedValue().isOver() { watch.release() } }
        return 0
      }, Unmanaged.passRetained(self).toOpaque())
    precondition(result >= 0, "the loop cannot be watched: \(result)")
  }

  private func isOver() -> Bool {
    guard holds() else { return false }
    sd_event_source_disable_unref(source)
    end.resume()
    return true
  }
}
