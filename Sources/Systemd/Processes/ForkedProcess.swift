// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc

/// A child that is a copy of this process and does one thing: it reads requests from a socket and answers them. It ends
/// with its parent, and has nothing of it but its memory.
///
/// Not a program of its own: it is there without a disk, and shares the memory that neither writes to. To be made while
/// the process has one thread.
public struct ForkedProcess: Sendable {
  public let pid: Int32
  /// Non-blocking; the caller's.
  public let socket: Int32

  /// - Parameters:
  ///   - name: what ps(1) shows, at most 15 bytes.
  ///   - serve: what the child does, with its end of the socket; the child ends when that returns.
  public init(named name: String, _ serve: (Int32) -> Void) throws(SystemError) {
    var end: Int32 = -1
    clinux_forget_children()
    pid = try SystemError.checkCall(clinux_fork(name, &end), "fork a process")
    socket = end
    guard pid > 0 else {
      serve(end)
      // Not exit(3): what is to be done there is the parent's.
      _exit(0)
    }
  }
}
