// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// A D-Bus error: a name, and a message for people.
public struct BusError: Error, Equatable, CustomStringConvertible {
  public var name: String
  public var message: String

  public init(_ name: String, _ message: String) {
    self.name = name
    self.message = message
  }

  public var description: String { message.isEmpty ? name : "\(message) (\(name))" }

  public static let failed = "org.freedesktop.DBus.Error.Failed"
  public static let inputOutput = "org.freedesktop.DBus.Error.IOError"
  /// Not an error of the bus: an unsuccessful result of a name request, as an error.
  public static let nameTaken = "org.ongoingcall.Systemd.Error.NameTaken"
  public static func taken(_ name: String, _ why: String = "it belongs to another program") -> BusError {
    BusError(nameTaken, "the bus name \(name) is taken: \(why)")
  }
  /// Policy refuses the caller.
  public static let refusals: Set = [
    "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
  ]
  public static let invalidArguments = "org.freedesktop.DBus.Error.InvalidArgs"
  public static let limitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded"
  /// The callee has disconnected.
  public static let noReply = "org.freedesktop.DBus.Error.NoReply"
  /// The callee did not answer in time.
  public static let timeout = "org.freedesktop.DBus.Error.Timeout"
  public static let nameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner"
  /// The callee does not exist, or no longer exists.
  static let absences: Set = [noReply, nameHasNoOwner, "org.freedesktop.DBus.Error.ServiceUnknown"]
  public static let noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"

  /// The error of a libsystemd function that failed.
  init(_ error: SystemError) {
    self.init(Self.failed, error.description)
  }

  /// Checks the result of a libsystemd function with ``SystemError/check(_:_:)``.
  @discardableResult
  static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(BusError) -> Int32 {
    do { return try SystemError.check(result, operation()) } catch { throw BusError(error) }
  }
}
