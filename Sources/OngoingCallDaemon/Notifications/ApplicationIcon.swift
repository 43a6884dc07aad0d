import CallModel
// SPDX-License-Identifier: Apache-2.0
import LinuxFiles
import Systemd

/// OngoingCall's icon, in a form that the notification server finds.
enum ApplicationIcon {
  /// mako and dunst look up icon names only here.
  private static let knownToAll = "/usr/share/"

  /// The result of ``shown(in:)``.
  @EventLoopActor static var known = DesktopName.application

  @EventLoopActor static func shown() -> String { known }

  /// The icon's name, which themes may have an image for; or the path of the installed file, if some servers cannot
  /// find it by name.
  static func shown(in directories: [String]) -> String {
    let files = directories.lazy.map { "\($0)/icons/hicolor/scalable/apps/\(DesktopName.application).svg" }
    guard let file = files.first(where: Files.exists), !file.hasPrefix(knownToAll) else {
      return DesktopName.application
    }
    return file
  }
}
