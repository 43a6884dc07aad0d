// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import EngineChannel
import Glibc
import Logging
import Systemd

/// One session: carries out what its life says, and tells it what happens.
@EventLoopActor
final class Session {
  /// What runs of it, where the daemon has hold of it.
  private enum Runner {
    case nothing
    case engine(EngineLink)
    /// That was adopted.
    case process(ProcessHandle)
  }

  private typealias Action = @EventLoopActor () -> Void

  let id: SessionID
  private(set) var record: SessionRecord
  private(set) var media: MediaCounters?
  /// What the engine says of its program.
  private(set) var program: ProgramStatus?
  unowned let host: any SessionHost
  let logger: Logger

  private var runner = Runner.nothing
  private let unit: SessionUnit
  private let pace: EngineWatch.Pace
  private let inputs = InputQueue<SessionLife.Input>()
  private var timers: [SessionLife.Deadline: EventSource] = [:]
  private var waiters: (end: [Action], over: [Action]) = ([], [])
  let recordingWaiters: RecordingWaiters
  let requests: RequestAnswers
  /// Of the account that the call goes through, once it has been looked up. It is in no record.
  var password: Password??
  /// What another call's far end needs to take this one's place here. It is shown to nobody.
  private(set) var transferTarget: String?
  /// The request for a transfer that is being answered.
  var answeredRequest: String?
  /// What is told to the call whose far end has asked for this one.
  var referralNews = ReferralNews()
  /// Of lines in the journal that clients, engines and the notification server bring about.
  var lines = TokenBucket(Limit.journalLines, every: Wait.journalLine)

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
    unit = SessionUnit(record.unit, of: host.manager)
    recordingWaiters = RecordingWaiters(of: id)
    requests = RequestAnswers(of: id)
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
    if let process { runner = .process(process) }
  }

  /// The engine, while it can be told something.
  var engine: EngineLink? { if case .engine(let link) = runner { link } else { nil } }

  private var process: ProcessHandle? { if case .process(let process) = runner { process } else { nil } }

  /// Carries out `action` when nothing of the session runs any more; at once where that is so.
  func whenOver(_ action: @escaping @EventLoopActor () -> Void) {
    if life.isOver { action() } else { waiters.over.append(action) }
  }

  /// The same, or when all that runs of it is what tells the far end.
  func whenEnded(_ action: @escaping @EventLoopActor () -> Void) {
    if life.isOver || life.isInFarewell { action() } else { waiters.end.append(action) }
  }

  /// However many are told, it ends.
  func answerWhenEnded(_ call: MethodCall) {
    let count = waiters.end.count
    guard count < Limit.waiters else {
      let problem = CallRefusal.limitReached("the call \(id) is ending; \(count) callers wait for that already")
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
    try connect(channel, takenOver: false)
  }

  /// Starts an engine in the place of one that is gone.
  private func startAnother() {
    closeChannel()
    unit.expectAnother()
    let what =
      life.isInFarewell ? "tell the far end that the call has ended" : "take up the call (try \(life.repair.count))"
    log(.notice, "starting a replacement engine to \(what)")
    EventLoopActor.task { [weak self] in
      do {
        try await self?.startUnit()
        self?.handle(.engineStarted)
      } catch {
        self?.log(.error, "cannot start the engine again: \(error)")
        // Whatever has the unit's name is not what the daemon talks to.
        self?.carryOut(.killUnit)
        self?.handle(.engineNotStarted(detail: "cannot start the engine again"))
      }
    }
  }

  /// Goes on with a process that was adopted.
  func take(_ process: ProcessHandle) throws {
    runner = .process(process)
    try watch(process)
  }

  private func watch(_ process: ProcessHandle) throws {
    try process.onEnd { [weak self] in self?.handle(.unitGone) }
  }

  func watchUnit() throws {
    try unit.watch { [weak self] in
      self?.engine?.drain()
      self?.handle(.unitGone)
    }
  }

  func connect(_ channel: Int32, takenOver: Bool) throws {
    let engine = try EngineLink(channel, takenOver: takenOver) { [weak self] in self?.heard($0) }
    runner = .engine(engine)
    engine.send(.hello(.init(session: id.description, lease: Wait.leaseSeconds)))
    try engine.watch(over: record.unit, of: host.manager, at: pace)
  }

  // MARK: The engine

  private func heard(_ news: EngineLink.News) {
    switch news {
    case .message(.state(let report, let resume)):
      note(report, resume)
      recordingWaiters.heard(report)
    case .message(.media(let counters)):
      media = counters
      let isToSend = counters.isSending ?? (!life.reported.onHold && engine?.isAlone != true)
      let shouldSend = life.state == .joined && isToSend && spec.engine.can(.media)
      engine?.note(counters, shouldSend: shouldSend)
      heard(counters)
    case .message(.digits(let count)): requests.heard(count)
    case .message(.pong(let serial)): requests.heard(pong: serial)
    case .message(.error(let error)): heard(error)
    case .message(.registration(let registration)):
      if registration.state == .failed { log(.warning, "the account is not registered: \(registration.detail)") }
      host.heard(registration, of: self)
    case .message(.program(let status)): program = status
    case .message(.unknown(let type)): log(.debug, "the engine sent “\(type)”, which this daemon does not know")
    case .excused: log(.warning, "the engine does not answer, because the machine is too busy to run it")
    case .lost(let reason, let detail):
      closeChannel()
      handle(.engineLost(reason, detail: detail))
    }
  }

  /// The newest `resume` is what the next engine is given.
  private func note(_ report: EngineReport, _ resume: String?) {
    let before = record
    if let resume, life.state != .ended || life.isInFarewell { record.resume = resume }
    transferTarget = report.transferTarget
    if report.transferRequest != life.reported.transferRequest {
      record.transferMark = report.transferRequest.map { _ in String(UInt64.random(in: 0...UInt64.max), radix: 36) }
    }
    handle(.report(report, resumable: resume != nil))
    if life.reported.transferRequest == nil { answeredRequest = nil }
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

  func note(requestNotification: PostedNotification?) {
    guard requestNotification != record.requestNotification else { return }
    record.requestNotification = requestNotification
    save()
  }

  func noteReferralIsTold() {
    record.referralIsTold = true
    save()
  }

  func noteEndIsTold() {
    record.endIsTold = true
    save()
  }

  /// The call goes on where this fails; only a new daemon would not know the newest of it.
  private func save() {
    do { try host.save(record) } catch { log(.error, "cannot write the record: \(error)") }
  }

  /// The whole of what its notification is to be, in the place of what it was.
  func set(notification: CustomNotification) throws(CallRefusal) {
    guard isLive else { throw .sessionEnded(id.description) }
    guard notification != record.spec.notification else { return }
    record.spec.notification = notification
    save()
    host.announce([], of: self, changed: [])
  }

  /// - Parameters:
  ///   - name: another one, or "", which is none.
  ///   - sandbox: that of whoever gives it.
  func set(name: String, for sandbox: Sandbox?) throws(CallRefusal) {
    guard isLive else { throw .sessionEnded(id.description) }
    guard name != record.name else { return }
    if !name.isEmpty {
      try CallRefusal.ofOption { () throws(OptionProblem) in try CallSettings.check(name: name) }
      try host.checkIsFree(name, for: sandbox)
    }
    record.newName = name
    save()
    host.announce([], of: self, changed: [SessionInfo.name(\.name)])
  }

  /// Holds for the engine that there is, and for every one after it.
  func choose(audio devices: [String: String]) {
    record.audio = (record.audio ?? [:]).merging(devices) { $1 }
    save()
    engine?.wishes.want(audio: devices)
  }

  private func closeChannel() {
    (runner, transferTarget) = (.nothing, nil)
    recordingWaiters.engineIsGone()
    requests.engineIsGone()
    removeStored(StoredFD.channel(id.description))
  }

  private func letGoOfProcess() {
    runner = .nothing
    removeStored(StoredFD.process(id.description))
  }

  private func removeStored(_ name: String) {
    do { try FDStore.remove(name) } catch { log(.warning, "\(error)") }
  }

  // MARK: Life

  /// One input after the other: carrying out an effect may bring about the next input.
  func handle(_ input: SessionLife.Input) {
    inputs.take(input) { carryOut($0) }
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
        event, sequence: host.nextSequence(), time: SystemClock.realtime.now, session: id, sandbox: spec.sandbox
      ).hidingDetail(if: spec)
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
    case .join: sendJoin()
    case .leave: engine?.send(.leave)
    case .mute(let value): engine?.wishes.want(muted: value)
    case .hold(let value): engine?.wishes.want(held: value)
    case .askForReport: engine?.send(.report)
    // The service manager stops the unit, too, but not before the daemon.
    case .stopUnit where life.isHurried: stopUnit(by: .signal(SIGTERM))
    case .stopUnit: stopUnit(by: .job)
    case .killUnit: stopUnit(by: .signal(SIGKILL))
    case .arm(let deadline): arm(deadline)
    case .disarm(let deadline): timers[deadline] = nil
    case .release: release()
    }
  }

  private func sendJoin() {
    let link = engine
    withPassword { [weak self, weak link] in
      guard let self, let link, link === engine else { return }
      link.send(.join(join))
    }
  }

  var join: EngineRequest.Join {
    var join = spec.join
    if case .some(.some(let password)) = password {
      join.account?.password = password.withBytes { String(decoding: $0, as: UTF8.self) }
    }
    join.muted = life.startsMuted
    join.settings = audioSettings
    join.resume = record.resume
    nameAuthorities(in: &join)
    if life.hasJoined { (join.held, join.recording) = (life.startsOnHold, life.reported.recording) }
    return join
  }

  private func stopUnit(by way: SessionUnit.Way) {
    unit.stop(by: way) { [weak self] problem in
      guard let self else { return }
      switch problem {
      // It is empty, if the process has ended; else somebody has taken it out of there.
      case .isGone where life.isAdopted:
        do { try process?.signal(way.number) } catch { log(.error, "\(error)") }
      // It has gone by itself meanwhile, perhaps before its removal was watched.
      case .isGone: handle(.unitGone)
      case .failed(let text): log(.error, text)
      }
    }
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
    unit.stopWatching()
    if life.isAdopted { letGoOfProcess() } else { closeChannel() }
    ended()
    let actions = waiters.over
    waiters.over = []
    for action in actions { action() }
    host.sessionIsOver(self)
  }

  private func ended() {
    let actions = waiters.end
    waiters.end = []
    for action in actions { action() }
  }
}
