// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel

@testable import OngoingCallDaemon

extension SessionRecord {
  /// A session whose engine is about to be started.
  static func sample(_ id: SessionID, capabilities: [String] = []) -> SessionRecord {
    let engine = EngineDescriptor(
      name: "sip", command: ["/bin/engine"], schemes: ["sip"], capabilities: capabilities)
    return SessionRecord(
      id: id.description, unit: EngineUnit.name(engine: "sip", session: id.description),
      spec: LaunchSpec(engine: engine, uri: "sip:a@example.org", title: "Stand-up"), life: SessionLife(),
      launchedAt: 1)
  }

  /// A session whose engine runs, and has said nothing yet.
  static func launched(_ id: SessionID, capabilities: [String] = []) -> SessionRecord {
    var record = sample(id, capabilities: capabilities)
    record.live(.engineStarted)
    return record
  }

  static func joined(_ id: SessionID, capabilities: [String] = []) -> SessionRecord {
    var record = launched(id, capabilities: capabilities)
    record.live(.report(EngineReport(.joined)))
    return record
  }

  static func ended(_ id: SessionID) -> SessionRecord {
    var record = joined(id)
    record.live(.report(EngineReport(.ended(.exited, detail: "“done”", exitStatus: 3))))
    record.live(.unitGone)
    record.endedAtBoottime = 3
    return record
  }

  /// What a session writes down when something happens to it.
  mutating func live(_ input: SessionLife.Input) {
    for case .announce(let event) in life.handle(input) { tell(event) }
    if life.hasJoined, joinedAt == 0 { (joinedAt, joinedAtBoottime) = (2, 2) }
  }

  mutating func tell(_ event: SessionEvent) {
    let sequence = UInt64(events.count + 1)
    events.append(RecordedEvent(event, sequence: sequence, time: sequence, session: SessionID(id) ?? SessionID()))
  }
}

extension RecordedEvent {
  /// As large as an event can become: its text is of characters that JSON writes as two.
  static func large(_ sequence: UInt64, _ id: SessionID) -> RecordedEvent {
    let end = SessionEnd(
      event: .connectionClosed, reason: .engineFailed, detail: String(repeating: "\"", count: 512), exitStatus: 255)
    return RecordedEvent(.ended(end), sequence: Limit.sequence - 2000 + sequence, time: .max, session: id)
  }
}
