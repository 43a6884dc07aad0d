// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import Systemd

/// The thread that runs the event loop of a test process, of which there is one for all tests.
package enum EventLoopThread {
  /// Started by the first who asks, and never stopped.
  private static let thread: pthread_t = {
    var thread = pthread_t()
    let result = pthread_create(
      &thread, nil,
      { _ in
        let end = Result { try EventLoop.main.run() }
        fatalError("the event loop of the tests ended: \(end)")
      }, nil)
    precondition(result == 0, "no thread for the event loop: \(String(cString: strerror(result)))")
    return thread
  }()

  package static func start() { _ = thread }
}

/// Runs `body` on the event loop's thread, from where it does not go away, as nothing of the daemon does.
package func onEventLoop<T: Sendable>(
  _ body: @escaping @EventLoopActor @Sendable () async throws -> T
) async throws -> T {
  EventLoopThread.start()
  return try await withTaskExecutorPreference(EventLoop.main) { try await body() }
}

/// The same, with a scene of its own, which is there until `body` has ended.
package func onEventLoop<Scene>(
  with scene: @escaping @EventLoopActor @Sendable () async throws -> Scene,
  _ body: @escaping @EventLoopActor @Sendable (Scene) async throws -> Void
) async throws {
  try await onEventLoop {
    let scene = try await scene()
    try await body(scene)
    withExtendedLifetime(scene) {}
  }
}
