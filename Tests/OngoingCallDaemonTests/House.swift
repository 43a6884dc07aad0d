// SPDX-License-Identifier: Apache-2.0
import CallSession
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The house of one session, which writes down what the session does to it. The session, its channel and the bus are
/// real; the service manager is a name on that bus, in which the test signals.
@EventLoopActor
final class House: SessionHost {
  enum Step: Equatable, Sendable {
    case saved(SessionRecord)
    case announced([RecordedEvent], changed: [String])
    case over
  }

  let manager: ServiceManager
  let launcher: EngineLauncher
  let steps = Mailbox<Step>()
  private let peers: BusPeers
  private(set) var events: [RecordedEvent] = []
  private(set) var saved: SessionRecord?
  private(set) var ends = 0
  private var sequence: UInt64 = 2
  private let happened = Mailbox<RecordedEvent>()
  private var removals: [BusSlot] = []

  init() async throws {
    peers = try await BusPeers()
    try await peers.server.requestName("org.freedesktop.systemd1")
    manager = ServiceManager(bus: peers.client)
    launcher = EngineLauncher(manager: manager)
  }

  func nextSequence() -> UInt64 {
    sequence += 1
    return sequence
  }

  func save(_ record: SessionRecord) {
    saved = record
    steps.put(.saved(record))
  }

  func announce(_ events: [RecordedEvent], of session: Session, changed: [String]) {
    self.events += events
    steps.put(.announced(events, changed: changed))
    for event in events { happened.put(event) }
  }

  func sessionIsOver(_ session: Session) {
    ends += 1
    steps.put(.over)
  }

  /// The next event that is announced.
  func event() async -> RecordedEvent? { await happened.next() }

  /// The service manager says that the unit is gone, and the session has heard it.
  func removeUnit(of session: Session) async throws {
    try await peers.settle()
    try peers.server.emit(
      path: "/org/freedesktop/systemd1", interface: "org.freedesktop.systemd1.Manager", member: "UnitRemoved",
      [.string(session.record.unit), .objectPath("/org/freedesktop/systemd1/unit/x")])
    try await peers.settle()
  }

  /// What was asked of the bus is done.
  func settle() async throws { try await peers.settle() }

  /// A session that goes on after an earlier daemon, with an engine at the other end of its channel.
  func session(_ record: SessionRecord, ping: Duration = Wait.ping) throws -> (Session, EngineEnd) {
    let (daemon, engine) = EngineEnd.pair()
    let session = try self.session(record, channel: daemon, unitRuns: true, ping: ping)
    return (session, engine)
  }

  func session(
    _ record: SessionRecord, channel: Int32?, unitRuns: Bool, ping: Duration = Wait.ping
  ) throws -> Session {
    let id = try #require(SessionID(record.id))
    let session = Session(record, id: id, host: self, logger: .silent, pingInterval: ping)
    try session.recover(channel: channel, unitRuns: unitRuns)
    return session
  }
}
