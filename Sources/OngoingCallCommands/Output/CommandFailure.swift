// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// Why a command did not do what it was asked to.
struct CommandFailure: Error, Equatable {
  var status: ExitStatus
  /// For programs: the API's error name, or one of this tool's own (`usage`, `not-joined`, `no-session-bus` …).
  var name: String
  var message: String
  var remedy: String?

  init(_ status: ExitStatus, _ name: String, _ message: String, remedy: String? = nil) {
    self.status = status
    self.name = name
    self.message = message
    self.remedy = remedy
  }

  /// The name of a failure to write what there is to say.
  static let output = "output"

  /// The line for people: what is wrong, and what to do about it.
  var text: String {
    let lines = ["ongoingcallctl: " + shown(message, limit: 1000)] + (remedy.map { ["  " + $0] } ?? [])
    return lines.joined(separator: "\n")
  }

  var json: JSON {
    [
      "error": [
        "name": .string(name),
        "message": .string(message),
        "remedy": remedy.map(JSON.string) ?? .null,
        "exit-status": .integer(Int64(status.rawValue)),
      ]
    ]
  }
}

extension CommandFailure {
  init(_ error: CallsError) {
    let (status, name): (ExitStatus, String) =
      switch error {
      case .noSessionBus: (.unavailable, "no-session-bus")
      case .busTimedOut: (.timedOut, "bus-timed-out")
      case .nameTaken: (.unavailable, "name-taken")
      case .daemonNotInstalled: (.unavailable, "not-installed")
      case .daemonNotStarted: (.unavailable, "not-started")
      case .foreignBus: (.unavailable, "foreign-bus")
      case .daemonVanished: (.unavailable, "vanished")
      case .disconnected: (.unavailable, "disconnected")
      case .timedOut: (.timedOut, "timed-out")
      case .unexpectedReply: (.failure, "unexpected-reply")
      case .notSendable: (.usage, "not-sendable")
      case .refused(BusErrorName.invalidOption, let message) where NotificationChannel.isMissing(saying: message):
        (.noSession, BusErrorName.invalidOption)
      case .refused(let name, _): (Self.status(of: name), name)
      case .noSession, .sessionEnded, .tokenUsed: (.noSession, "no-session")
      case .alreadyInSession, .notAdoptable: (.failure, "failed")
      }
    self.init(status, name, OptionProblem.renaming(error.description, OptionName.ofTool), remedy: error.remedy)
    // The daemon's errors have one text.
    if remedy == nil, message.hasSuffix("; " + Self.again) {
      message.removeLast("; \(Self.again)".count)
      remedy = Self.again
    }
  }

  private static let again = "try again"

  private static func status(of errorName: String) -> ExitStatus {
    switch errorName {
    case BusErrorName.noSuchSession, BusErrorName.ambiguousSession: .noSession
    case BusErrorName.invalidOption: .usage
    default: .failure
    }
  }

  static func usage(_ message: String, remedy: String? = nil) -> CommandFailure {
    CommandFailure(.usage, "usage", message, remedy: remedy)
  }

  static func noSuchSession(_ id: String) -> CommandFailure {
    CommandFailure(
      .noSession, BusErrorName.noSuchSession, "there is no call with the ID or name “\(id)”",
      remedy: "“ongoingcallctl list --all” lists the IDs and names")
  }
}
