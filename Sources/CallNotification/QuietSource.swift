// SPDX-License-Identifier: Apache-2.0

/// Where it says whether notifications are held back.
public enum QuietSource: Sendable, Equatable {
  /// A property of the server. `signal` is what it sends when that changes, if it is not PropertiesChanged.
  case property(String, of: String, signal: String? = nil)
  /// The settings of its desktop (dconf): one of these keys of the folder has this value.
  case settings(in: String, [String: Bool])
  /// The settings of Xfce: this flag of the channel.
  case xfconf(String, property: String)

  /// By the name that GetServerInformation gives.
  static let known: [String: QuietSource] = [
    "dunst": .property("paused", of: "org.dunstproject.cmd0"),
    "Plasma": .property("Inhibited", of: "org.freedesktop.Notifications"),
    "SwayNotificationCenter": .property("Dnd", of: "org.freedesktop.Notifications", signal: "OnDndToggle"),
    "gnome-shell": .settings(
      in: "/org/gnome/desktop/notifications/",
      [
        "show-banners": false, "application/org-ongoingcall-ongoingcall/enable": false,
        "application/org-ongoingcall-ongoingcall/show-banners": false,
      ]),
    "cinnamon": .settings(in: "/org/cinnamon/desktop/notifications/", ["display-notifications": false]),
    "Xfce Notify Daemon": .xfconf("xfce4-notifyd", property: "/do-not-disturb"),
    "Notification Daemon": .settings(in: "/org/mate/notification-daemon/", ["do-not-disturb": true]),
  ]
}
