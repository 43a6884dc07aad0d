// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import EngineChannel
import Systemd

/// An event as it is told: on the bus, in the journal and to clients that were away.
struct RecordedEvent: Codable, Equatable, Sendable {
  /// Counts the events of all sessions, from 1, without gaps.
  var sequence: UInt64
  /// µs, CLOCK_REALTIME.
  var time: UInt64
  var session: String
  var name: String
  var reason: String?
  /// A line that can be shown, and that has something to show.
  var detail: String?
  var muted: Bool?
  var onHold: Bool?
  var exitStatus: Int32?
  var activationToken: String?
  var action: String?
  var file: String?
  var audio: AudioUse?
  /// µs
  var grace: UInt64?
  /// The session's, of its launch.
  var sandbox: Sandbox?

  init(_ event: SessionEvent, sequence: UInt64, time: UInt64, session: SessionID, sandbox: Sandbox? = nil) {
    self.sequence = sequence
    self.time = time
    self.session = session.description
    self.sandbox = sandbox
    name = event.name
    switch event {
    case .launched, .ringing, .joined, .connectionRestored: break
    case .connectionLost(let cause): reason = cause.rawValue
    case .mutedChanged(let value): muted = value
    case .onHoldChanged(let value): onHold = value
    case .holdRefused(let why): detail = Self.shown(why)
    case .recordingStarted(let path): file = path
    case .recordingStopped(let end, let problem):
      reason = end.rawValue
      detail = Self.shown(problem)
    case .audioChanged(let use): audio = use
    case .returnRequested(let token): activationToken = token
    case .notificationAction(let key): action = key
    case .hangUpRequested(let seconds): grace = UInt64(seconds) * 1_000_000
    case .ended(let end):
      reason = end.reason.rawValue
      detail = Self.shown(end.detail)
      exitStatus = end.exitStatus.map(Int32.init(clamping:))
    }
  }

  /// What a new daemon takes for a line of its own.
  private static func shown(_ text: String) -> String? {
    let line = DisplayText(text).description
    return line.isEmpty ? nil : line
  }
}

/// All that a new daemon needs to go on with a session. It is written before what it says is announced.
struct SessionRecord: Codable, Equatable, Sendable {
  static let version = 1

  var version = SessionRecord.version
  var id: String
  var unit: String
  var spec: LaunchSpec
  var life: SessionLife
  /// µs, CLOCK_REALTIME; 0 is "not yet", here and below.
  var launchedAt: UInt64 = 0
  var joinedAt: UInt64 = 0
  /// µs, CLOCK_BOOTTIME.
  var joinedAtBoottime: UInt64 = 0
  var endedAtBoottime: UInt64 = 0
  /// What a new process of the engine needs to take the call up again.
  var resume: String?
  /// The sound devices that were chosen during the call, by the names of the settings; empty is the default one.
  var audio: [String: String]?
  /// Where its notification is, or may be.
  var notification: PostedNotification?
  /// The user has been told of its end, or is not to be.
  var endIsTold: Bool?
  /// The newest, oldest first.
  var events: [RecordedEvent] = []

  /// µs since the call was joined.
  func duration(now: UInt64) -> UInt64 {
    guard joinedAtBoottime > 0 else { return 0 }
    let end = endedAtBoottime > 0 ? endedAtBoottime : now
    return end > joinedAtBoottime ? end - joinedAtBoottime : 0
  }
}

extension SessionRecord {
  /// Notes the times of what has changed, and returns the names of the properties that did.
  mutating func noteChanges(since before: SessionLife) -> [String] {
    var changed: [String] = []
    if life.state != before.state { changed.append(SessionProperty.state) }
    if life.muted != before.muted { changed.append(SessionProperty.muted) }
    if life.onHold != before.onHold { changed.append(SessionProperty.onHold) }
    if life.recording != before.recording { changed.append(SessionProperty.recording) }
    if life.hasJoined && !before.hasJoined {
      joinedAt = SystemClock.realtime.now
      joinedAtBoottime = SystemClock.boottime.now
      changed.append(SessionProperty.joinedAt)
    }
    if life.end != nil && before.end == nil {
      endedAtBoottime = SystemClock.boottime.now
      changed += [SessionProperty.endReason, SessionProperty.endDetail]
    }
    return changed
  }
}
