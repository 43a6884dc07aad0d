// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import Systemd

/// What was found where a password should be. Read and written by the process for files.
enum PasswordFile: Codable, Equatable, Sendable {
  case bytes([UInt8])
  case none
  /// Others can read it.
  case exposed(owner: UInt32, mode: UInt32)
  case unreadable(String)

  /// - Parameter isOurs: whether only the user may be able to read it. Who can read a credential, the service manager
  ///   decides.
  static func read(_ path: String, isOurs: Bool) -> PasswordFile {
    do throws(FileProblem) {
      let limit = Limit.passwordFileBytes
      return .bytes(isOurs ? try Files.readPrivate(path, limit: limit) : try Files.readRegular(path, limit: limit))
    } catch {
      return switch error {
      case .cannotBeRead(ENOENT): .none
      case .notPrivate(let owner, let mode): .exposed(owner: owner, mode: mode)
      default: .unreadable("\(error)")
      }
    }
  }

  static func isThere(_ path: String) -> Bool? {
    var status = stat()
    if lstat(path, &status) == 0 { return true }
    return errno == ENOENT ? false : nil
  }

  static func write(_ bytes: [UInt8], _ name: String, _ directory: String) throws(SystemError) -> FileJob.Done {
    try Files.makeDirectories(directory)
    let path = "\(directory)/\(name)"
    // One that was left behind would keep its mode.
    Files.remove(path + ".new")
    try Files.write(bytes, to: path, durably: true)
    return FileJob.Done()
  }

  static func remove(_ path: String) throws(SystemError) -> FileJob.Done {
    if unlink(path) != 0, errno != ENOENT { throw SystemError("remove \(path)", errno: errno) }
    return FileJob.Done()
  }
}
