// SPDX-License-Identifier: Apache-2.0
internal import Synchronization

/// The jobs that wait for the event loop's thread. Any thread pushes, that thread takes, without a lock. `@unchecked`:
/// the only state is one atomic pointer, and a node belongs to whoever has taken it from there.
final class JobQueue: @unchecked Sendable {
  private struct Node {
    var job: UnownedJob
    var next: UnsafeMutablePointer<Node>?
  }

  /// The newest job first.
  private let head = Atomic<UnsafeMutablePointer<Node>?>(nil)

  /// Returns whether the queue was empty; then the loop must be woken.
  func push(_ job: UnownedJob) -> Bool {
    // Freed by `takeAll`.
    let node = UnsafeMutablePointer<Node>.allocate(capacity: 1)
    node.initialize(to: Node(job: job, next: head.load(ordering: .relaxed)))
    while true {
      let expected = node.pointee.next
      let (exchanged, original) = head.compareExchange(
        expected: expected, desired: node, successOrdering: .releasing, failureOrdering: .relaxed)
      if exchanged { return expected == nil }
      node.pointee.next = original
    }
  }

  /// Takes all jobs, in the order in which they were pushed.
  func takeAll() -> [UnownedJob] {
    var jobs: [UnownedJob] = []
    var node = head.exchange(nil, ordering: .acquiring)
    while let current = node {
      jobs.append(current.pointee.job)
      node = current.pointee.next
      current.deinitialize(count: 1)
      current.deallocate()
    }
    return jobs.reversed()
  }
}
