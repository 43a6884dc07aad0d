// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A failed system call, or call of libsystemd.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// What was tried, for example "open the user bus".
  public var operation: String
  public var errno: Int32

  public init(_ operation: String, errno: Int32) {
    self.operation = operation
    self.errno = errno
  }

  public var description: String { "could not \(operation): \(String(cString: strerror(errno)))" }

  /// Returns the result of a libsystemd function; throws if it is a negative errno.
  @discardableResult
  public static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError(operation(), errno: -result) }
    return result
  }

  /// Returns the result of a system call; throws errno if it is -1.
  @discardableResult
  public static func checkCall(_ result: Int32, _ operation: @autoclosure () -> String) throws(SystemError) -> Int32 {
    // Creating the text may change errno.
    let code = Glibc.errno
    guard result >= 0 else { throw SystemError(operation(), errno: code) }
    return result
  }
}
