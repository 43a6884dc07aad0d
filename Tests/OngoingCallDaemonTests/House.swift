// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The house of one session, which writes down what the session does to it. The session, its channel and the bus are
/// real; on that bus there is a stand-in for the service manager.
@EventLoopActor
final class House: SessionHost {
  enum Step: Equatable, Sendable {
    case saved(SessionRecord)
    case announced([RecordedEvent], changed: [String])
    case over
  }

  let manager: ServiceManager
  let launcher: EngineLauncher
  let units: ServiceManagerStandIn
  let steps = Mailbox<Step>()
  let peers: BusPeers
  var observers: [any CallsServiceObserver] = []
  private(set) var events: [RecordedEvent] = []
  private(set) var saved: SessionRecord?
  private(set) var ends = 0
  private var sequence: UInt64 = 2
  private let happened = Mailbox<RecordedEvent>()
  /// Kept, so that no channel is closed before the test is over.
  private var engines: [EngineEnd] = []

  init() async throws {
    peers = try await BusPeers()
    units = try await ServiceManagerStandIn(on: peers.server)
    manager = ServiceManager(bus: peers.client)
    launcher = EngineLauncher(manager: manager)
  }

  deinit { EventLoopActor.assumeIsolated { peers.client.close() } }

  func nextSequence() -> UInt64 {
    sequence += 1
    return sequence
  }

  /// No other session is there.
  func checkIsFree(_ name: String, for sandbox: Sandbox?) {}

  /// Other sessions, by id.
  var others: [String: Session] = [:]

  func session(_ id: String, for permission: Permission) throws(CallRefusal) -> Session {
    guard let session = others[id] else { throw .noSuchSession(id) }
    return session
  }

  func launch(referred spec: LaunchSpec) async throws(CallRefusal) -> Session { throw .stopping }

  func save(_ record: SessionRecord) {
    saved = record
    steps.put(.saved(record))
  }

  func announce(_ events: [RecordedEvent], of session: Session, changed: [String]) {
    self.events += events
    steps.put(.announced(events, changed: changed))
    for observer in observers { observer.sessionChanged(session, events: events, properties: changed) }
    for event in events { happened.put(event) }
  }

  /// Of the account of a session; nil is that there is none.
  var password: Password?

  func lookUpPassword(
    of account: AccountID, in place: PasswordPlace, then: @escaping (Result<Password, PasswordProblem>) -> Void
  ) { then(password.map { .success($0) } ?? .failure(.missing(account, place))) }

  var authorities: [SessionID: String] = [:]

  func keep(authorities text: String, of session: SessionID) { authorities[session] = text }
  func authorities(of session: SessionID) -> String? { authorities[session].map { _ in "/kept/\(session).pem" } }

  func heard(_ registration: EngineRegistration, of session: Session) {}

  func sessionIsOver(_ session: Session) {
    ends += 1
    steps.put(.over)
  }

  func readinessChanged() {}

  var survivesLogout: Bool { true }

  /// The next event that is announced.
  func event() async -> RecordedEvent? { await happened.next() }

  /// The service manager says that the unit is gone, and the session has heard it.
  func removeUnit(of session: Session) async throws {
    try await peers.settle()
    try units.remove(session.record.unit)
    try await settle()
  }

  /// What was asked of the bus is done.
  func settle() async throws {
    // There, and back with what it asks then.
    for _ in 0..<2 { try await peers.settle() }
  }

  /// A session that goes on after an earlier daemon, with an engine at the other end of its channel.
  func session(
    _ record: SessionRecord, pinged pace: EngineWatch.Pace = .every(Wait.ping)
  ) throws -> (Session, EngineEnd) {
    let (daemon, engine) = EngineEnd.pair()
    engines.append(engine)
    let session = try self.session(record, channel: daemon, unitRuns: true, pinged: pace)
    return (session, engine)
  }

  func session(
    _ record: SessionRecord, channel: Int32?, unitRuns: Bool, pinged pace: EngineWatch.Pace = .every(Wait.ping)
  ) throws -> Session {
    let id = try #require(SessionID(record.id))
    if unitRuns { units.units.insert(record.unit) }
    let session = Session(record, id: id, host: self, logger: .silent, pace: pace)
    try session.recover(channel: channel, unitRuns: unitRuns)
    return session
  }

  /// Sessions refer to their house: it is there until the test is over.
  nonisolated static func test(
    _ body: @escaping @EventLoopActor @Sendable (House) async throws -> Void
  ) async throws { try await onEventLoop(with: { try await House() }, body) }
}
