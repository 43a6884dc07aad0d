// SPDX-License-Identifier: Apache-2.0
import CWindow
import Glibc
import Synchronization

/// The main loop of GTK as the executor of ``WindowActor``: how everything from other threads, such as the library's
/// news, comes to the window. Swift's own main actor is never run by GTK's loop.
///
/// `@unchecked`: what threads share is in the mutex, or never changes once the loop runs.
final class WindowLoop: SerialExecutor, TaskExecutor, @unchecked Sendable {
  static let main = WindowLoop()

  private let jobs = Mutex<[UnownedJob]>([])
  private let thread = pthread_self()

  private init() {}

  /// Makes the calling thread, which will run the loop, the one of the actor.
  static func claim() { _ = main }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let isFirst = jobs.withLock { jobs in
      jobs.append(job)
      return jobs.count == 1
    }
    if isFirst { cwindow_invoke { WindowLoop.main.runJobs() } }
  }

  private func runJobs() {
    let all = jobs.withLock { jobs in
      defer { jobs = [] }
      return jobs
    }
    for job in all {
      job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }

  private var isCurrent: Bool { pthread_equal(thread, pthread_self()) != 0 }

  func checkIsolated() { precondition(isCurrent, "this must run on the thread of the window") }

  func isIsolatingCurrentContext() -> Bool? { isCurrent }
}

/// The actor of everything that happens on the thread of the window.
@globalActor
actor WindowActor {
  static let shared = WindowActor()

  nonisolated var unownedExecutor: UnownedSerialExecutor { WindowLoop.main.asUnownedSerialExecutor() }

  /// Starts a task that stays on the window's thread, whatever it awaits.
  nonisolated static func task(_ body: @escaping @WindowActor () async -> Void) {
    Task(executorPreference: WindowLoop.main) { await body() }
  }

  /// Runs `body` at once: GTK calls back on the window's thread.
  static func assumeIsolated<T>(_ body: @WindowActor () -> T) -> T {
    WindowLoop.main.checkIsolated()
    // The cast drops the isolation that was just checked, as the standard library does for the main actor.
    typealias Unisolated = () -> T
    return withoutActuallyEscaping(body) { unsafeBitCast($0, to: Unisolated.self)() }
  }
}
