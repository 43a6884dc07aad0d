// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles
import Systemd

/// A file that has reserved room for its next contents, so that it can be replaced even if the file system is full.
///
/// It consists of two files that never shrink. New contents go into the unused one, padded with empty lines; then the
/// two are exchanged.
enum ReservedFile {
  /// How much the contents may grow before more room is reserved.
  static let slack = 12 * 1024
  private static let page = 4096

  private static let suffix = ".new"

  private static func spare(_ path: String) -> String { path + suffix }

  /// Replaces the contents atomically: the file always has either the old or the new contents. It fails for lack of
  /// room only in the first call for `path`, or when the contents have grown by more than ``slack``.
  static func write(_ contents: [UInt8], to path: String) throws(SystemError) {
    let hasGrown = try fill(spare(path), contents)
    do { try FileExchange.exchange(spare(path), path) } catch {
      guard error.errno == ENOENT else { throw error }
      try SystemError.checkCall(rename(spare(path), path), "make \(path)")
    }
    if hasGrown { _ = try fill(spare(path), contents) }
  }

  static func remove(_ path: String) {
    unlink(path)
    unlink(spare(path))
  }

  /// Removes files that were being created or removed when a daemon died, and files that no daemon can have created
  /// because they are not writable.
  static func removeLeftovers(in directory: String, _ names: [String]) {
    for name in names where name.hasSuffix(suffix) {
      let path = "\(directory)/\(name)"
      let isSpare = names.contains(String(name.dropLast(suffix.count))) && isOwn(path)
      if !isSpare && unlink(path) != 0 { rmdir(path) }
    }
  }

  /// Whether it is a file of this user, and no link to one.
  private static func isOwn(_ path: String) -> Bool {
    var status = stat()
    return lstat(path, &status) == 0 && FileKind(status.st_mode) == nil && status.st_uid == geteuid()
  }

  /// Returns whether more room was reserved.
  private static func fill(_ path: String, _ contents: [UInt8]) throws(SystemError) -> Bool {
    let descriptor = try SystemError.checkCall(
      open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600), "create \(path)")
    defer { close(descriptor) }
    var status = stat()
    try SystemError.checkCall(fstat(descriptor, &status), "look at \(path)")
    let hasGrown = contents.count > status.st_size
    let size = hasGrown ? (contents.count + slack + page - 1) / page * page : Int(status.st_size)
    let filled = contents + [UInt8](repeating: UInt8(ascii: "\n"), count: size - contents.count)
    try Files.write(filled, to: descriptor, of: path)
    return hasGrown
  }
}
