// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// An event of a call, from the bus or from the journal.
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
      return what + (away.contains(kind) ? " (instead of one that is not connected)" : "")
    }
  }

  /// Returns nil if the entry is not about an event.
  init?(_ entry: JournalEntry) {
    guard let name = entry[JournalField.event] else { return nil }
    self.name = name
    reason = entry[JournalField.reason]
    detail = entry[JournalField.detail]
    isMuted = entry[JournalField.muted].flatMap(Self.truth)
    isOnHold = entry[JournalField.onHold].flatMap(Self.truth)
  }

  private static func truth(_ field: String) -> Bool? { ["1": true, "0": false][field] }

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
      isMuted.map { $0 ? "muted" : "unmuted" } ?? "muted or unmuted"
    case EventName.onHoldChanged.rawValue:
      isOnHold.map { $0 ? "on hold" : "no longer on hold" } ?? "held or resumed"
    case EventName.holdRefused.rawValue: "hold refused" + because(detail.map { shown($0) })
    case EventName.transferRequested.rawValue:
      "the other side asks you to call somebody else" + because(detail.map { shown($0) })
    case EventName.transferRequestEnded.rawValue: "the request for a transfer ended"
    case EventName.transferFailed.rawValue: "transfer failed" + because(detail.map { shown($0) })
    case EventName.recordingStarted.rawValue: "recording started" + because(file.map { shown($0) })
    case EventName.recordingStopped.rawValue:
      "recording stopped" + because(reason.flatMap(CallWords.recordingEnd)) + added
    case EventName.audioChanged.rawValue:
      "sound devices changed" + because(devices.isEmpty ? nil : devices.joined(separator: ", "))
    case EventName.returnRequested.rawValue: "return requested"
    case EventName.hangUpRequested.rawValue: "asked to exit"
    case EventName.notificationAction.rawValue:
      "notification button pressed" + (action.map { ": " + shown($0, limit: 40) } ?? "")
    case _ where endsTheCall: "ended" + because(reason.map(CallWords.end)) + exitWords + added
    default: shown(name, limit: 60) + because(reason.map { shown($0, limit: 60) }) + added
    }
  }

  private func because(_ why: String?) -> String { why.map { ": " + $0 } ?? "" }
  private var added: String { detail.map { " (\(shown($0)))" } ?? "" }
  /// A detail says it in words.
  private var exitWords: String { detail == nil ? exitStatus.map { ", exit status \($0)" } ?? "" : "" }
}

/// The API's reasons, in words that continue a sentence.
enum CallWords {
  static func end(_ reason: String) -> String {
    switch EndReason(rawValue: reason) {
    case .aborted: "it was aborted on this machine"
    case .hungUp: "you hung up"
    case .removed: "the other side hung up"
    case .exited: "its program ended"
    case .alone: "nobody else was left in it"
    case .network: "the network did not come back in time"
    case .engineFailed: "its engine failed"
    case .logout: "your last login session ended, or the machine was shut down"
    case .leaseExpired: "its engine lost contact with ongoingcalld"
    case .rejected: "the other side did not resume it"
    case .engineNotFound: "the engine was not found"
    case .refused: "the other side refused it"
    case .busy: "the other side was busy"
    case .declined: "the other side declined"
    case .unreachable: "the other side could not be reached"
    case .notFound: "the address does not exist"
    case .notPermitted: "it was not permitted"
    case .noAnswer: "nobody answered in time"
    case .timedOut: "the other side did not respond in time"
    case nil: shown(reason, limit: 60)
    }
  }

  /// Returns nil if there is nothing to say.
  static func recordingEnd(_ reason: String) -> String? {
    switch RecordingEnd(rawValue: reason) {
    case .stopped: nil
    case .failed: "the file could not be written any more"
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
