// SPDX-License-Identifier: Apache-2.0
import CallSession
import OngoingCallNames

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
    _ = record.life.handle(.engineStarted)
    record.events = [RecordedEvent(.launched, sequence: 1, time: 1, session: id)]
    return record
  }

  static func joined(_ id: SessionID, capabilities: [String] = []) -> SessionRecord {
    var record = launched(id, capabilities: capabilities)
    _ = record.life.handle(.report(EngineReport(.joined)))
    record.events.append(RecordedEvent(.joined, sequence: 2, time: 2, session: id))
    (record.joinedAt, record.joinedAtBoottime) = (2, 2)
    return record
  }

  static func ended(_ id: SessionID) -> SessionRecord {
    var record = joined(id)
    _ = record.life.handle(.report(EngineReport(.ended(.exited, detail: "“done”", exitStatus: 3))))
    _ = record.life.handle(.unitGone)
    if let end = record.life.end {
      record.events.append(RecordedEvent(.ended(end), sequence: 3, time: 3, session: id))
    }
    record.endedAtBoottime = 3
    return record
  }
}

extension RecordedEvent {
  /// As large as an event can become: its text is of characters that JSON writes as two.
  static func large(_ sequence: UInt64, _ id: SessionID) -> RecordedEvent {
    let end = SessionEnd(
      event: .connectionClosed, reason: .engineFailed, detail: String(repeating: "\"", count: 512), exitStatus: 255)
    return RecordedEvent(.ended(end), sequence: .max - 2000 + sequence, time: .max, session: id)
  }
}
