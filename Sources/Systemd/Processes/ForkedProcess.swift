// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A child process that is a copy of this process and does one thing: it reads requests from a socket and answers them.
/// It ends with its parent, and shares nothing with it except memory.
///
/// It is not a separate program, so it needs no disk to start, and shares all memory that neither of them writes.
/// Create it while the process has one thread.
public struct ForkedProcess: Sendable {
  public let pid: Int32
  /// Non-blocking; the caller owns it.
  public let socket: Int32

  /// - Parameters:
  ///   - name: the name for ps(1), at most 15 bytes.
  ///   - serve: what the child does, with its end of the socket. The child exits when it returns.
  public init(named name: String, _ serve: (Int32) -> Void) throws(SystemError) {
    var end: Int32 = -1
    pid = try SystemError.checkCall(clinux_fork(name, &end), "fork a process")
    socket = end
    guard pid > 0 else {
      serve(end)
      // Not exit(3): its handlers belong to the parent.
      _exit(0)
    }
  }

  /// Forgets the child when it has ended, so that nothing of it is left.
  @EventLoopActor
  public func reapAtEnd() throws(SystemError) {
    let handle = try ProcessHandle(of: pid)
    // It lives on until then.
    try handle.onEnd { _ = handle.reap() }
  }
}
