// SPDX-License-Identifier: Apache-2.0
internal import Glibc

extension Descriptor {
  /// What is on no disk, so that reading it never waits for one.
  public enum Stream: Sendable {
    /// Or a socket.
    case pipe
    /// A file in memory (memfd_create(2)).
    case memory

    /// nil for everything else.
    public init?(_ descriptor: Int32) {
      var status = stat()
      guard fstat(descriptor, &status) == 0 else { return nil }
      switch status.st_mode & S_IFMT {
      case S_IFIFO, S_IFSOCK: self = .pipe
      // Only what is in memory can be sealed (F_GET_SEALS, which Glibc's module leaves out).
      case S_IFREG where fcntl(descriptor, 1034) >= 0: self = .memory
      default: return nil
      }
    }
  }
}
