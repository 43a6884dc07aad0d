// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Logging
import Systemd

/// All sessions: launches, ends, remembers and recovers them.
@EventLoopActor
final class CallsService: SessionHost, LingeringHost {
  let manager: ServiceManager
  let installed: InstalledEngines
  let accounts: AccountStore
  let passwords: PasswordStore?
  let accountPasswords: AccountPasswords?
  let accountTester: AccountTester
  private(set) var sessions: [SessionID: Session] = [:]
  /// To be set before anything happens; they live as long as this does.
  var observers: [any CallsServiceObserver] = []
  private var machine: MachineMonitor?
  /// What is known of the machine is of no use before the calls are; nobody is to wait for it.
  var postponesGuarding = false { didSet { guardCalls() } }
  private(set) var lingering: Lingering?
  private let system: SystemBus
  /// What launches do not say.
  var configuration = Configuration()

  let records: CallRecords
  let launches = PendingLaunches()
  let logger: Logger
  private var forgetting: [SessionID: EventSource] = [:]
  var farewellsEnd: CheckedContinuation<Void, Never>?

  /// - Parameter system: for tests, which are not to watch the machine that they run on.
  init(
    manager: ServiceManager, catalog: EngineCatalog, installed: InstalledEngines? = nil, accounts: AccountStore? = nil,
    passwords: PasswordStore? = nil, store: RecordStore, logger: Logger, system: SystemBus? = nil
  ) {
    self.manager = manager
    self.installed = installed ?? InstalledEngines(catalog)
    let accounts = accounts ?? AccountStore(logger: logger)
    (self.accounts, self.passwords) = (accounts, passwords)
    accountPasswords = passwords.map { AccountPasswords(accounts, $0) }
    accountTester = AccountTester(accounts, passwords, self.installed, manager)
    self.logger = logger
    records = CallRecords(store, logger: logger)
    self.system = system ?? SystemBus(logger: logger)
    machine = MachineMonitor(self, self.system, logger: logger)
  }

  /// To be called before anything else where calls are to be able to outlive the last logout.
  func linger(in surroundings: Lingering.Surroundings) {
    lingering = Lingering(self, surroundings, system, logger: logger)
  }

  var launcher: EngineLauncher { EngineLauncher(manager: manager) }

  var history: EventHistory { records.history }

  /// Those that have not ended, the oldest first.
  var live: [Session] {
    sessions.values.filter { $0.life.state != .ended }.sorted { $0.record.launchedAt < $1.record.launchedAt }
  }

  // MARK: Looking up

  /// The session of that id; of the empty id, the only one that has not ended. For `permission` there are no others than
  /// it sees.
  func session(_ text: String, for permission: Permission = Permission(caller: .unconfined)) throws(CallRefusal)
    -> Session
  {
    guard text.isEmpty else {
      guard let id = SessionID(text), let session = sessions[id], permission.sees(sessionOf: session.spec.sandbox)
      else {
        throw .noSuchSession(text)
      }
      return session
    }
    let live = live.filter { permission.sees(sessionOf: $0.spec.sandbox) }
    guard let session = live.first else { throw .noSuchSession("") }
    guard live.count == 1 else { throw .ambiguousSession(live.map { $0.id.description }) }
    return session
  }

  // MARK: SessionHost

  func nextSequence() -> UInt64 { records.nextSequence() }

  func save(_ record: SessionRecord) throws {
    try records.save(record) {
      (sessions.values + launches.sessions).map(\.record).filter { $0.id != record.id }
    }
  }

  func announce(_ events: [RecordedEvent], of session: Session, changed: [String]) {
    records.append(events)
    accounts.heard(events, of: session.spec)
    if sessions[session.id] == nil {
      // One that is to end before it was launched is heard of only if it is launched.
      guard !events.isEmpty else { return }
      add(session)
    }
    for observer in observers { observer.sessionChanged(session, events: events, properties: changed) }
    settleReferrals()
    guardCalls()
  }

  /// Adds one that others may hear of.
  func add(_ session: Session) {
    sessions[session.id] = session
    for observer in observers { observer.sessionAppeared(session) }
  }

  func heard(_ registration: EngineRegistration, of session: Session) {
    accounts.heard(registration, of: session.id, session.spec)
  }

  func sessionIsOver(_ session: Session) {
    accounts.forgetRegistration(of: session.id)
    forgetLater(session)
    lingering?.callsChanged()
  }

  func lookUpPassword(
    of account: AccountID, in place: PasswordPlace, then: @escaping (Result<Password, PasswordProblem>) -> Void
  ) {
    guard let passwords else { return then(.failure(.missing(account, place))) }
    passwords.lookup(account, in: place, then: then)
  }

  func keep(authorities text: String, of session: SessionID) { records.keep(authorities: text, of: session) }
  func authorities(of session: SessionID) -> String? { records.authorities(of: session) }

  func readinessChanged() { guardCalls() }

  func guardCalls() { if !postponesGuarding { machine?.callsChanged() } }

  func forgetLater(_ session: Session) {
    if let sandbox = session.spec.sandbox {
      let ended = sessions.values.filter { $0.spec.sandbox == sandbox && forgetting[$0.id] != nil }
        .sorted { $0.record.launchedAt < $1.record.launchedAt }
      for old in ended.dropLast(Limit.endedSessionsOfSandbox - 1) { forget(old) }
    }
    do {
      forgetting[session.id] = try EventSource.timer(after: Wait.endedSessionStays, accuracy: .seconds(1)) {
        [weak self] in self?.forget(session)
      }
    } catch { forget(session) }
  }

  private func forget(_ session: Session) {
    forgetting[session.id] = nil
    for observer in observers { observer.sessionWillDisappear(session) }
    sessions[session.id] = nil
    lingering?.callsChanged()
    records.forget(session.id)
  }

  // MARK: Lingering

  var survivesLogout: Bool { lingering?.isOn ?? false }

  var hasCalls: Bool { !sessions.isEmpty || !launches.sessions.isEmpty }

  var needsLingering: Bool {
    sessions.values.contains { $0.spec.lingers && !$0.life.isOver }
      || launches.sessions.contains { $0.spec.lingers }
  }

  /// Returns when nothing of what was done for calls that have ended is left to undo.
  func settle() async { await lingering?.restore() }

  func lingeringChanged() {
    for session in sessions.values {
      for observer in observers {
        observer.sessionChanged(session, events: [], properties: [SessionInfo.name(\.survivesLogout)])
      }
    }
  }

  // MARK: Health

  /// What must hold whenever the loop turns; the watchdog is fed only while it does.
  var isHealthy: Bool {
    sessions.allSatisfy { $0.key == $0.value.id } && records.areHealthy
  }
}
