// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles

extension Files {
  /// The contents, or nil where there is no such file or it is larger than a file of ours.
  static func read(_ path: String) -> [UInt8]? { read(path, limit: Limit.fileBytes) }

  /// The contents of a file that only this user can have written.
  static func readOwn(_ path: String, limit: Int = Limit.fileBytes) throws(FileProblem) -> [UInt8] {
    try readRegular(path, limit: limit, O_NOFOLLOW) { status throws(FileProblem) in
      guard status.st_uid == geteuid(), status.st_mode & 0o022 == 0 else {
        throw .ofOthers(owner: status.st_uid, mode: status.st_mode & 0o7777)
      }
    }
  }

  /// The contents of a file that only this user can read.
  static func readPrivate(_ path: String, limit: Int) throws(FileProblem) -> [UInt8] {
    try readRegular(path, limit: limit, O_NOFOLLOW) { status throws(FileProblem) in
      guard status.st_uid == geteuid(), status.st_mode & 0o077 == 0 else {
        throw .notPrivate(owner: status.st_uid, mode: status.st_mode & 0o7777)
      }
    }
  }

  /// The contents of what is a file, and nothing else that has a path.
  static func readRegular(
    _ path: String, limit: Int, _ flags: Int32 = 0, _ check: (stat) throws(FileProblem) -> Void = { _ in }
  ) throws(FileProblem) -> [UInt8] {
    // Not to wait for whoever writes to a pipe, and not to be given a terminal.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | flags)
    guard descriptor >= 0 else {
      let code = errno
      // What cannot be opened at all is named too: a socket, a device without a driver, somebody else's pipe.
      if let kind = FileKind(path, follows: flags & O_NOFOLLOW == 0) { throw .notRegular(kind) }
      throw .cannotBeRead(code)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .cannotBeRead(errno) }
    if let kind = FileKind(status.st_mode) { throw .notRegular(kind) }
    try check(status)
    guard status.st_size <= limit else { throw .tooLarge(Int(status.st_size), limit: limit) }
    guard let contents = Descriptor.contents(of: descriptor, limit: limit) else { throw .cannotBeRead(errno) }
    return contents
  }
}

/// Why a file is not read.
enum FileProblem: Error, Equatable, CustomStringConvertible {
  case cannotBeRead(Int32)
  case notRegular(FileKind)
  case ofOthers(owner: uid_t, mode: mode_t)
  case notPrivate(owner: uid_t, mode: mode_t)
  case tooLarge(Int, limit: Int)

  var description: String {
    switch self {
    case .cannotBeRead(let errno): "it cannot be read: \(String(cString: strerror(errno)))"
    case .notRegular(let kind): "it is a \(kind.rawValue), not a file"
    case .ofOthers(let owner, let mode):
      "others may have written it: it belongs to user \(owner) with mode \(String(mode, radix: 8)); "
        + "it must belong to user \(geteuid()), with mode 600"
    case .notPrivate(let owner, let mode):
      "others can read it: it belongs to user \(owner) with mode \(String(mode, radix: 8)); "
        + "it must belong to user \(geteuid()), with mode 600"
    case .tooLarge(let bytes, let limit): "it is \(bytes) bytes large; at most \(limit) are read"
    }
  }
}
