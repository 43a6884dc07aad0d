// SPDX-License-Identifier: Apache-2.0
package import Systemd

/// What handlers on the event loop put down for a test that waits for it.
@EventLoopActor
package final class Mailbox<Item: Sendable> {
  private var items: [Item] = []
  private var waiter: CheckedContinuation<Void, Never>?

  package init() {}

  /// Everything that nobody has taken yet, the oldest first.
  package var waiting: [Item] { items }

  /// Throws away what is there.
  package func clear() { items = [] }

  package func put(_ item: Item) {
    items.append(item)
    wake()
  }

  /// The oldest item; nil where none comes in time. One may wait at a time.
  package func next(within limit: Duration = .seconds(30)) async -> Item? {
    if items.isEmpty {
      // Without a timer there is still the test's own time limit.
      let timer = try? EventSource.timer(after: limit, accuracy: .milliseconds(1)) { [weak self] in self?.wake() }
      // Looked at again: getting here may have taken a turn of the loop.
      await withCheckedContinuation { if items.isEmpty { waiter = $0 } else { $0.resume() } }
      timer?.cancel()
    }
    return items.isEmpty ? nil : items.removeFirst()
  }

  /// The next `count` items, or fewer where they do not come in time.
  package func next(_ count: Int, within limit: Duration = .seconds(30)) async -> [Item] {
    var result: [Item] = []
    while result.count < count, let item = await next(within: limit) { result.append(item) }
    return result
  }

  private func wake() {
    waiter?.resume()
    waiter = nil
  }
}
