// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import Synchronization

/// The thread of this library's own, on which it does everything that touches a bus: it never waits for one on a
/// thread that is somebody else's, such as one of Swift's pool.
///
/// The thread starts with the first job, lasts as long as the process and handles no signals.
/// `@unchecked`: what threads share is in the mutex, or never changes.
final class BusLoop: SerialExecutor, @unchecked Sendable {
  static let shared = BusLoop()

  private struct State {
    var jobs: [UnownedJob] = []
    var thread: pthread_t?
  }

  private let state = Mutex(State())
  private let wakeup: Int32

  private init() {
    wakeup = eventfd(0, Int32(EFD_CLOEXEC | EFD_NONBLOCK))
    // Where there are no descriptors left, poll(2) has nothing to wait for, and `wait` takes its turns by the clock.
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isFirst = state.withLock { state in
      state.jobs.append(job)
      if state.thread == nil { state.thread = start() }
      return state.jobs.count == 1
    }
    guard isFirst else { return }
    var one: UInt64 = 1
    _ = write(wakeup, &one, 8)
  }

  private var isCurrent: Bool { state.withLock { $0.thread.map { pthread_equal($0, pthread_self()) != 0 } ?? false } }

  func checkIsolated() { precondition(isCurrent, "this must run on the thread of the bus") }

  func isIsolatingCurrentContext() -> Bool? { isCurrent }

  // MARK: The thread

  private func start() -> pthread_t {
    // A thread inherits its signal mask: handlers are for the application's own threads.
    var (all, before) = (sigset_t(), sigset_t())
    sigfillset(&all)
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { _ in
        clinux_name_thread("ongoingcall")
        BusLoop.shared.run()
      }, nil)
    // As with Swift's own threads: without one nothing can be done, or even be said.
    guard result == 0 else { fatalError("no thread: \(String(cString: strerror(result)))") }
    pthread_detach(thread)
    return thread
  }

  private func run() -> Never {
    while true {
      var count: UInt64 = 0
      _ = read(wakeup, &count, 8)
      for job in state.withLock({ state in exchange(&state.jobs, with: []) }) {
        job.runSynchronously(on: asUnownedSerialExecutor())
      }
      BusActor.assumeIsolated { AsyncClients.takeTurns() }
      wait()
    }
  }

  private func wait() {
    var (polls, time) = BusActor.assumeIsolated { AsyncClients.interests() }
    polls.append(pollfd(fd: wakeup, events: Int16(POLLIN), revents: 0))
    if wakeup < 0 { time = time < 0 ? 100 : min(time, 100) }
    // A process that is a call is not told of the end of a terminal that it is in the background of.
    polls.append(pollfd(fd: clinux_terminal(), events: 0, revents: 0))
    // Interrupted by nothing; any other failure is one of memory, and the next turn tries again.
    guard poll(&polls, nfds_t(polls.count), time) > 0 else { return }
    if polls[polls.count - 1].revents & Int16(POLLHUP) != 0 { clinux_leave_terminal() }
  }
}

private func exchange<T>(_ value: inout T, with other: T) -> T {
  defer { value = other }
  return value
}

/// The actor of everything that happens on the thread of the bus.
@globalActor
actor BusActor {
  static let shared = BusActor()

  nonisolated var unownedExecutor: UnownedSerialExecutor { BusLoop.shared.asUnownedSerialExecutor() }

  /// Runs `body` at once, on the thread of the bus.
  fileprivate static func assumeIsolated<T>(_ body: @BusActor () -> T) -> T {
    BusLoop.shared.checkIsolated()
    // The cast drops the isolation that was just checked, as the standard library does for the main actor.
    typealias Unisolated = () -> T
    return withoutActuallyEscaping(body) { unsafeBitCast($0, to: Unisolated.self)() }
  }
}
