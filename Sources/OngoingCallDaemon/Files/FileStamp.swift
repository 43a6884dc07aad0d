// SPDX-License-Identifier: Apache-2.0
import Glibc

/// What changes where a file does.
struct FileStamp: Codable, Equatable, Sendable {
  private let path: String
  private let inode: UInt64
  private let size: Int
  /// Seconds and nanoseconds.
  private let changed: [Int]

  init(_ path: String) {
    var status = stat()
    _ = stat(path, &status)
    (self.path, inode, size) = (path, UInt64(status.st_ino), Int(status.st_size))
    changed = [status.st_ctim.tv_sec, status.st_ctim.tv_nsec]
  }
}
