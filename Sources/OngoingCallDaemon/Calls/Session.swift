// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import EngineChannel
import Glibc
import Logging
import Systemd

/// What a session needs of the house it lives in.
@EventLoopActor
protocol SessionHost: AnyObject {
  var manager: ServiceManager { get }
  var launcher: EngineLauncher { get }
  /// Whether calls go on after the user's last logout.
  var survivesLogout: Bool { get }
  func nextSequence() -> UInt64
  /// To be done, and to have succeeded, before anything of it is announced.
  func save(_ record: SessionRecord) throws
  func announce(_ events: [RecordedEvent], of session: Session, changed: [String])
  func sessionIsOver(_ session: Session)
  /// Whether a session is ready for the machine's sleep has changed.
  func readinessChanged()
}

/// One session: carries out what its life says, and tells it what happens.
@EventLoopActor
final class Session {
  let id: SessionID
  private(set) var record: SessionRecord
  private(set) var media: MediaCounters?
  private unowned let host: any SessionHost
  let logger: Logger

  private var connection: EngineConnection?
  private var wishes: EngineWishes?
  /// That was adopted.
  private var process: ProcessHandle?
  private var removal: BusSlot?
  private var timers: [SessionLife.Deadline: EventSource] = [:]
  private let pace: EngineWatch.Pace
  private var watch: EngineWatch?
  private var waiting: [SessionLife.Input] = []
  private var isHandling = false
  private var atEnd: [@EventLoopActor () -> Void] = []
  private var onceOver: [@EventLoopActor () -> Void] = []
  /// Counts the engines, so that what is heard late of one is not taken for its successor's.
  private var generation = 0
  private var isAlone = false
  let recorder = Recorder()
  /// Of lines in the journal that clients and engines bring about.
  var lines = Budget(Limit.journalLines, every: Wait.journalLine)

  var life: SessionLife { record.life }
  var spec: LaunchSpec { record.spec }
  var survivesLogout: Bool { host.survivesLogout }

  init(
    _ record: SessionRecord, id: SessionID, host: any SessionHost, logger: Logger, pace: EngineWatch.Pace? = nil
  ) {
    self.id = id
    self.record = record
    self.host = host
    self.logger = logger
    self.pace = pace ?? .init(for: record.spec.engine)
  }

  /// - Parameter process: the one of the spec, where that is of one.
  convenience init(
    _ spec: LaunchSpec, adopting process: ProcessHandle?, id: SessionID, host: any SessionHost, logger: Logger
  ) {
    let life =
      spec.hangUpGrace.map(SessionLife.init(hangUpGrace:))
      ?? SessionLife(startMuted: spec.startMuted, resumable: spec.engine.can(.resume), canHold: spec.engine.can(.hold))
    var record = SessionRecord(id: id.description, unit: spec.unit(of: id.description), spec: spec, life: life)
    record.launchedAt = SystemClock.realtime.now
    self.init(record, id: id, host: host, logger: logger)
    self.process = process
  }

  /// Carries out `action` when nothing of the session runs any more; at once where that is so.
  func whenOver(_ action: @escaping @EventLoopActor () -> Void) {
    if life.isOver { action() } else { onceOver.append(action) }
  }

  /// The same, or when all that runs of it is what tells the far end.
  func whenEnded(_ action: @escaping @EventLoopActor () -> Void) {
    if life.isOver || life.isInFarewell { action() } else { atEnd.append(action) }
  }

  /// However many are told, it ends.
  func answerWhenEnded(_ call: MethodCall) {
    guard atEnd.count < Limit.waiters else {
      let problem = CallsError.limitReached("the call \(id) is ending; \(atEnd.count) callers wait for that already")
      return call.fail(BusError(problem))
    }
    whenEnded { call.reply() }
  }

  // MARK: Starting

  func start() async throws {
    try host.save(record)
    if let process {
      try watch(process)
      try await Adopter(manager: host.manager).adopt(process, spec, session: id, unit: record.unit)
    } else {
      try await startUnit()
    }
    handle(.engineStarted)
  }

  private func startUnit() async throws {
    try watchUnit()
    let channel = try await host.launcher.start(spec, session: id, unit: record.unit)
    try open(channel, takenOver: false)
  }

  /// Starts an engine in the place of one that is gone.
  private func startAnother() {
    closeChannel()
    generation += 1
    let what = life.isInFarewell ? "tell the far end of the call's end" : "take the call up (try \(life.repairs))"
    log(.notice, "starting another engine in place of the one that is gone, to \(what)")
    EventLoopActor.task { [weak self] in
      do {
        try await self?.startUnit()
        self?.handle(.engineStarted)
      } catch {
        self?.log(.error, "the engine could not be started again: \(error)")
        // Whatever has the unit's name is not what the daemon talks to.
        self?.carryOut(.killUnit)
        self?.handle(.engineNotStarted(detail: "the engine could not be started again"))
      }
    }
  }

  /// Goes on after an earlier daemon. `channel` is what it left in the fd store.
  func recover(channel: Int32?, unitRuns: Bool) throws {
    try watchUnit()
    do { if let channel { try open(channel, takenOver: true) } } catch { log(.error, "\(error)") }
    guard unitRuns else {
      // What the engine said last comes before its end.
      connection?.drain()
      return handle(.recovered(unitRuns: false))
    }
    handle(.recovered(unitRuns: true))
    if let connection {
      connection.send(.report)
    } else {
      handle(.engineLost(.engineCrash, detail: "its channel was lost"))
    }
  }

  /// The same for a process that was adopted, which may have ended since: then there is none.
  func recover(_ process: ProcessHandle?) throws {
    self.process = process
    if let process { try watch(process) }
    handle(.recovered(unitRuns: process != nil))
  }

  private func watch(_ process: ProcessHandle) throws {
    try process.onEnd { [weak self] in self?.handle(.unitGone) }
  }

  private func watchUnit() throws {
    let watched = generation
    removal = try host.manager.onRemoval(of: record.unit) { [weak self] in
      guard let self, generation == watched else { return }
      connection?.drain()
      handle(.unitGone)
    }
  }

  private func open(_ channel: Int32, takenOver: Bool) throws {
    let connection = try EngineConnection(channel, takenOver: takenOver) { [weak self] in self?.received($0) }
    self.connection = connection
    wishes = EngineWishes { [weak connection] in connection?.send($0) }
    connection.send(.hello(.init(session: id.description, lease: Wait.leaseSeconds)))
    watch = try EngineWatch(
      over: record.unit, of: host.manager, at: pace,
      ping: { [weak self] in self?.connection?.send(.ping($0)) },
      onHang: { [weak self] in self?.loseHung($0) },
      onExcuse: { [weak self] in self?.log(.warning, "the engine does not answer: the machine does not let it run") })
  }

  // MARK: The engine

  private func received(_ received: EngineConnection.Received) {
    switch received {
    case .message(.state(let report, let resume)):
      isAlone = report.alone
      wishes?.heard(report)
      note(report, resume)
      recorder.heard(report)
    case .message(.media(let counters)):
      media = counters
      let isToSend = counters.isSending ?? (!life.onHold && !isAlone)
      let shouldSend = life.state == .joined && isToSend && spec.engine.can(.media)
      watch?.note(counters, shouldSend: shouldSend)
      heard(counters)
    case .message(.pong(let serial)): watch?.heard(pong: serial)
    case .message(.error(let error)):
      wishes?.heard(error)
      heard(error)
    case .message(.unknown(let type)): log(.debug, "the engine says “\(type)”, which this daemon does not know")
    case .lost(let detail):
      closeChannel()
      handle(.engineLost(.engineCrash, detail: detail))
    }
  }

  /// The newest `resume` is what the next engine is given.
  private func note(_ report: EngineReport, _ resume: String?) {
    let before = record
    if let resume, life.state != .ended || life.isInFarewell { record.resume = resume }
    handle(.report(report, resumable: resume != nil))
    if before.life.canBeTakenUp, !life.canBeTakenUp { record.resume = nil }
    // It is written down with what else the report has changed, or by itself.
    if record.resume != before.resume, life == before.life || record.resume == nil { save() }
  }

  /// There is a call, or something of it that does not end.
  var isLive: Bool { life.state != .ended || (life.resistsEnd && !life.isOver) }

  func note(notification: PostedNotification?) {
    guard notification != record.notification else { return }
    record.notification = notification
    save()
  }

  func noteEndIsTold() {
    record.endIsTold = true
    save()
  }

  /// The call goes on where this fails; only a new daemon would not know the newest of it.
  private func save() {
    do { try host.save(record) } catch { log(.error, "the record cannot be written: \(error)") }
  }

  /// The whole of what its notification is to be, in the place of what it was.
  func set(notification: CustomNotification) throws(CallsError) {
    guard isLive else { throw .sessionEnded(id.description) }
    guard notification != record.spec.notification else { return }
    record.spec.notification = notification
    save()
    host.announce([], of: self, changed: [])
  }

  /// Holds for the engine that there is, and for every one after it.
  func choose(audio devices: [String: String]) {
    record.audio = (record.audio ?? [:]).merging(devices) { $1 }
    save()
    wishes?.want(audio: devices)
  }

  private func loseHung(_ detail: String) {
    closeChannel()
    handle(.engineLost(.engineHang, detail: "the engine hangs: \(detail)"))
  }

  private func closeChannel() {
    watch = nil
    connection = nil
    wishes = nil
    recorder.engineIsGone()
    removeStored(StoredFD.channel(id.description))
  }

  private func letGoOfProcess() {
    process = nil
    removeStored(StoredFD.process(id.description))
  }

  private func removeStored(_ name: String) {
    do { try FDStore.remove(name) } catch { log(.warning, "\(error)") }
  }

  /// The far end knows that the machine goes to sleep, or there is none to tell.
  var isReadyForSleep: Bool {
    life.isReadyForSleep || (connection == nil && !life.isAdopted && !life.isInFarewell)
  }

  func networkChanged(reachable: Bool) { connection?.send(.network(reachable: reachable)) }

  /// Tells the engine something that does not change the session's life.
  ///
  /// - Parameter passed: a descriptor that goes along; it stays the caller's.
  func request(_ request: EngineRequest, passing passed: Int32? = nil) throws(CallsError) {
    if let capability = request.capability { try check(can: capability) }
    guard let connection else { throw .engineFailed("the engine of \(id) cannot be reached just now") }
    guard let passed else {
      guard connection.hasRoom else {
        throw .engineFailed("the engine of \(id) does not read what it is told; try again")
      }
      return connection.send(request)
    }
    guard connection.send(request, passing: passed) else {
      throw .engineFailed("the engine of \(id) does not read what it is told; try again")
    }
  }

  /// Something that holds for every engine the call will have, whether there is one just now or not.
  func wish(_ input: SessionLife.Input, needs capability: EngineDescriptor.Capability) throws(CallsError) {
    try check(can: capability)
    handle(input)
  }

  func check(can capability: EngineDescriptor.Capability) throws(CallsError) {
    guard life.state != .ended, life.state != .leaving else { throw .sessionEnded(id.description) }
    guard !life.isAdopted else {
      throw .notSupported("the call \(id) is a process that was adopted; only that can do this itself")
    }
    guard spec.engine.can(capability) else {
      throw .notSupported("the engine “\(spec.engine.name)” cannot do this (it lacks “\(capability.rawValue)”)")
    }
  }

  // MARK: Life

  /// One input after the other: carrying out an effect may bring about the next input.
  func handle(_ input: SessionLife.Input) {
    waiting.append(input)
    guard !isHandling else { return }
    isHandling = true
    while !waiting.isEmpty { carryOut(waiting.removeFirst()) }
    isHandling = false
  }

  private func carryOut(_ input: SessionLife.Input) {
    let before = record.life
    let effects = record.life.handle(input)
    guard record.life != before || !effects.isEmpty else { return }
    let changed = record.noteChanges(since: before)
    // It may hold keys, and nobody takes this up any more.
    if life.isOver { record.resume = nil }
    let events = effects.compactMap { effect -> RecordedEvent? in
      guard case .announce(let event) = effect else { return nil }
      return RecordedEvent(
        event, sequence: host.nextSequence(), time: SystemClock.realtime.now, session: id, sandbox: spec.sandbox)
    }
    for event in events { record.events.append(event, atMost: Limit.eventsInRecord) }
    if life != before || !events.isEmpty { save() }
    for event in events { log(event) }
    let isNews =
      !events.isEmpty || !changed.isEmpty || life.resistsEnd != before.resistsEnd || life.isOver != before.isOver
    if isNews { host.announce(events, of: self, changed: changed) }
    for effect in effects { carryOut(effect) }
    if life.isInFarewell { ended() }
    if life.isReadyForSleep != before.isReadyForSleep { host.readinessChanged() }
  }

  private func carryOut(_ effect: SessionLife.Effect) {
    switch effect {
    case .announce: break  // Done already, after the record was written.
    case .startEngine: startAnother()
    case .join: connection?.send(.join(join))
    case .leave: connection?.send(.leave)
    case .mute(let value): wishes?.want(muted: value)
    case .hold(let value): wishes?.want(held: value)
    case .askForReport: connection?.send(.report)
    case .stopUnit where life.isHurried:
      // The service manager stops the unit, too, but not before the daemon.
      inManager("stop", SIGTERM) { [record] manager throws(BusError) in
        try await manager.kill(record.unit, signal: SIGTERM)
      }
    case .stopUnit:
      inManager("stop", SIGTERM) { [record] manager throws(BusError) in
        try await manager.stop(record.unit)
      }
    case .killUnit:
      inManager("kill", SIGKILL) { [record] manager throws(BusError) in
        try await manager.kill(record.unit, signal: SIGKILL)
      }
    case .arm(let deadline): arm(deadline)
    case .disarm(let deadline): timers[deadline] = nil
    case .release: release()
    }
  }

  private var join: EngineRequest.Join {
    var join = spec.join
    join.muted = life.startsMuted
    join.settings = audioSettings
    join.resume = record.resume
    if life.hasJoined { (join.held, join.recording) = (life.startsOnHold, life.recording) }
    return join
  }

  private func inManager(
    _ what: String, _ signal: Int32,
    _ action: @escaping @EventLoopActor (ServiceManager) async throws(BusError) -> Void
  ) {
    EventLoopActor.task { [host, record, generation, weak self] in
      do throws(BusError) {
        try await action(host.manager)
      } catch  where error.name == BusError.noSuchUnit && self?.life.isAdopted == true {
        // Empty, if the process has ended; else somebody has taken it out of there.
        self?.signalProcess(signal)
      } catch  where error.name == BusError.noSuchUnit {
        // It has gone by itself meanwhile, perhaps before its removal was watched.
        if self?.generation == generation { self?.handle(.unitGone) }
      } catch {
        self?.log(.error, "cannot \(what) \(record.unit): \(error)")
      }
    }
  }

  private func signalProcess(_ signal: Int32) {
    do { try process?.signal(signal) } catch { log(.error, "\(error)") }
  }

  private func arm(_ deadline: SessionLife.Deadline) {
    do {
      timers[deadline] = try EventSource.timer(after: wait(for: deadline)) { [weak self] in
        self?.timers[deadline] = nil
        self?.handle(.passed(deadline))
      }
    } catch { log(.error, "\(error)") }
  }

  private func release() {
    timers.removeAll()
    removal = nil
    if life.isAdopted { letGoOfProcess() } else { closeChannel() }
    ended()
    let actions = onceOver
    onceOver.removeAll()
    for action in actions { action() }
    host.sessionIsOver(self)
  }

  private func ended() {
    let actions = atEnd
    atEnd.removeAll()
    for action in actions { action() }
  }
}
