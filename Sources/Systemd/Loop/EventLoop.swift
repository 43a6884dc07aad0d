// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import CSystemd
internal import Glibc
internal import Synchronization

/// The event loop of the process, based on sd-event(3), and the executor of ``EventLoopActor``.
///
/// It is also a task executor. A continuation is resumed on its task's executor before it returns to its actor; without
/// an executor of its own, a task would go through the global executor and its threads.
///
/// One thread claims the loop and runs it; everything in the daemon happens on that thread. `@unchecked`: the sd-event
/// object is touched only on that thread; what other threads reach is atomic.
public final class EventLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  public static let main = EventLoop()

  let event: OpaquePointer
  private let jobs = JobQueue()
  private let wakeup: Int32
  private let owner = Atomic<UInt>(0)

  private init() {
    var event: OpaquePointer?
    let result = sd_event_new(&event)
    let wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    guard result >= 0, let event, wakeup >= 0 else {
      // Without memory or descriptors for its loop, a process cannot even report an error properly.
      fatalError("no event loop: errno \(result < 0 ? -result : errno)")
    }
    self.event = event
    self.wakeup = wakeup
    let watched = sd_event_add_io(
      event, nil, wakeup, UInt32(EPOLLIN.rawValue),
      { _, _, _, _ in
        EventLoop.main.runJobs()
        return 0
      }, nil)
    precondition(watched >= 0, "the event loop cannot watch its own eventfd")
  }

  /// Makes the calling thread the loop's thread, for good.
  public func claim() {
    let (claimed, _) = owner.compareExchange(expected: 0, desired: Self.thisThread, ordering: .sequentiallyConsistent)
    precondition(claimed || isCurrent, "the event loop already has a thread")
  }

  /// Runs until ``exit(_:)`` and returns its code.
  public func run() throws(SystemError) -> Int32 {
    claim()
    return try SystemError.check(sd_event_loop(event), "run the event loop")
  }

  /// Ends ``run()`` after the current event.
  public func exit(_ code: Int32) { _ = sd_event_exit(event, code) }

  public var isCurrent: Bool { owner.load(ordering: .relaxed) == Self.thisThread }

  private static var thisThread: UInt { UInt(pthread_self()) }

  // MARK: SerialExecutor and TaskExecutor

  public func enqueue(_ job: consuming ExecutorJob) {
    guard jobs.push(UnownedJob(job)) else { return }
    var one: UInt64 = 1
    _ = write(wakeup, &one, 8)
  }

  public func checkIsolated() {
    precondition(isCurrent, "this must run on the event loop's thread")
  }

  public func isIsolatingCurrentContext() -> Bool? { isCurrent }

  private func runJobs() {
    var count: UInt64 = 0
    _ = read(wakeup, &count, 8)
    for job in jobs.takeAll() {
      job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }
}

/// The actor of everything that happens on the event loop's thread.
@globalActor
public actor EventLoopActor {
  public static let shared = EventLoopActor()

  public nonisolated var unownedExecutor: UnownedSerialExecutor { EventLoop.main.asUnownedSerialExecutor() }

  /// Starts a task that stays on the loop's thread, whatever it awaits.
  @discardableResult
  public nonisolated static func task(_ body: @escaping @EventLoopActor () async -> Void) -> Task<Void, Never> {
    Task(executorPreference: EventLoop.main) { await body() }
  }

  /// Runs `body` at once. For C callbacks, which are already on the loop's thread, and for the deinit of what C calls
  /// back: an isolated deinit would wait for its turn, and meanwhile C would call a dead object.
  public static func assumeIsolated<T, E: Error>(
    _ body: @EventLoopActor () throws(E) -> T
  ) throws(E) -> T {
    EventLoop.main.checkIsolated()
    // The cast drops the isolation that was just checked, like the standard library does for the main actor.
    typealias Unisolated = () throws(E) -> T
    return try withoutActuallyEscaping(body) { (escaping) throws(E) -> T in
      try unsafeBitCast(escaping, to: Unisolated.self)()
    }
  }
}
