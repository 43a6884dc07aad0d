// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// An error as it travels on the bus: a name and a message for people.
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
  /// Not an error of the bus: what a name's request is answered with, as an error.
  public static let nameTaken = "org.ongoingcall.Systemd.Error.NameTaken"
  public static func taken(_ name: String) -> BusError {
    BusError(nameTaken, "the bus name \(name) is taken: another daemon of this user is running")
  }
  /// Policy does not let the caller.
  public static let refusals: Set = [
    "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired",
  ]
  public static let invalidArguments = "org.freedesktop.DBus.Error.InvalidArgs"
  public static let limitsExceeded = "org.freedesktop.DBus.Error.LimitsExceeded"
  /// Who was called is gone.
  public static let noReply = "org.freedesktop.DBus.Error.NoReply"
  /// Who was called has not answered in time.
  public static let timeout = "org.freedesktop.DBus.Error.Timeout"
  public static let nameHasNoOwner = "org.freedesktop.DBus.Error.NameHasNoOwner"
  /// Who was to be called is not there, or no longer.
  static let absences: Set = [noReply, nameHasNoOwner, "org.freedesktop.DBus.Error.ServiceUnknown"]
  public static let noSuchUnit = "org.freedesktop.systemd1.NoSuchUnit"

  /// The error of a libsystemd function that failed.
  init(_ error: SystemError) {
    self.init(Self.failed, error.description)
  }

  /// Runs a libsystemd function's result through ``SystemError/check(_:_:)``.
  @discardableResult
  static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(BusError) -> Int32 {
    do { return try SystemError.check(result, operation()) } catch { throw BusError(error) }
  }
}
