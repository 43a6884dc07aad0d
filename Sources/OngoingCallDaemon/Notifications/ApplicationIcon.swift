// SPDX-License-Identifier: Apache-2.0
import CallModel
import Systemd

/// The icon of OngoingCall, as a notification server finds it.
enum ApplicationIcon {
  /// mako and dunst look for icons by their names nowhere else.
  private static let knownToAll = "/usr/share/"

  /// What ``shown(in:)`` has found.
  @EventLoopActor static var known = DesktopName.application

  @EventLoopActor static func shown() -> String { known }

  /// Its name, which themes may have an image for; where some servers do not find it by that, the file that is installed.
  static func shown(in directories: [String]) -> String {
    let files = directories.lazy.map { "\($0)/icons/hicolor/scalable/apps/\(DesktopName.application).svg" }
    guard let file = files.first(where: Files.exists), !file.hasPrefix(knownToAll) else {
      return DesktopName.application
    }
    return file
  }
}
