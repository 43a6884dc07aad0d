// SPDX-License-Identifier: Apache-2.0

/// What notification servers do without saying so. `Tests/Desktops/run` tries it on each of them but Cinnamon, which is
/// taken to be like the GNOME Shell that it comes from.
struct ServerHabits: OptionSet {
  let rawValue: UInt8

  /// It shows a button for the click, too.
  static let showsTapAsButton = ServerHabits(rawValue: 1)
  /// What a program has posted stays when the program leaves the bus, and its buttons are the next one's. (dunst tells
  /// only the sender of its buttons.)
  static let keepsWithoutSender = ServerHabits(rawValue: 2)
  /// It replaces in place, and at once, what was to expire; and has no tags by which a lost one is found.
  static let losesNothingByReplacing = ServerHabits(rawValue: 4)
  /// An update of low urgency is silent, and any other interrupts.
  static let silentWhenLow = ServerHabits(rawValue: 8)
  /// An update takes the buttons away from a notification that is before the user's eyes.
  static let losesButtons = ServerHabits(rawValue: 32)
  /// Of an application's notifications, it closes the oldest where there are more than a few.
  static let limitsApplications = ServerHabits(rawValue: 16)

  /// By the name that GetServerInformation gives.
  static let known: [String: ServerHabits] = [
    "mako": [.keepsWithoutSender],
    "Xfce Notify Daemon": [.showsTapAsButton, .losesNothingByReplacing],
    "gnome-shell": [.silentWhenLow, .limitsApplications, .losesButtons],
    "lxqt-notificationd": [.showsTapAsButton],
    "cinnamon": [.limitsApplications],
  ]
}

/// A property on the bus by which a server says whether it holds notifications back.
public struct QuietProperty: Sendable, Equatable {
  public var interface: String
  public var name: String
  /// What it sends when that changes, if it is not PropertiesChanged.
  public var signal: String?

  static let known: [String: QuietProperty] = [
    "dunst": QuietProperty(interface: "org.dunstproject.cmd0", name: "paused"),
    "Plasma": QuietProperty(interface: "org.freedesktop.Notifications", name: "Inhibited"),
    "SwayNotificationCenter": QuietProperty(
      interface: "org.freedesktop.Notifications", name: "Dnd", signal: "OnDndToggle"),
  ]
}
