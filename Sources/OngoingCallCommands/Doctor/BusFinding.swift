// SPDX-License-Identifier: Apache-2.0
import OngoingCall

/// The session bus, and who starts services on it.
enum BusFinding: Equatable, Sendable {
  case none(CallsError)
  /// - managersOwn: whether the user's systemd manager is on it.
  /// - managerSocket: where the manager's own bus would be, where there is a manager.
  case open(address: String, managersOwn: Bool, managersBus: String?)

  var verdict: Verdict {
    switch self {
    case .none(let error): .problem(shown(error.description), remedy: error.remedy)
    case .open(let address, true, _): .ok("\(shown(address)), the bus of your systemd user manager")
    case .open(let address, false, let bus?):
      .problem(
        "\(shown(address)) is not the bus of your systemd user manager; only that manager can start calls",
        remedy: "export DBUS_SESSION_BUS_ADDRESS=\(shown(bus))")
    case .open(let address, false, nil):
      .problem("\(shown(address)) has no systemd user manager", remedy: ManagerFinding.remedy)
    }
  }
}

/// The user's systemd manager.
enum ManagerFinding: Equatable, Sendable {
  case unreachable(String)
  case version(String)

  /// What the units need (`systemd/ongoingcalld.service.in`).
  static let minimum = 252
  static let remedy = "log in through PAM (a desktop, ssh, machinectl shell USER@), which starts one"

  var verdict: Verdict {
    switch self {
    case .unreachable(let why): return .problem("it does not answer: \(shown(why))", remedy: Self.remedy)
    case .version(let version):
      guard let number = Int(version.prefix { $0.isASCII && $0.isNumber }) else {
        return .warning("unknown systemd version “\(shown(version, limit: 40))”")
      }
      guard number >= Self.minimum else {
        return .problem("systemd \(number) is too old", remedy: "update systemd to \(Self.minimum) or later")
      }
      return .ok("systemd \(shown(version, limit: 40))")
    }
  }
}
