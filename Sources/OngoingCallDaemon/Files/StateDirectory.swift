// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Where this daemon keeps what is to outlive the machine's power.
enum StateDirectory {
  /// Below the user's state directory of the XDG Base Directory Specification; nil where there is no home. A variable
  /// that is no absolute path counts as not set, as it says.
  static func standard(_ variable: (String) -> String? = { Environment[$0] }) -> String? {
    let home = variable("HOME").map { $0 + "/.local/state" }
    let state = [variable(EnvironmentName.stateHome), home].compactMap(\.self).first { $0.hasPrefix("/") }
    return state.map { "\($0)/\(DataPath.state)" }
  }
}
