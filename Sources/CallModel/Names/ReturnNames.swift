// SPDX-License-Identifier: Apache-2.0

/// How the user was brought back to a call. The raw values are part of the D-Bus API and the journal.
public enum ReturnWay: String, Sendable, CaseIterable {
  /// An application on the bus was activated.
  case dbus
  /// A command was run.
  case command
  /// A terminal emulator shows the program's terminal.
  case terminal
  /// The window that shows calls was opened, or brought to the front.
  case window
  /// There is nothing to return to; clients that listen have the event.
  case event
}

/// Keys of the platform data of `org.freedesktop.Application.Activate` (Desktop Entry Specification, "D-Bus
/// Activation"), and of `Return`.
public enum PlatformKey {
  public static let activationToken = "activation-token"
  public static let desktopStartupID = "desktop-startup-id"
}

/// The unit of what is started to return to a call: `app-APPLICATION@ID.NUMBER.service`
/// (`app[-<launcher>]-<ApplicationID>[@<RANDOM>].service` in the XDG desktop environment rules of systemd).
public enum ReturnUnit {
  /// - Parameter application: letters, digits, `-`, `.` and `_`.
  public static func name(application: String, session: String, number: UInt32) -> String {
    // A unit's name has at most 255 bytes; "-" in an id takes four.
    let id = application.isEmpty || application.utf8.count > 48 ? DaemonName.applicationID : application
    let escaped = id.split(separator: "-", omittingEmptySubsequences: false).joined(separator: "\\x2d")
    return "app-\(escaped)@\(session).\(number).service"
  }
}
