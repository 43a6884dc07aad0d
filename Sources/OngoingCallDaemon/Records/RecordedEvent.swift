// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Systemd

/// An event as it is told: on the bus, in the journal and to clients that were away.
@dynamicMemberLookup
struct RecordedEvent: Equatable, Sendable {
  /// Counts the events of all sessions, from 1, without gaps.
  var sequence: UInt64
  /// µs, CLOCK_REALTIME.
  var time: UInt64
  var session: String
  var name: String
  var details = EventDetails()
  /// The session's, of its launch.
  var sandbox: Sandbox?
  /// Nobody in a sandbox is told the detail.
  var hidesDetail: Bool?

  init(_ event: SessionEvent, sequence: UInt64, time: UInt64, session: SessionID, sandbox: Sandbox? = nil) {
    self.sequence = sequence
    self.time = time
    self.session = session.description
    self.sandbox = sandbox
    name = event.name
    switch event {
    case .launched, .ringing, .joined, .connectionRestored, .transferRequestEnded: break
    case .connectionLost(let cause): details.reason = cause.rawValue
    case .mutedChanged(let value): details.muted = value
    case .onHoldChanged(let value): details.onHold = value
    case .holdRefused(let why): details.detail = Self.shown(why)
    case .transferRequested(let address): details.detail = Self.shown(Referral.address(of: address))
    case .transferFailed(let why): details.detail = Self.shown(why)
    case .recordingStarted(let path): details.file = path
    case .recordingStopped(let end, let problem):
      details.reason = end.rawValue
      details.detail = Self.shown(problem)
    case .audioChanged(let use): details.audio = use
    case .returnRequested(let token): details.activationToken = token
    case .notificationAction(let key): details.action = key
    case .hangUpRequested(let seconds): details.grace = UInt64(seconds) * 1_000_000
    case .ended(let end):
      details.reason = end.reason.rawValue
      details.detail = Self.shown(end.detail)
      details.exitStatus = end.exitStatus
    }
  }

  subscript<Detail>(dynamicMember detail: WritableKeyPath<EventDetails, Detail>) -> Detail {
    get { details[keyPath: detail] }
    set { details[keyPath: detail] = newValue }
  }

  /// A line that can be shown, and that has something to show: what a new daemon takes for one of its own.
  private static func shown(_ text: String) -> String? {
    let line = DisplayText(text).description
    return line.isEmpty ? nil : line
  }
}

/// The details stand beside the rest, as earlier daemons wrote them.
extension RecordedEvent: Codable {
  private enum Key: CodingKey {
    case sequence, time, session, name, sandbox, hidesDetail
  }

  init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: Key.self)
    sequence = try values.decode(UInt64.self, forKey: .sequence)
    time = try values.decode(UInt64.self, forKey: .time)
    session = try values.decode(String.self, forKey: .session)
    name = try values.decode(String.self, forKey: .name)
    sandbox = try values.decodeIfPresent(Sandbox.self, forKey: .sandbox)
    hidesDetail = try values.decodeIfPresent(Bool.self, forKey: .hidesDetail)
    details = try EventDetails(from: decoder)
  }

  func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: Key.self)
    try values.encode(sequence, forKey: .sequence)
    try values.encode(time, forKey: .time)
    try values.encode(session, forKey: .session)
    try values.encode(name, forKey: .name)
    try values.encodeIfPresent(sandbox, forKey: .sandbox)
    try values.encodeIfPresent(hidesDetail, forKey: .hidesDetail)
    try details.encode(to: encoder)
  }
}
