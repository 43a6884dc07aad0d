// SPDX-License-Identifier: Apache-2.0
import LinuxFiles

/// What the user, or who administers the machine, has set of the desktop (dconf(7)).
///
/// Read without dconf's library, which would bring GLib into the daemon. Locks are not heeded.
struct DesktopSettings {
  /// For people, if it does not answer.
  static var shownPlace: String { BaseDirectories().configurationHome.map { "\($0)/dconf" } ?? "dconf" }

  private let databases: [SettingsDatabase]

  /// - Parameters:
  ///   - home: where the user's databases are.
  ///   - system: where those of the machine are, and what says which count.
  init(home: String? = BaseDirectories().configurationHome, system: String = "/etc/dconf") {
    let profile = Files.read("\(system)/profile/user").map { String(decoding: $0, as: UTF8.self) } ?? "user-db:user"
    let paths = profile.split(separator: "\n").prefix(Limit.settingsDatabases).compactMap { line -> String? in
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2, !parts[1].contains("/") else { return nil }
      return switch parts[0] {
      case "user-db": home.map { "\($0)/dconf/\(parts[1])" }
      case "system-db": "\(system)/db/\(parts[1])"
      default: nil
      }
    }
    databases = paths.compactMap { path in
      (try? Files.readRegular(path, limit: Limit.settingsBytes)).flatMap(SettingsDatabase.init)
    }
  }

  /// What is set of these keys.
  func flags(_ keys: [String]) -> [String: Bool] {
    var found: [String: Bool] = [:]
    for key in keys { found[key] = databases.lazy.compactMap { $0.flag(key) }.first }
    return found
  }
}
