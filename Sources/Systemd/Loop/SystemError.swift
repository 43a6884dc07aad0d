// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A system call or a call of libsystemd failed.
public struct SystemError: Error, Equatable, CustomStringConvertible {
  /// What was tried, such as "open the user bus".
  public var operation: String
  public var errno: Int32

  public init(_ operation: String, errno: Int32) {
    self.operation = operation
    self.errno = errno
  }

  public var description: String { "could not \(operation): \(String(cString: strerror(errno)))" }

  /// The value of a libsystemd function's result, which is a negative errno where it failed.
  @discardableResult
  public static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(SystemError) -> Int32 {
    guard result >= 0 else { throw SystemError(operation(), errno: -result) }
    return result
  }

  /// The value of a system call's result, which is -1 where it failed, with errno.
  @discardableResult
  public static func checkCall(_ result: Int32, _ operation: @autoclosure () -> String) throws(SystemError) -> Int32 {
    // Making the text may change errno.
    let code = Glibc.errno
    guard result >= 0 else { throw SystemError(operation(), errno: code) }
    return result
  }
}
