// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Who shows notifications.
enum NotificationFinding: Equatable, Sendable {
  case none
  case unanswered(String)
  /// None runs, and the one that the bus would start does not.
  case notStarted(String)
  /// There is no bus to look on.
  case unknown
  case server(name: String, version: String, capabilities: [String])

  var verdict: Verdict {
    let otherwise = "see calls with ongoingcallctl status, and end them with ongoingcallctl abort"
    switch self {
    case .none:
      return .warning(
        "no notification server: \(otherwise)", remedy: "start the one of your desktop, or mako or dunst")
    case .unanswered(let why):
      return .warning(
        "the notification server does not answer (\(shown(why))): \(otherwise)", remedy: "restart it")
    case .notStarted(let why):
      return .warning(
        "no notification server: the one that is installed does not start (\(shown(why))): \(otherwise)",
        remedy: "start the one of your desktop, or mako or dunst")
    case .unknown: return .warning("unknown: there is no session bus")
    case .server(let name, let version, let capabilities):
      let server = "\(shown(name, limit: 40)) \(shown(version, limit: 40))"
      guard capabilities.contains("actions") else {
        return .warning(
          "\(server) has no buttons: end calls with ongoingcallctl abort", remedy: "use a server with actions")
      }
      let known = ["actions", "body", "persistence"].filter(capabilities.contains)
      return .ok("\(server), with \(known.joined(separator: ", "))")
    }
  }
}

/// What the user may do, by polkit's word.
enum Authorization: Equatable, Sendable {
  case yes
  /// After a password, for which a daemon cannot ask.
  case asked
  case no
  case unknown(String)
}

/// What becomes of calls at the last logout.
struct LogoutFinding: Equatable, Sendable {
  /// nil where the login manager does not say.
  var lingers: Bool?
  var mayLinger: Authorization
  /// Without, nobody can ask the login manager.
  var hasSystemBus = true

  var verdict: Verdict {
    switch lingers {
    case nil where !hasSystemBus:
      return .warning(
        "unknown: the system bus does not answer, so lingering cannot be looked up",
        remedy: "see: systemctl status dbus")
    case nil:
      return .warning(
        "the login manager (systemd-logind) does not answer", remedy: "see: systemctl status systemd-logind")
    case true?: return .ok("you linger: calls survive your last logout")
    case false?:
      let found = "calls end at your last logout, unless you launch them with --linger"
      switch mayLinger {
      case .yes: return .warning(found, remedy: "set Linger=yes in ongoingcalld.conf, or run loginctl enable-linger")
      case .asked, .no, .unknown:
        return .warning(
          "calls end at your last logout, and you may not enable lingering",
          remedy: "ask an administrator to run loginctl enable-linger USER")
      }
    }
  }
}

/// Whether a call can keep the machine awake.
struct SleepFinding: Equatable, Sendable {
  var hasLoginManager: Bool
  var blocking: Authorization
  var delaying: Authorization

  var verdict: Verdict {
    guard hasLoginManager else {
      return .warning(
        "the login manager (systemd-logind) does not answer: calls are not put on hold before the machine sleeps",
        remedy: "see: systemctl status systemd-logind")
    }
    switch (blocking, delaying) {
    case (.yes, _): return .ok("the machine does not sleep while a call is joined")
    case (.unknown(let why), _):
      return .warning("polkit does not answer: \(shown(why))", remedy: "see: systemctl status polkit")
    case (_, .yes):
      return .warning(
        "the machine may sleep during a call; the far end is put on hold first",
        remedy: "allow org.freedesktop.login1.inhibit-block-sleep (polkit(8)), or log in on a seat")
    case (_, _):
      return .warning(
        "the machine may sleep during a call, without warning the far end",
        remedy: "allow org.freedesktop.login1.inhibit-delay-sleep (polkit(8))")
    }
  }
}

/// What a SIP call hears and speaks with.
struct AudioFinding: Equatable, Sendable {
  /// Servers that take connections: "PipeWire", "PulseAudio".
  var servers: [String]
  /// Lines of /proc/asound/cards.
  var cards: [String]
  /// Whether this user may open the cards' devices.
  var mayUseCards: Bool

  func verdict(needed: Bool) -> Verdict {
    let cardList = cards.isEmpty ? "no sound card" : cards.map { shown($0, limit: 40) }.joined(separator: ", ")
    if !servers.isEmpty { return .ok("\(servers.joined(separator: ", ")); \(cardList)") }
    if !needed { return .ok("none, and no engine needs it") }
    if cards.isEmpty {
      return .warning(
        "no sound server and no sound card: calls are silent, except with --set play-file=…",
        remedy: "systemctl --user start pipewire pipewire-pulse")
    }
    if !mayUseCards {
      return .warning("\(cardList), but you may not use it", remedy: "log in on the seat, or join the group audio")
    }
    return .ok("ALSA: \(cardList)")
  }
}

/// A folder that the daemon writes to.
struct FolderFinding: Equatable, Sendable {
  var path: String
  /// What of it there is.
  var existing: String
  /// Why that cannot be written to.
  var problem: String?
  /// It cannot be owned better: its file system takes nothing.
  var isReadOnly = false
  /// Its file system does not answer who writes.
  var hangs = false
  var freeBytes: UInt64
  /// nil where the file system has no fixed number of them.
  var freeFiles: UInt64?

  /// The records of all the calls there may be, twice over.
  static let roomBytes: UInt64 = 4 << 20
  static let roomFiles: UInt64 = 300

  func verdict(consequence: String) -> Verdict {
    if hangs {
      return .problem(
        "\(shown(existing)) does not answer: \(consequence)",
        remedy: "see what keeps its file system from answering: findmnt -T \(shown(existing))")
    }
    if let problem, isReadOnly {
      return .problem(
        "cannot write to \(shown(existing)) (\(shown(problem))): \(consequence)",
        remedy: "mount its file system writable; see: findmnt -T \(shown(existing))")
    }
    if let problem {
      return .problem(
        "cannot write to \(shown(existing)) (\(shown(problem))): \(consequence)",
        remedy: existing == "/run/user"
          ? "log in to a session, which makes $XDG_RUNTIME_DIR" : "make yourself its owner, with mode 700")
    }
    if freeBytes < Self.roomBytes || (freeFiles ?? .max) < Self.roomFiles {
      let files = freeFiles.map { " and \($0) files" } ?? ""
      return .problem(
        "\(shown(existing)) has \(freeBytes >> 10) KiB\(files) left: \(consequence)",
        remedy: "free some space: du -a \(shown(existing)) | sort -n")
    }
    return .ok("\(shown(path)): \(freeBytes >> 20) MiB free")
  }
}

/// The user's journal.
enum JournalFinding: Equatable, Sendable {
  case readable
  case unreadable(CommandFailure)

  var verdict: Verdict {
    switch self {
    case .readable: .ok("readable")
    case .unreadable(let failure):
      .warning("\(shown(failure.message)): history and why do not work", remedy: failure.remedy)
    }
  }
}
