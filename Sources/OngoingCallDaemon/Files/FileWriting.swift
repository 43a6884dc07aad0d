// SPDX-License-Identifier: Apache-2.0
import Glibc
import LinuxFiles
import Systemd

/// Small files, whole at a time, and the folders they are in.
extension Files {
  /// Replaces the file, so that at every moment it is the old one or the new one, whole; `durably` also where the
  /// machine loses its power after this has returned.
  static func write(_ contents: [UInt8], to path: String, durably: Bool = false) throws(SystemError) {
    let temporary = path + ".new"
    let descriptor = try SystemError.checkCall(
      open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600), "create \(temporary)")
    defer { close(descriptor) }
    try write(contents, to: descriptor, of: temporary)
    if durably { try SystemError.checkCall(fsync(descriptor), "write \(temporary)") }
    try SystemError.checkCall(rename(temporary, path), "replace \(path)")
    if durably { try sync(directoryOf: path) }
  }

  static func write(_ contents: [UInt8], to descriptor: Int32, of path: String) throws(SystemError) {
    try SystemError.checkCall(Descriptor.write(contents[...], to: descriptor) ? 0 : -1, "write \(path)")
  }

  private static func sync(directoryOf path: String) throws(SystemError) {
    let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
    let descriptor = try SystemError.checkCall(open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open \(directory)")
    defer { close(descriptor) }
    try SystemError.checkCall(fsync(descriptor), "write \(directory)")
  }

  static func remove(_ path: String) { unlink(path) }

  /// Moves a file out of the way, replacing one that was moved before. Returns where it is then.
  static func setAside(_ path: String) throws(SystemError) -> String {
    let place = path + ".unreadable"
    try SystemError.checkCall(rename(path, place), "set \(path) aside")
    return place
  }

  static func makeDirectory(_ path: String) throws(SystemError) {
    guard mkdir(path, 0o700) != 0, errno != EEXIST else { return }
    throw SystemError("create the directory \(path)", errno: errno)
  }

  /// With those above it.
  static func makeDirectories(_ path: String) throws(SystemError) {
    guard !isDirectory(path) else { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex { try makeDirectories(String(path[..<slash])) }
    try makeDirectory(path)
  }
}
