// SPDX-License-Identifier: Apache-2.0
import OngoingCallNames

/// Where the daemon keeps state that survives a reboot.
enum StateDirectory {
  /// Below the user's state directory of the XDG Base Directory Specification; nil if there is no home. As the
  /// specification says, a variable that is not an absolute path counts as unset.
  static func standard(_ variable: (String) -> String? = { Environment[$0] }) -> String? {
    let home = variable("HOME").map { $0 + "/.local/state" }
    let state = [variable(EnvironmentName.stateHome), home].compactMap(\.self).first { $0.hasPrefix("/") }
    return state.map { "\($0)/\(DataPath.state)" }
  }
}
