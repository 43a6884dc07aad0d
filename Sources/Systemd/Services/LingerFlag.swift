// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// Whether the user lingers, where the login manager keeps it: in a file of the user's name. Its property `Linger` says
/// whether that file is there; but it announces no changes, and does not say when lingering was last asked for.
public struct LingerFlag: Sendable {
  /// When lingering was last turned on, though it may have been on already.
  public struct Stamp: Codable, Equatable, Sendable {
    var seconds: Int
    var nanoseconds: Int
  }

  private let directory: String
  private let path: String

  public init(directory: String = "/var/lib/systemd/linger", user: String = UserName.own) {
    self.directory = directory
    // The login manager writes a file name as C does a string, of which only this can be in a user's name.
    path = "\(directory)/" + user.split(separator: "\\", omittingEmptySubsequences: false).joined(separator: "\\\\")
  }

  /// nil where the user does not linger, or there is no login manager.
  public var stamp: Stamp? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Stamp(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
  }

  public var isSet: Bool { stamp != nil }

  /// `handler` is called whenever some user's flag comes or goes. Throws ENOENT where there is no login manager.
  @EventLoopActor
  public func watch(_ handler: @escaping @EventLoopActor () -> Void) throws(SystemError) -> EventSource {
    try EventSource.directory(directory, handler)
  }
}

/// The name of the user that this process belongs to.
public enum UserName {
  /// Of the user database; a user that is not in it is called by number.
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
