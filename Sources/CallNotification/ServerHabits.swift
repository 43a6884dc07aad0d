// SPDX-License-Identifier: Apache-2.0

/// What notification servers do without saying so. `Tests/Desktops/run` tries it on each of them.
public struct ServerHabits: OptionSet, Sendable {
  public let rawValue: UInt8

  public init(rawValue: UInt8) { self.rawValue = rawValue }

  /// It shows a button for the click, too.
  public static let showsTapAsButton = ServerHabits(rawValue: 1)
  /// What a program has posted stays when the program leaves the bus, and its buttons are the next one's. (dunst tells
  /// only the sender of its buttons.)
  public static let keepsWithoutSender = ServerHabits(rawValue: 2)
  /// It replaces in place, and at once, what was to expire; and has no tags by which a lost one is found. A notification
  /// is posted to expire first, and again to stay when its id is known.
  public static let losesNothingByReplacing = ServerHabits(rawValue: 4)
  /// An update of low urgency is silent, and any other interrupts.
  public static let silentWhenLow = ServerHabits(rawValue: 8)
  /// Of an application's notifications, it closes the oldest where there are more than a few.
  public static let limitsApplications = ServerHabits(rawValue: 16)
  /// An update takes the buttons away from a notification that is before the user's eyes.
  public static let losesButtons = ServerHabits(rawValue: 32)
  /// An image is seen in the place of the application's icon only: there is no other (LXQt), or an update leaves a hole
  /// there (Cinnamon).
  public static let showsImageAsIcon = ServerHabits(rawValue: 64)

  /// By the name that GetServerInformation gives.
  static let known: [String: ServerHabits] = [
    "mako": [.keepsWithoutSender],
    "Xfce Notify Daemon": [.showsTapAsButton, .losesNothingByReplacing],
    "gnome-shell": [.silentWhenLow, .limitsApplications, .losesButtons],
    "lxqt-notificationd": [.showsTapAsButton, .showsImageAsIcon],
    "cinnamon": [.showsImageAsIcon],
  ]
}
