import CallModel
// SPDX-License-Identifier: Apache-2.0
import LinuxFiles

/// Where the daemon keeps state that survives a reboot.
enum StateDirectory {
  /// Below the user's state directory of the XDG Base Directory Specification; nil where there is no home.
  static func standard(_ directories: BaseDirectories = BaseDirectories()) -> String? {
    directories.state.map { "\($0)/\(DataPath.state)" }
  }
}
