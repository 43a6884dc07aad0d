// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Whether the user lingers, from the file that the login manager keeps for each user. Its property `Linger` says
/// whether that file exists; but it does not announce changes, and does not say when lingering was last requested.
public struct LingerFlag: Sendable {
  /// When lingering was last turned on, even if it was on already.
  public struct Stamp: Codable, Equatable, Sendable {
    var seconds: Int
    var nanoseconds: Int
  }

  private let directory: String
  private let path: String

  public init(directory: String = "/var/lib/systemd/linger", user: String = UserName.own) {
    self.directory = directory
    // The login manager escapes a file name like a C string; in a user's name, only this character is affected.
    path = "\(directory)/" + user.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
  }

  /// nil if the user does not linger, or there is no login manager.
  public var stamp: Stamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Stamp(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }

  public var isSet: Bool { stamp != nil }

  /// `handler` is called whenever some user's flag is set or removed. Throws ENOENT if there is no login manager.
  @EventLoopActor
  public func watch(_ handler: @escaping @EventLoopActor () -> Void) throws(SystemError) -> EventSource {
    try EventSource.directory(directory, handler)
  }
}

/// The name of the user to whom this process belongs.
public enum UserName {
  /// From the user database; the number of a user who is not in it.
  public static let own: String = {
    var entry = passwd()
    var found: UnsafeMutablePointer<passwd>?
    var buffer = [CChar](repeating: 0, count: 16 * 1024)
    guard getpwuid_r(getuid(), &entry, &buffer, buffer.count, &found) == 0, found != nil, let name = entry.pw_name
    else {
      return String(getuid())
    }
    return String(cString: name)
  }()
}
