// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// Something that happened to a call, as the bus and the journal tell it.
struct CallEvent: Equatable {
  /// An ``EventName``, or one that a later daemon has.
  var name: String
  var reason: String?
  var detail: String?
  var isMuted: Bool?
  var isOnHold: Bool?
  var exitStatus: Int?
  var action: String?
  var file: String?
  var devices: [String] = []

  init(_ happening: SessionHappening) {
    let details = happening.known
    name = happening.name
    reason = details.reason
    detail = details.detail
    isMuted = details.muted
    isOnHold = details.onHold
    exitStatus = details.exitStatus
    action = details.action
    file = details.file
    let away = details.fallback.map(\.rawValue)
    devices = [("microphone", details.microphone), ("speaker", details.speaker)].compactMap { kind, name in
      guard let name else { return nil }
      let what = "\(kind) " + (name.isEmpty ? "none" : shown(name, limit: 60))
      return what + (away.contains(kind) ? " for one that is not there" : "")
    }
  }

  /// nil where the entry is of none.
  init?(_ entry: JournalEntry) {
    guard let name = entry[JournalField.event] else { return nil }
    self.name = name
    reason = entry[JournalField.reason]
    detail = entry[JournalField.detail]
  }

  var endsTheCall: Bool { TerminalEvent(rawValue: name) != nil }

  /// `connection lost: the network went away`
  var words: String {
    switch name {
    case EventName.launched.rawValue: "launched"
    case EventName.ringing.rawValue: "ringing"
    case EventName.joined.rawValue: "joined"
    case EventName.connectionLost.rawValue: "connection lost" + because(reason.map(CallWords.interruption))
    case EventName.connectionRestored.rawValue: "connection restored"
    case EventName.mutedChanged.rawValue:
      isMuted.map { $0 ? "muted" : "unmuted" } ?? "microphone turned off or on"
    case EventName.onHoldChanged.rawValue:
      isOnHold.map { $0 ? "on hold" : "no longer on hold" } ?? "put on hold or taken back"
    case EventName.holdRefused.rawValue: "hold refused" + because(detail.map { shown($0) })
    case EventName.recordingStarted.rawValue: "recording started" + because(file.map { shown($0) })
    case EventName.recordingStopped.rawValue:
      "recording stopped" + because(reason.flatMap(CallWords.recordingEnd)) + added
    case EventName.audioChanged.rawValue:
      "other sound devices" + because(devices.isEmpty ? nil : devices.joined(separator: ", "))
    case EventName.returnRequested.rawValue: "asked to be shown again"
    case EventName.notificationAction.rawValue:
      "a button of its notification was pressed" + (action.map { ": " + shown($0, limit: 40) } ?? "")
    case _ where endsTheCall: "ended" + because(reason.map(CallWords.end)) + exitWords + added
    default: shown(name, limit: 60) + because(reason.map { shown($0, limit: 60) }) + added
    }
  }

  private func because(_ why: String?) -> String { why.map { ": " + $0 } ?? "" }
  private var added: String { detail.map { " (\(shown($0)))" } ?? "" }
  /// A detail says it in words.
  private var exitWords: String { detail == nil ? exitStatus.map { ", exit status \($0)" } ?? "" : "" }
}

/// The reasons of the API in words that go on a sentence.
enum CallWords {
  static func end(_ reason: String) -> String {
    switch EndReason(rawValue: reason) {
    case .aborted: "it was aborted on this machine"
    case .hungUp: "you hung up"
    case .removed: "the other side hung up"
    case .exited: "its program ended"
    case .alone: "nobody else was in it any more"
    case .network: "the network did not come back in time"
    case .engineFailed: "its engine failed"
    case .logout: "your last login session ended, or the machine was shut down"
    case .leaseExpired: "its engine heard of no daemon any more"
    case .rejected: "the other side did not take it up again"
    case .engineNotFound: "there is no such engine"
    case .refused: "the other side refused it"
    case .busy: "the other side was busy"
    case .declined: "the other side declined"
    case .unreachable: "the other side could not be reached"
    case .notFound: "nobody has that address"
    case .notPermitted: "it was not permitted"
    case .noAnswer: "nobody answered in time"
    case .timedOut: "nothing came back in time"
    case nil: shown(reason, limit: 60)
    }
  }

  /// nil where nothing has to be said.
  static func recordingEnd(_ reason: String) -> String? {
    switch RecordingEnd(rawValue: reason) {
    case .stopped: nil
    case .failed: "the file could not be written to any more"
    case .engineReplaced: "the engine that wrote it was replaced"
    case .callEnded: "the call ended"
    case nil: shown(reason, limit: 60)
    }
  }

  static func interruption(_ cause: String) -> String {
    switch InterruptionCause(rawValue: cause) {
    case .network: "the network went away"
    case .engineCrash: "its engine crashed"
    case .engineHang: "its engine hung"
    case .suspend: "the machine went to sleep"
    case .farEnd: "the other side went away"
    case nil: shown(cause, limit: 60)
    }
  }
}
