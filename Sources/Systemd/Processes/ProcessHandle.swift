// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A process, by a descriptor that stays its own when its number is another's (pidfd_open(2)).
@EventLoopActor
public final class ProcessHandle {
  /// It stays this object's.
  public let descriptor: Int32
  private var source: EventSource?

  /// Takes over `descriptor`.
  public init(_ descriptor: Int32) { self.descriptor = descriptor }

  /// - Throws: `ESRCH` where there is no such process; `EINVAL` or `ENOENT` where it is a thread of another.
  public convenience init(of process: Int32) throws(SystemError) {
    self.init(try SystemError.checkCall(clinux_open_process(process), "open the process \(process)"))
  }

  deinit {
    EventLoopActor.assumeIsolated {
      // Before the descriptor is closed: the fd store may have it open too.
      source?.cancel()
      close(descriptor)
    }
  }

  /// Another of the same process, of a descriptor that stays the caller's.
  public static func duplicate(_ descriptor: Int32) throws(SystemError) -> ProcessHandle {
    ProcessHandle(try SystemError.checkCall(fcntl(descriptor, F_DUPFD_CLOEXEC, 3), "duplicate a descriptor"))
  }

  public var hasEnded: Bool {
    var poll = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return Glibc.poll(&poll, 1, 0) != 0
  }

  /// `handler` is called once, when the process has ended; at the next turn of the loop where it has already.
  public func onEnd(_ handler: @escaping @EventLoopActor () -> Void) throws(SystemError) {
    source = try EventSource.descriptor(descriptor, .readable) { [weak self] _ in
      self?.source?.cancel()
      self?.source = nil
      handler()
    }
  }

  /// A process that has ended already is no error.
  public func signal(_ signal: Int32) throws(SystemError) {
    let result = clinux_signal_process(descriptor, signal)
    guard result < 0, errno != ESRCH else { return }
    try SystemError.checkCall(result, "signal a process")
  }
}
