// SPDX-License-Identifier: Apache-2.0
public import Glibc

/// What else than a file there may be at a path.
public enum FileKind: String, Sendable {
  case folder
  case pipe
  case socket
  case device
  case link

  /// nil for a file.
  public init?(_ mode: mode_t) {
    switch mode & S_IFMT {
    case S_IFREG: return nil
    case S_IFDIR: self = .folder
    case S_IFIFO: self = .pipe
    case S_IFSOCK: self = .socket
    case S_IFLNK: self = .link
    default: self = .device
    }
  }

  /// nil also where there is nothing.
  public init?(_ path: String, follows: Bool = true) {
    var status = stat()
    guard (follows ? stat(path, &status) : lstat(path, &status)) == 0 else { return nil }
    self.init(status.st_mode)
  }
}
