// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles
import OngoingCall
import Synchronization

/// Work on a thread of its own, which is left behind where it does not come to an end: a file system that is gone, say,
/// keeps whoever asks.
final class Probe<Value: Sendable>: Sendable {
  private let result = Mutex<Value?>(nil)
  private let done: Pipe
  /// Begins at once.
  init(_ work: @escaping @Sendable () -> Value) throws(CommandFailure) {
    done = try Pipe()
    var thread = pthread_t()
    // The thread keeps the probe, also one that nobody waits for any more.
    let own = Unmanaged.passRetained(ThreadJob { self.finish(work()) })
    let code = pthread_create(&thread, nil, probeThread, own.toOpaque())
    guard code == 0 else {
      own.release()
      throw CommandFailure(.failure, "thread", "cannot create a thread: \(String(cString: strerror(code)))")
    }
    pthread_detach(thread)
  }

  deinit {
    close(done.reading)
    close(done.writing)
  }

  /// What came of it, or nil where nothing has until then.
  func value(until deadline: Deadline) -> Value? {
    var wait = pollfd(fd: done.reading, events: Int16(POLLIN), revents: 0)
    _ = retryOnInterrupt { poll(&wait, 1, deadline.milliseconds) }
    return result.withLock { $0 }
  }

  private func finish(_ value: Value) {
    result.withLock { $0 = value }
    var byte: UInt8 = 1
    _ = write(done.writing, &byte, 1)
  }
}

/// What a thread does; its function can have no type parameter.
private final class ThreadJob: Sendable {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func probeThread(_ job: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
  if let job { Unmanaged<ThreadJob>.fromOpaque(job).takeRetainedValue().run() }
  return nil
}
