// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Why something that was asked for did not happen. The description says it to people; what they can do about it is the
/// ``remedy``. Later versions may have further cases.
public enum CallsError: Error, Hashable {
  /// There is no session bus, or it does not let this process in.
  case noSessionBus(detail: String)
  /// The bus knows neither a running daemon nor a file that says how to start one.
  case daemonNotInstalled
  /// The bus, or the service manager, could not start the daemon.
  case daemonNotStarted(detail: String)
  /// The bus has no systemd manager on it, which alone can start the daemon.
  case foreignBus
  /// No answer in time. Whether it was done is unknown.
  case timedOut(what: String, seconds: Int)
  /// The daemon went away between the question and its answer.
  case daemonVanished(what: String)
  /// The connection to the bus is gone.
  case disconnected
  /// An error of the daemon's: its D-Bus name (`org.ongoingcall.Calls1.Error.…`) and its message, which names the
  /// thing, what was expected and what to do.
  case refused(name: String, message: String)
  /// The daemon has answered, with something that this version does not understand.
  case unexpectedReply(what: String, expected: String)
  /// Something that D-Bus cannot carry; nothing was sent.
  case notSendable(String)
  /// There is no call to do that with.
  case noSession
  /// The call has ended.
  case sessionEnded
  /// There is a call already, or one of the other kind.
  case alreadyInSession
  /// The token is that of a call that has ended less than a minute ago.
  case tokenUsed(String)
  /// This process cannot be made to outlive its terminal.
  case notAdoptable(String)
}

extension CallsError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .noSessionBus(let detail): "there is no session bus: \(detail)"
    case .daemonNotInstalled:
      "\(DaemonName.executable) is not installed: the session bus does not know \(BusName.service)"
    case .daemonNotStarted(let detail): "\(DaemonName.executable) could not be started: \(detail)"
    case .foreignBus:
      "\(DaemonName.executable) cannot be started from this session bus, which is not that of your systemd manager"
    case .timedOut(let what, let seconds):
      "\(DaemonName.executable) has not answered \(what) within \(seconds) s"
    case .daemonVanished(let what): "\(DaemonName.executable) went away before it answered \(what)"
    case .disconnected: "the session bus closed the connection"
    case .refused(let name, let message): message.isEmpty ? name : message
    case .unexpectedReply(let what, let expected):
      "\(DaemonName.executable) answered \(what) with something else than \(expected)"
    case .notSendable(let why): why
    case .noSession: "there is no call"
    case .sessionEnded: "the call has ended"
    case .alreadyInSession: "this process is in a call already"
    case .tokenUsed(let token): "the token “\(token)” is that of a call that has ended"
    case .notAdoptable(let why): "this process cannot be made to outlive its terminal: \(why)"
    }
  }

  /// What the user can do about it; nil where the description says it.
  public var remedy: String? {
    let status = "systemctl --user status \(DaemonName.unit)"
    let journal = "journalctl --user -u \(DaemonName.unit)"
    return switch self {
    case .noSessionBus:
      "log in to a session that has one (machinectl shell USER@ is one), or set DBUS_SESSION_BUS_ADDRESS"
    case .daemonNotInstalled: "install it with packaging/install, then look at: \(status)"
    case .daemonNotStarted:
      "see why: \(journal); then: systemctl --user reset-failed \(DaemonName.executable) && "
        + "systemctl --user start \(DaemonName.executable)"
    case .foreignBus: "take that one: DBUS_SESSION_BUS_ADDRESS=unix:path=$XDG_RUNTIME_DIR/bus"
    case .daemonVanished: "look at: \(status); \(journal)"
    case .timedOut: "look at: \(status); where it hangs, “systemctl --user restart \(DaemonName.unit)” helps"
    case .disconnected: "try again; where that does not help, log in again"
    case .refused, .notSendable: nil
    case .noSession: "join one first: CallSession.join"
    case .sessionEnded: "CallSession.shared is the one that is joined next"
    case .alreadyInSession: "end it first: CallSession.shared.leaveSession()"
    case .tokenUsed: "take a new token for each call"
    case .notAdoptable: "close files that are not needed any more, and try again"
    case .unexpectedReply: "the two may be of different versions: install both anew with packaging/install"
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

  var meansSessionEnded: Bool {
    guard case .refused(BusErrorName.sessionEnded, _) = self else { return false }
    return true
  }

  /// The daemon knows no such session, in its own words or in those of its D-Bus library.
  package var meansNoSuchSession: Bool {
    guard case .refused(let name, _) = self else { return false }
    return name == BusErrorName.noSuchSession || name == Self.standard + "UnknownObject"
  }
}
