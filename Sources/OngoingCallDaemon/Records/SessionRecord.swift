// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import EngineChannel
import Systemd

/// Everything that a new daemon needs to continue a session. It is saved before its contents are announced.
/// Each field is one key of the file.
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
  /// What a new process of the engine needs to take up the call.
  var resume: String?
  /// The sound devices that were chosen during the call, by the names of their settings; an empty name is the default
  /// device.
  var audio: [String: String]?
  /// The name that it was given during the call; "" is none. A launch that is repeated still asks for the first one.
  var newName: String?
  /// Where its notification is, or may be.
  var notification: PostedNotification?
  /// The user has been told about the end, or need not be told.
  var endIsTold: Bool?
  /// The call that asked for this one knows how it went, or need not know.
  var referralIsTold: Bool?
  /// Which request for a transfer the buttons of a notification mean. The far end does not choose it.
  var transferMark: String?
  /// Where the notification is, or may be, that asks the user about a transfer.
  var requestNotification: PostedNotification?
  /// The newest events, oldest first.
  var events: [RecordedEvent] = []

  var name: String { newName ?? spec.name ?? "" }

  /// µs since the call was joined.
  func duration(now: UInt64) -> UInt64 {
    guard joinedAtBoottime > 0 else { return 0 }
    let end = endedAtBoottime > 0 ? endedAtBoottime : now
    return end > joinedAtBoottime ? end - joinedAtBoottime : 0
  }
}

extension SessionRecord {
  /// The session's properties, as far as they are in the record.
  var info: SessionInfo {
    var info = SessionInfo(id: id)
    info.title = spec.title
    info.name = name
    info.applicationID = spec.applicationID
    info.uri = spec.uri ?? ""
    info.account = spec.account ?? ""
    info.engine = spec.engine.name
    info.unit = unit
    info.command = spec.command ?? []
    info.terminal = spec.terminal
    info.program = program
    info.state = life.state.rawValue
    info.endReason = life.end?.reason.rawValue ?? ""
    info.endDetail = life.end?.detail ?? ""
    info.adopted = life.isAdopted
    info.muted = life.reported.muted
    info.onHold = life.reported.onHold
    info.launchedAt = launchedAt
    info.joinedAt = joinedAt
    info.token = spec.token ?? ""
    info.recording = life.reported.recording ?? ""
    info.connectedTo = life.reported.connectedTo.map { DisplayText($0).description } ?? ""
    info.transferRequest = transferRequest
    return info
  }

  /// What is known of its process without the engine.
  private var program: ProgramStatus? {
    guard spec.command != nil || spec.process != nil else { return nil }
    var status = ProgramStatus(process: spec.process.map { Int($0.pid) })
    status.exitStatus = life.end?.exitStatus
    status.hangUpGrace = spec.hangUpGrace.map { Int($0) }
    return status
  }

  /// Whom the far end asks the user to call instead, as it can be shown; "" where it does not ask.
  var transferRequest: String {
    life.reported.transferRequest.map { DisplayText(Referral.address(of: $0)).description } ?? ""
  }

  /// Sets the times of what has changed, and returns the names of the changed properties.
  mutating func noteChanges(since before: SessionLife) -> [String] {
    var old = self
    old.life = before
    if life.hasJoined && !before.hasJoined {
      joinedAt = SystemClock.realtime.now
      joinedAtBoottime = SystemClock.boottime.now
    }
    if life.end != nil && before.end == nil { endedAtBoottime = SystemClock.boottime.now }
    return info.changes(since: old.info)
  }
}
