// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A process, identified by a descriptor that stays valid when its number is reused (pidfd_open(2)).
@EventLoopActor
public final class ProcessHandle {
  /// Owned by this object.
  public let descriptor: Int32
  private var source: EventSource?

  /// Takes ownership of `descriptor`.
  public init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// - Throws: `ESRCH` if there is no such process; `EINVAL` or `ENOENT` if it is a thread of another process.
  public convenience init(of process: Int32) throws(SystemError) {
    self.init(try SystemError.checkCall(clinux_open_process(process), "open the process \(process)"))
  }

  deinit {
    EventLoopActor.assumeIsolated {
      // Cancel it before the descriptor is closed: the fd store may have it open, too.
      source?.cancel()
      close(descriptor)
    }
  }

  /// A second handle for a descriptor that the caller keeps.
  public static func duplicate(_ descriptor: Int32) throws(SystemError) -> ProcessHandle {
    ProcessHandle(try SystemError.checkCall(fcntl(descriptor, F_DUPFD_CLOEXEC, 3), "duplicate a descriptor"))
  }

  public var hasEnded: Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&poll, 1, 0) != 0
  }

  /// `handler` is called once, when the process exits; in the next turn of the loop if it already has.
  public func onEnd(_ handler: @escaping @EventLoopActor () -> Void) throws(SystemError) {
    source = try EventSource.descriptor(descriptor, .readable) { [weak self] _ in
      self?.source?.cancel()
      self?.source = nil
      handler()
    }
  }

  /// Forgets a child of this process that has ended, and says how; nil if it is no child, or has not ended.
  public func reap() -> ProcessEnd? {
    var (status, signal): (Int32, Int32) = (0, 0)
    guard clinux_reap(descriptor, &status, &signal) else { return nil }
    return signal == 0 ? .exited(status) : .killed(signal)
  }

  /// A process that has already exited is not an error.
  public func signal(_ signal: Int32) throws(SystemError) {
    let result = clinux_signal_process(descriptor, signal)
    guard result < 0, errno != ESRCH else { return }
    try SystemError.checkCall(result, "signal a process")
  }
}

/// How a process has ended.
public enum ProcessEnd: Equatable, Sendable {
  case exited(Int32)
  case killed(Int32)
}
