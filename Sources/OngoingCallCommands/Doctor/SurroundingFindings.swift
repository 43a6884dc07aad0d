// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Who shows notifications.
enum NotificationFinding: Equatable, Sendable {
  case none
  case unanswered(String)
  /// There is no bus to look on.
  case unknown
  case server(name: String, version: String, capabilities: [String])

  var verdict: Verdict {
    let otherwise = "calls show in ongoingcallctl status alone, and are ended by ongoingcallctl abort"
    switch self {
    case .none:
      return .warning(
        "there is no notification server: \(otherwise)", remedy: "start that of your desktop, or mako or dunst")
    case .unanswered(let why):
      return .warning(
        "the notification server does not answer (\(shown(why))): \(otherwise)", remedy: "restart it")
    case .unknown: return .warning("unknown: there is no session bus that they could be on")
    case .server(let name, let version, let capabilities):
      let server = "\(shown(name, limit: 40)) \(shown(version, limit: 40))"
      guard capabilities.contains("actions") else {
        return .warning(
          "\(server) has no buttons: calls are ended by ongoingcallctl abort", remedy: "use a server with actions")
      }
      let known = ["actions", "body", "persistence"].filter(capabilities.contains)
      return .ok("\(server), with \(known.joined(separator: ", "))")
    }
  }
}

/// What the user may do, by polkit's word.
enum Permission: Equatable, Sendable {
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
  var mayLinger: Permission

  var verdict: Verdict {
    switch lingers {
    case nil:
      return .warning(
        "the login manager (systemd-logind) cannot be asked", remedy: "look at: systemctl status systemd-logind")
    case true?: return .ok("you linger: calls go on after your last logout")
    case false?:
      let found = "calls end at your last logout, unless they are launched with --linger"
      switch mayLinger {
      case .yes: return .warning(found, remedy: "Linger=yes in ongoingcalld.conf, or loginctl enable-linger")
      case .asked, .no, .unknown:
        return .warning(
          "calls end at your last logout, and you may not linger by yourself",
          remedy: "an administrator may: loginctl enable-linger USER")
      }
    }
  }
}

/// Whether a call can keep the machine awake.
struct SleepFinding: Equatable, Sendable {
  var hasLoginManager: Bool
  var blocking: Permission
  var delaying: Permission

  var verdict: Verdict {
    guard hasLoginManager else {
      return .warning(
        "the login manager (systemd-logind) cannot be asked: a call is not told before the machine sleeps",
        remedy: "look at: systemctl status systemd-logind")
    }
    switch (blocking, delaying) {
    case (.yes, _): return .ok("the machine does not sleep while a call is joined")
    case (.unknown(let why), _):
      return .warning("policy cannot be asked: \(shown(why))", remedy: "look at: systemctl status polkit")
    case (_, .yes):
      return .warning(
        "the machine may sleep in a call; the far end is told before",
        remedy: "allow org.freedesktop.login1.inhibit-block-sleep (polkit(8)), or log in on a seat")
    case (_, _):
      return .warning(
        "the machine may sleep in a call, and nobody is told before",
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
    if !needed { return .ok("none, and no engine needs any") }
    if cards.isEmpty {
      return .warning(
        "there is neither a sound server nor a sound card: calls are silent, unless by --set play-file=…",
        remedy: "systemctl --user start pipewire pipewire-pulse")
    }
    if !mayUseCards {
      return .warning("\(cardList), which you may not use", remedy: "log in on the seat, or join the group audio")
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
  var freeBytes: UInt64
  /// nil where the file system has no fixed number of them.
  var freeFiles: UInt64?

  /// The records of all the calls there may be, twice over.
  static let roomBytes: UInt64 = 4 << 20
  static let roomFiles: UInt64 = 300

  func verdict(consequence: String) -> Verdict {
    if let problem {
      return .problem(
        "\(shown(existing)) cannot be written to (\(shown(problem))): \(consequence)",
        remedy: "make it yours, with mode 700")
    }
    if freeBytes < Self.roomBytes || (freeFiles ?? .max) < Self.roomFiles {
      let files = freeFiles.map { " and \($0) files" } ?? ""
      return .problem(
        "\(shown(existing)) has \(freeBytes >> 10) KiB\(files) left: \(consequence)",
        remedy: "make room: du -a \(shown(existing)) | sort -n")
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
    case .readable: .ok("it can be read")
    case .unreadable(let failure):
      .warning("\(shown(failure.message)); history and why have nothing to tell", remedy: failure.remedy)
    }
  }
}
