// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Why a request failed. The description tells people what is wrong, and ``remedy`` tells them what to do. Later
/// versions may add cases.
public enum CallsError: Error, Hashable {
  /// There is no session bus, or it refuses this process.
  case noSessionBus(detail: String)
  /// The session bus did not answer in time. Whether the daemon got the request is unknown.
  case busTimedOut(seconds: Int)
  /// The daemon's name on the session bus belongs to another program: its process (0 if unknown), and the systemd unit
  /// in which it runs.
  case nameTaken(process: Int32, unit: String?)
  /// The bus knows neither a running daemon nor an activation file for it.
  case daemonNotInstalled
  /// The bus, or the service manager, could not start the daemon.
  case daemonNotStarted(detail: String)
  /// This bus has no systemd manager. Only that manager can start the daemon.
  case foreignBus
  /// The daemon did not answer in time. Whether it carried out the request is unknown.
  case timedOut(what: String, seconds: Int)
  /// The daemon exited before it answered.
  case daemonVanished(what: String)
  /// The bus closed the connection.
  case disconnected
  /// The daemon refused: the D-Bus name of its error (`org.ongoingcall.Calls1.Error.…`), and a message that names the
  /// thing, what was expected and what to do.
  case refused(name: String, message: String)
  /// The daemon answered something that this version does not understand.
  case unexpectedReply(what: String, expected: String)
  /// D-Bus cannot carry the request. Nothing was sent.
  case notSendable(String)
  /// There is no call.
  case noSession
  /// The call has ended.
  case sessionEnded
  /// This process is already in a call, or in one of the other kind.
  case alreadyInSession
  /// The token belongs to a call that ended less than a minute ago.
  case tokenUsed(String)
  /// This process cannot be made to outlive its terminal.
  case notAdoptable(String)
}

extension CallsError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSessionBus(let detail): "there is no session bus: \(detail)"
    case .busTimedOut(let seconds): "the session bus did not answer within \(seconds) s"
    case .nameTaken(let process, let unit):
      "\(BusName.service) on the session bus belongs to "
        + (process > 0 ? "process \(process)" : "a program") + (unit.map { " (unit \($0))" } ?? "")
        + ", which is not \(DaemonName.executable)"
    case .daemonNotInstalled:
      "\(DaemonName.executable) is not installed: the session bus does not know \(BusName.service)"
    case .daemonNotStarted(let detail): "\(DaemonName.executable) could not be started: \(detail)"
    case .foreignBus:
      "cannot start \(DaemonName.executable) from this session bus: it is not the bus of your systemd manager"
    case .timedOut(let what, let seconds):
      "\(DaemonName.executable) did not answer \(what) within \(seconds) s"
    case .daemonVanished(let what): "\(DaemonName.executable) exited before it answered \(what)"
    case .disconnected: "the session bus closed the connection"
    case .refused(let name, let message): message.isEmpty ? name : message
    case .unexpectedReply(let what, let expected):
      "\(DaemonName.executable) answered \(what) with something other than \(expected)"
    case .notSendable(let why): why
    case .noSession: "there is no call"
    case .sessionEnded: "the call has ended"
    case .alreadyInSession: "this process is already in a call"
    case .tokenUsed(let token): "the token “\(token)” belongs to a call that has ended"
    case .notAdoptable(let why): "this process cannot outlive its terminal: \(why)"
    }
  }

  /// What the user can do; nil if the description already says it.
  public var remedy: String? {
    let status = "systemctl --user status \(DaemonName.unit)"
    let journal = "journalctl --user -u \(DaemonName.unit)"
    let end = "to end calls without it: \(EngineUnit.commandToStopAll)"
    return switch self {
    case .noSessionBus:
      "log in to a session that has one (for example with machinectl shell USER@), or set DBUS_SESSION_BUS_ADDRESS"
    case .busTimedOut: "see: systemctl --user status dbus.service; \(end)"
    case .nameTaken(let process, _): (process > 0 ? "end that program: kill \(process); " : "end that program; ") + end
    case .daemonNotInstalled: "\(InstallationRemedy.daemon); then see: \(status); \(end)"
    // As systemd words it.
    case .daemonNotStarted(let detail) where detail.contains("masked"):
      "somebody has masked it; run: systemctl --user unmask \(DaemonName.executable); \(end)"
    case .daemonNotStarted:
      "see why: \(journal); then run: systemctl --user reset-failed \(DaemonName.executable) && "
        + "systemctl --user start \(DaemonName.executable); \(end)"
    case .foreignBus: "use that bus: DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus"
    case .daemonVanished: "see why: \(status); \(journal)"
    case .timedOut: "see: \(status); if it hangs: systemctl --user restart \(DaemonName.unit); \(end)"
    case .disconnected: "try again; if that does not help, log in again"
    case .refused, .notSendable: nil
    case .noSession: "join a call first: CallSession.join"
    case .sessionEnded: "place another call"
    case .alreadyInSession: "end it first: CallSession.shared.leaveSession()"
    case .tokenUsed: "use a new token for each call"
    case .notAdoptable: "close files that you no longer need, and try again"
    case .unexpectedReply: "the versions may differ: \(InstallationRemedy.again)"
    }
  }
}

// MARK: - Errors that arrive

extension CallsError {
  private static let bus = "org.freedesktop.DBus"
  private static let standard = "org.freedesktop.DBus.Error."

  /// Reads an error that answered `what`.
  ///
  /// - Parameter sender: the unique name of who sent it, or the bus's.
  static func reading(error name: String, message: String, from sender: String, what: String) -> CallsError {
    guard sender == bus else { return .refused(name: name, message: message) }
    switch name {
    case standard + "ServiceUnknown": return .daemonNotInstalled
    // dbus-broker says so both of a name that nobody can start and of one whose start failed.
    case standard + "NameHasNoOwner":
      return message.contains("activate") ? .daemonNotStarted(detail: message) : .daemonNotInstalled
    case standard + "NoReply": return .daemonVanished(what: what)
    case standard + "TimedOut", standard + "Timeout": return .daemonNotStarted(detail: message)
    case _ where name.hasPrefix(standard + "Spawn.") || name.hasPrefix("org.freedesktop.systemd1."):
      return .daemonNotStarted(detail: message)
    default: return .refused(name: name, message: message)
    }
  }

  /// What an answer about one call means: a call that the daemon does not know any more has ended.
  var ofOneCall: CallsError {
    if case .refused(BusErrorName.sessionEnded, _) = self { return .sessionEnded }
    return meansNoSuchSession ? .sessionEnded : self
  }

  /// The daemon knows no such session, in its own words or in those of its D-Bus library.
  package var meansNoSuchSession: Bool {
    guard case .refused(let name, _) = self else { return false }
    return name == BusErrorName.noSuchSession || name == Self.standard + "UnknownObject"
  }
}
