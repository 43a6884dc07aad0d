// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Glibc
import Logging
import Systemd

/// What the service tells the bus.
@EventLoopActor
protocol CallsServiceObserver: AnyObject {
  func sessionAppeared(_ session: Session)
  func sessionChanged(_ session: Session, events: [RecordedEvent], properties: [String])
  func sessionWillDisappear(_ session: Session)
}

/// All sessions: launches, ends, remembers and recovers them.
@EventLoopActor
final class CallsService: SessionHost, LingeringHost {
  let manager: ServiceManager
  let installed: InstalledEngines
  private(set) var history = EventHistory()
  private(set) var sessions: [SessionID: Session] = [:]
  /// To be set before anything happens; they live as long as this does.
  var observers: [any CallsServiceObserver] = []
  private var guardian: Guardian?
  /// What is known of the machine is of no use before the calls are; nobody is to wait for it.
  var postponesGuarding = false { didSet { guardCalls() } }
  private var lingering: Lingering?
  private let system: SystemBus
  /// What launches do not say.
  var configuration = Configuration()

  let launcher: EngineLauncher
  private let store: RecordStore
  private let logger: Logger
  /// Sessions whose engine is being started: nobody has heard of them yet, but whoever asked for them.
  private var starting: [SessionID: (session: Session, waiters: [Waiter])] = [:]
  /// The daemon stops: what is launched now would have nobody to keep it.
  private var isClosed = false
  private var forgetting: [SessionID: EventSource] = [:]
  private typealias Waiter = CheckedContinuation<Result<Session, CallsError>, Never>
  private var lastSequence: UInt64 = 0
  var farewellsEnd: CheckedContinuation<Void, Never>?

  /// - Parameter system: for tests, which are not to watch the machine that they run on.
  init(
    manager: ServiceManager, catalog: EngineCatalog, installed: InstalledEngines? = nil, store: RecordStore,
    logger: Logger, system: SystemBus? = nil
  ) {
    self.manager = manager
    self.installed = installed ?? InstalledEngines(catalog)
    self.store = store
    self.logger = logger
    launcher = EngineLauncher(manager: manager)
    self.system = system ?? SystemBus(logger: logger)
    guardian = Guardian(self, self.system, logger: logger)
  }

  /// To be called before anything else where calls are to be able to outlive the last logout.
  func linger(in surroundings: Lingering.Surroundings) {
    lingering = Lingering(self, surroundings, system, logger: logger)
  }

  /// Those that have not ended, the oldest first.
  var live: [Session] {
    sessions.values.filter { $0.life.state != .ended }.sorted { $0.record.launchedAt < $1.record.launchedAt }
  }

  // MARK: Launch

  func launch(
    _ spec: LaunchSpec, adopting process: AdoptionRequest? = nil, mustLinger: Bool
  ) async throws(CallsError) -> Session {
    if let session = try await session(alreadyLaunchedBy: spec) { return session }
    guard !isClosed else { throw .stopping }
    if let process { try checkIsNoCall(process, for: spec.sandbox) }
    try checkNumber(of: spec.sandbox)
    let session = Session(spec, adopting: process?.handle, id: unusedID(), host: self, logger: logger)
    starting[session.id] = (session, [])
    let result = await start(session, mustLinger: mustLinger)
    for waiter in starting.removeValue(forKey: session.id)?.waiters ?? [] { waiter.resume(returning: result) }
    lingering?.callsChanged()
    return try result.get()
  }

  private func start(_ session: Session, mustLinger: Bool) async -> Result<Session, CallsError> {
    if session.spec.lingers {
      do throws(CallsError) {
        guard let lingering else { throw .notSupported("lingering is not looked after here") }
        try await lingering.turnOn()
      } catch {
        guard !mustLinger else { return .failure(error) }
        logger.warning("\(session.id): \(error.message)", metadata: [JournalField.session: "\(session.id)"])
      }
    }
    guard !isClosed else { return .failure(.stopping) }
    do {
      try await session.start()
      if !survivesLogout { session.logEndAtLogout() }
      return .success(session)
    } catch {
      store.remove(session.id)
      if let error = error as? CallsError { return .failure(error) }
      let remedy = (error as? SystemError)?.remedy.map { "; \($0)" } ?? ""
      let what =
        session.spec.process.map { "the process \($0.pid) could not be adopted" }
        ?? "the engine “\(session.spec.engine.name)” could not be started"
      let problem = "\(what): \(error)\(remedy)"
      logger.error("\(session.id): \(problem)", metadata: [JournalField.session: "\(session.id)"])
      return .failure(.engineFailed(problem))
    }
  }

  /// A process that a session let go of is no call any more, though it is still in its unit.
  private func checkIsNoCall(_ process: AdoptionRequest, for sandbox: Sandbox?) throws(CallsError) {
    let all = sessions.values.filter { !$0.life.isOver } + starting.values.map(\.session)
    let isTaken = { (session: Session) in
      session.id.description == process.session || session.spec.process == process.identity
    }
    guard let session = all.first(where: isTaken) else { return }
    let isSeen = sandbox == nil || session.spec.sandbox == sandbox
    let call = isSeen ? "the call \(session.id)" : "a call"
    throw .invalidOption(process.option, "the process \(process.identity.pid) is of \(call) already")
  }

  /// The session of the same token. It is a launch that is repeated only where all else is the same too.
  private func session(alreadyLaunchedBy spec: LaunchSpec) async throws(CallsError) -> Session? {
    guard let token = spec.token else { return nil }
    let all = sessions.values + starting.values.map(\.session)
    let isSame = { (session: Session) in session.spec.token == token && session.spec.sandbox == spec.sandbox }
    guard let session = all.first(where: isSame) else { return nil }
    guard spec.asksForTheSame(as: session.spec) else {
      throw .invalidOption(
        LaunchOption.token,
        "the call \(session.id) was launched with it and other options; repeat those, or give a token of its own")
    }
    guard let waiters = starting[session.id]?.waiters else { return session }
    guard waiters.count < Limit.waiters else {
      throw .limitReached("\(waiters.count) callers wait for the launch of that token already; try again")
    }
    return try await withCheckedContinuation { starting[session.id]?.waiters.append($0) }.get()
  }

  private func unusedID() -> SessionID {
    var id = SessionID()
    while sessions[id] != nil || starting[id] != nil { id = SessionID() }
    return id
  }

  // MARK: The end

  /// From now on nothing is launched.
  func stopLaunching() { isClosed = true }

  /// Those that have not ended, and those that are about to be there.
  var underWay: [Session] { live + starting.values.map(\.session) }

  /// Returns when no launch is under way any more.
  func settleLaunches() async {
    for id in starting.keys { await launched(id) }
  }

  private func launched(_ id: SessionID) async {
    guard starting[id] != nil else { return }
    _ = await withCheckedContinuation { starting[id]?.waiters.append($0) }
  }

  /// Ends all sessions, and returns when nothing of them runs any more, or what tells the far ends has had its time.
  /// Those that are being launched hear of it as soon as they can.
  func endAll(_ input: SessionLife.Input) async {
    let ending = underWay
    for session in ending { session.handle(input) }
    for session in ending {
      await launched(session.id)
      // One that could not be launched has never been.
      guard sessions[session.id] != nil else { continue }
      await withCheckedContinuation { over in session.whenEnded { over.resume() } }
    }
    await settleFarewells()
  }

  // MARK: Looking up

  /// The session of that id; of the empty id, the only one that has not ended. For `permission` there are no others than
  /// it sees.
  func session(_ text: String, for permission: Permission = Permission(caller: .unconfined)) throws(CallsError)
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

  // MARK: Recovery

  /// Goes on with what an earlier daemon left. Called once, before anybody can call.
  ///
  /// - Parameter units: those of engines, where they are known already.
  func recover(stored: [(name: String, descriptor: Int32)], units: Set<String>? = nil) async throws(BusError) {
    let (records, leftOut) = store.load()
    let units = if let units { units } else { try await manager.engineUnits() }
    // Where calls run, there were records.
    recoverHistory(records, records.isEmpty && !units.isEmpty ? max(1, leftOut) : leftOut)
    var stored = usable(stored)

    for record in records {
      guard let id = SessionID(record.id) else { continue }
      if let process = record.spec.process {
        recover(record, id, process, stored.removeValue(forKey: StoredFD.process(record.id)))
      } else {
        recover(record, id, stored.removeValue(forKey: StoredFD.channel(record.id)), units.contains(record.unit))
      }
    }
    for (name, descriptor) in stored { discard(name, descriptor, "it belongs to no session") }
    let known = Set(sessions.values.map(\.record.unit))
    for unit in units.subtracting(known) { await stopStray(unit) }
    guardCalls()
    lingering?.recover()
  }

  /// No number is given out twice, whatever was lost.
  private func recoverHistory(_ records: [SessionRecord], _ leftOut: Int) {
    let known = store.loadHistory()
    history = EventHistory((known?.events ?? []) + records.flatMap(\.events))
    if let known, known.sequence > history.sequence { history.skip(to: known.sequence) }
    if leftOut > 0 || known == nil {
      history.skip(to: history.sequence + Limit.lostEvents)
      saveHistory()
    }
    lastSequence = history.sequence
  }

  /// The stored descriptors that can be what their names say, by name. All others are closed.
  private func usable(_ stored: [(name: String, descriptor: Int32)]) -> [String: Int32] {
    var usable: [String: Int32] = [:]
    for (name, descriptor) in stored {
      if usable[name] != nil {
        // The newest comes first; by its name it cannot be told from the others.
        logger.warning("closing another stored descriptor “\(name)”")
        close(descriptor)
      } else if name.hasPrefix(StoredFD.channelPrefix), !Files.isStreamSocket(descriptor) {
        discard(name, descriptor, "it is no engine's channel")
      } else if name.hasPrefix(StoredFD.processPrefix), !ProcessHandle.isProcess(descriptor) {
        discard(name, descriptor, "it is no process's")
      } else {
        usable[name] = descriptor
      }
    }
    return usable
  }

  private func recover(_ record: SessionRecord, _ id: SessionID, _ channel: Int32?, _ unitRuns: Bool) {
    // It died before the engine was started, or at least before anybody was told: whoever asked will ask again.
    guard !record.events.isEmpty || unitRuns else {
      if let channel { discard(StoredFD.channel(record.id), channel, "its call was never launched") }
      return store.remove(id)
    }
    recover(record, id) { session in try session.recover(channel: channel, unitRuns: unitRuns) }
  }

  /// The same for a process that was adopted.
  private func recover(_ record: SessionRecord, _ id: SessionID, _ process: ProcessIdentity, _ descriptor: Int32?) {
    let name = StoredFD.process(record.id)
    let stored = descriptor.map { ProcessHandle($0) }
    let found = record.life.isOver ? nil : ProcessHandle.of(process, stored: stored)
    // Moved, but not announced before the daemon died.
    let isInUnit = found.flatMap { ProcessStatus(of: $0.number) }?.groups.contains(record.unit) ?? false
    let isLaunched = !record.events.isEmpty || isInUnit
    do {
      if stored == nil || found !== stored || !isLaunched { try FDStore.remove(name) }
      if let found, found !== stored, isLaunched {
        logger.warning("\(id): the fd store has lost its process, which is known by its number and its start")
        try FDStore.add(name, found.descriptor)
      }
    } catch { logger.error("\(error)") }
    guard isLaunched else { return store.remove(id) }
    recover(record, id) { session in try session.recover(found) }
  }

  private func recover(_ record: SessionRecord, _ id: SessionID, _ goOn: (Session) throws -> Void) {
    let session = Session(record, id: id, host: self, logger: logger)
    sessions[id] = session
    for observer in observers { observer.sessionAppeared(session) }
    do { try goOn(session) } catch {
      logger.error("\(id): cannot be recovered: \(error)", metadata: [JournalField.session: "\(id)"])
    }
    if session.life.isOver { forgetLater(session) }
  }

  private func discard(_ name: String, _ descriptor: Int32, _ why: String) {
    logger.warning("closing the stored descriptor “\(name)”: \(why)")
    do { try FDStore.discard(name, descriptor) } catch { logger.error("\(error)") }
  }

  private func stopStray(_ unit: String) async {
    logger.warning("stopping \(unit), which belongs to no session")
    do throws(BusError) { try await manager.stop(unit) } catch { logger.error("cannot stop \(unit): \(error)") }
  }

  // MARK: SessionHost

  func nextSequence() -> UInt64 {
    lastSequence += 1
    return lastSequence
  }

  func save(_ record: SessionRecord) throws {
    try store.save(record) {
      (sessions.values + starting.values.map(\.session)).map(\.record).filter { $0.id != record.id }
    }
  }

  func announce(_ events: [RecordedEvent], of session: Session, changed: [String]) {
    for event in events { history.append(event) }
    if sessions[session.id] == nil {
      // One that is to end before it was launched is heard of only if it is launched.
      guard !events.isEmpty else { return }
      sessions[session.id] = session
      for observer in observers { observer.sessionAppeared(session) }
    }
    for observer in observers { observer.sessionChanged(session, events: events, properties: changed) }
    guardCalls()
  }

  func sessionIsOver(_ session: Session) {
    forgetLater(session)
    lingering?.callsChanged()
  }

  func readinessChanged() { guardCalls() }

  private func guardCalls() { if !postponesGuarding { guardian?.callsChanged() } }

  private func forgetLater(_ session: Session) {
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
    if saveHistory() { store.remove(session.id) }
  }

  @discardableResult
  private func saveHistory() -> Bool {
    do { try store.saveHistory(history) } catch {
      logger.error("the event history cannot be written: \(error)")
      return false
    }
    return true
  }

  // MARK: Lingering

  var survivesLogout: Bool { lingering?.isOn ?? false }

  var hasCalls: Bool { !sessions.isEmpty || !starting.isEmpty }

  var needsLingering: Bool {
    sessions.values.contains { $0.spec.lingers && !$0.life.isOver }
      || starting.values.contains { $0.session.spec.lingers }
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
    sessions.allSatisfy { $0.key == $0.value.id } && lastSequence == history.sequence
  }
}
