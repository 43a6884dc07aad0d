// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import Glibc
import LinuxFiles
import Logging
import Systemd

/// The daemon: puts its parts together, goes on with what lives, and only then serves.
@EventLoopActor
public final class Daemon {
  private let logger: Logger
  private let phrases: Phrases
  private var bus: Bus?
  private var folder: RuntimeFolder?
  /// The service manager keeps descriptors of calls for it.
  private var hasStored = false
  private var service: CallsService?
  private var notifications: NotificationController?
  private var exporter: CallsExporter?
  private var home: Home?
  private var notices: NoticePresenter?
  private var players: MediaPlayers?
  private var watchdog: Watchdog?
  private var signals: [EventSource] = []
  private var disconnection: BusSlot?
  private var deadline: EventSource?

  private init(phrases: Phrases, logger: Logger) { (self.phrases, self.logger) = (phrases, logger) }

  /// Runs the daemon on the calling thread and returns the process's exit status (sysexits.h).
  public nonisolated static func run(_ arguments: [String]) -> Int32 {
    switch DaemonArguments(arguments) {
    case .none: serve()
    case .help: say(DaemonArguments.usage, on: STDOUT_FILENO)
    case .version: say("\(DaemonName.executable) \(DaemonName.version)\n", on: STDOUT_FILENO)
    case .unknown(let argument):
      say(
        "\(DaemonName.executable): unknown argument “\(DisplayText(argument))”; see --help\n", on: STDERR_FILENO,
        EX_USAGE)
    }
  }

  private nonisolated static func say(_ text: String, on descriptor: Int32, _ status: Int32 = EX_OK) -> Int32 {
    let bytes = Array(text.utf8)
    return write(descriptor, bytes, bytes.count) == bytes.count || status != EX_OK ? status : EX_IOERR
  }

  private nonisolated static func serve() -> Int32 {
    FreedMemory.giveBack()
    // Before there is more of it, so that it has as little as there is; where it fails, another is tried later.
    let files = try? FileWorker.fork()
    LoggingSystem.bootstrap { label in JournalLogHandler(label: label) }
    let logger = Logger(label: DaemonName.executable)
    EventLoop.main.claim()
    let texts = TextDomain(DaemonName.textDomain, directory: Environment[EnvironmentName.textDomainDirectory])
    // They are read when the first is asked for, and not again.
    _ = texts.translation(of: DaemonName.executable)
    let daemon = EventLoopActor.assumeIsolated {
      FileWorker.shared.start(files, logger)
      return Daemon(phrases: Phrases(texts.translation(of:)), logger: logger)
    }
    EventLoopActor.task { await daemon.start() }
    defer {
      RunningMark.remove()
      EventLoopActor.assumeIsolated { Journal.finish(within: Wait.lastEntries) }
    }
    do { return try EventLoop.main.run() } catch {
      logger.critical("\(error)")
      return EX_OSERR
    }
  }

  private func start() async {
    do {
      SpareDescriptor.hold()
      signals = try [SIGTERM, SIGINT].map { try EventSource.signal($0) { [weak self] in self?.stop() } }
      signals.append(try EventSource.signal(SIGHUP) { [weak self] in self?.reload() })
      let stored = KeptWatches.takeOver(try FDStore.take())
      hasStored = !stored.isEmpty
      // Before all else: what another daemon keeps is not to be touched.
      let folder = try await RuntimeFolder.locking(RuntimeFolder.standardPath(), within: patience)
      self.folder = folder
      var found = try await connect()
      bus = found.bus
      disconnection = found.bus.onDisconnect { [weak self] in self?.lostBus() }
      if found.isTaken {
        try await waitForName(found.bus)
        // What another daemon kept until now has changed meanwhile.
        found.units = try await found.manager.engineUnits()
      }
      try await checkIsOnly(found.manager)
      try await serve(found, folder, stored)
    } catch let error as BusError where error.name == BusError.nameTaken {
      giveUp(error, hasStored ? EX_TEMPFAIL : EX_CONFIG)
    } catch let error as RuntimeFolder.Problem where error.isAnotherDaemon {
      giveUp(error, hasStored ? EX_TEMPFAIL : EX_CONFIG)
    } catch {
      giveUp(error, EX_UNAVAILABLE)
    }
  }

  /// Where another daemon does the work, to be started again would not help (`RestartPreventExitStatus=CONFIG`); but who
  /// is given up loses what is stored for it.
  private func giveUp(_ error: any Error, _ status: Int32) {
    let text = "cannot start: \(error)"
    logger.critical("\(text)")
    if !isService || isatty(STDERR_FILENO) != 0 {
      _ = Self.say("\(DaemonName.executable): \(text)\n", on: STDERR_FILENO)
    }
    EventLoop.main.exit(status)
  }

  /// The service manager has started it, and waits for the end of one before it starts the next.
  private var isService: Bool { Environment[EnvironmentName.serviceProcess] == "\(getpid())" }

  /// How long a daemon before this one may take to be gone.
  private var patience: Duration { isService ? Wait.otherDaemon : .zero }

  /// It runs in its unit, of which the service manager sees to it that there is one process.
  private var isUnit: Bool {
    isService && ProcessStatus(of: getpid())?.groups.last == DaemonName.unit
  }

  private func waitForName(_ bus: Bus) async throws {
    let end = SystemClock.monotonic.now + patience.microseconds
    let name = BusNameWait(bus: bus, logger: logger)
    repeat {
      if await name.ownerWasKilled() { break }
      guard SystemClock.monotonic.now < end else { throw await name.taken() }
      try await EventSource.pause(Wait.connectionRetry)
    } while try await bus.hasOwner(BusName.service)
  }

  private func checkIsOnly(_ manager: ServiceManager) async throws {
    if isUnit { return }
    let isManaged = try await manager.units(matching: DaemonName.unit).contains {
      ["active", "activating", "deactivating", "reloading"].contains($0.activeState)
    }
    // The service may be between two processes just now.
    guard isManaged, try await manager.mainProcess(of: DaemonName.unit) != UInt32(getpid()) else { return }
    throw RuntimeFolder.Problem.managed
  }

  /// What is there when it starts: asked for all at once, since clients wait for the answers.
  private struct Surroundings {
    var bus: Bus
    var manager: ServiceManager
    /// Somebody has the daemon's name.
    var isTaken: Bool
    /// Those that engines run in.
    var units: Set<String>
  }

  /// The bus and the service manager on it. Where the bus was killed, both need a moment to come back.
  private func connect() async throws -> Surroundings {
    var tries = 0
    while true {
      do {
        let bus = try Bus(description: DaemonName.executable)
        let manager = ServiceManager(bus: bus)
        async let subscription: Void = manager.subscribe()
        async let isTaken = bus.hasOwner(BusName.service)
        async let units = manager.engineUnits()
        try await subscription
        return try await Surroundings(bus: bus, manager: manager, isTaken: isTaken, units: units)
      } catch {
        tries += 1
        guard tries < Limit.connectionTries else { throw error }
        if tries == 1 { logger.warning("waiting for the bus: \(error)") }
        try await EventSource.pause(Wait.connectionRetry)
      }
    }
  }

  private func serve(
    _ found: Surroundings, _ folder: RuntimeFolder, _ stored: [(name: String, descriptor: Int32)]
  ) async throws {
    let (bus, manager, directory) = (found.bus, found.manager, folder.path)
    let store = try RecordStore(directory: directory, logger: logger)
    let catalog = EngineCatalog(directories: EngineCatalog.standardDirectories(), logger: logger)
    if RunningMark.leave(in: directory) {
      logger.warning("the previous daemon was killed or crashed; this one continues its calls")
    }
    let home = Home(rememberedIn: directory, catalog, logger: logger)
    self.home = home
    let isFirst = !home.isRemembered
    FileWorker.shared.onAnswer = { [weak home] in EventLoopActor.task { await home?.read() } }
    FileWorker.shared.onFolderChange = { [weak home] in home?.accounts.folderChanged() }
    if isFirst { await home.read() }
    let service = CallsService(
      manager: manager, catalog: catalog, installed: home.engines, accounts: home.accounts,
      passwords: .standard(), store: store, logger: logger)
    service.configuration = home.configuration
    service.linger(in: .ofThisUser())
    try service.accountPasswords?.followKeyring(on: bus)
    self.service = service
    let notices = try NoticePresenter(
      store: NoticeStore(directory: directory, logger: logger), channels: home.channels, phrases: phrases,
      logger: logger
    ) { [weak service] spec, id throws(CallRefusal) in _ = try await service?.launchAgain(spec, insteadOf: id) }
    let returner = CallReturner(bus: bus, manager: manager, logger: logger) { notices.tellCannotReturn(to: $0, $1) }
    let notifications = NotificationController(
      phrases: phrases, channels: home.channels, notices: notices, returner: returner, logger: logger,
      onChange: ManagerChanges(bus: bus, logger: logger).tell)
    (self.notices, self.notifications) = (notices, notifications)
    configureNotifications()
    home.onConfiguration = { [weak self] in
      self?.service?.configuration = $0
      self?.configureNotifications()
    }
    exporter = try CallsExporter(service, notifications, returner, on: bus, logger: logger)
    let players = MediaPlayers(service, on: bus, note: PausedPlayersNote(directory: directory), logger: logger)
    self.players = players
    service.observers += [notifications, players]
    notifications.open(on: bus)
    watchdog = try Watchdog { service.isHealthy }
    service.postponesGuarding = true
    try await service.recover(stored: stored, units: found.units)
    try await BusNameWait(bus: bus, logger: logger).take()
    let count = service.live.count
    ServiceNotifier.ready(count == 0 ? "No calls" : "Restored \(count) call(s)")
    logger.notice(
      "\(DaemonName.executable) \(DaemonName.version) is ready, with \(count) call(s)",
      metadata: ["MESSAGE_ID": "\(MessageID.ready)"])
    service.postponesGuarding = false
    players.recover()
    if !isFirst { await home.read() }
    for engine in home.engines.list.all where engine.warmUp == true {
      await EngineWarmUp(engine, noting: directory).run(by: manager, logger)
    }
  }

  /// What is configured anew holds for launches from now on.
  private func reload() {
    guard let home, deadline == nil else { return }
    ServiceNotifier.reloading()
    EventLoopActor.task { [logger] in
      if let trouble = await home.reload() {
        logger.error("the configuration is unchanged: \(trouble)")
        return ServiceNotifier.ready("Cannot read the configuration again: \(trouble)")
      }
      logger.notice("read the configuration again")
      ServiceNotifier.ready("Read the configuration again")
    }
  }

  private func configureNotifications() {
    guard let configuration = service?.configuration else { return }
    notices?.tellsWantedEnds = configuration.tellsWantedEnds
    notifications?.dismissalPause = .seconds(Int(configuration.dismissalPause))
    notifications?.asksForQuiet = configuration.asksForQuiet
  }

  /// A daemon that is to be replaced leaves the calls as they are. One that is stopped for good ends them, each with its
  /// reason; without it, nobody could.
  private func stop() {
    guard deadline == nil else { return }
    service?.stopLaunching()
    notifications?.withdrawOffers()
    deadline = try? EventSource.timer(after: Wait.endOfAllCalls) { EventLoop.main.exit(EX_OK) }
    EventLoopActor.task { [weak self] in
      await self?.endCallsIfStopped()
      await self?.service?.settle()
      EventLoop.main.exit(EX_OK)
    }
  }

  private func endCallsIfStopped() async {
    guard let service, !service.underWay.isEmpty || !service.inFarewell.isEmpty || notices?.isEmpty == false else {
      return ServiceNotifier.stopping("Stopping, without calls")
    }
    let count = service.underWay.count
    let isLogout: Bool
    do throws(BusError) {
      guard try await service.manager.jobType(of: DaemonName.unit) == "stop" else {
        logger.notice("restarting; \(count) call(s) go on")
        await service.settleLaunches()
        return ServiceNotifier.stopping("Restarting; \(count) call(s) go on")
      }
      isLogout = try await service.manager.isStopping()
    } catch {
      return logger.error("cannot find out the reason of the stop; \(count) call(s) go on without a daemon: \(error)")
    }
    logger.notice("stopping for good\(isLogout ? ", with all of the user's services" : ""); ending \(count) call(s)")
    ServiceNotifier.stopping("Ending \(count) call(s)")
    await service.endAll(isLogout ? .logout : .abort)
    notices?.withdrawAll()
    await players?.settle()
    await notifications?.takeAway(within: Wait.lastNotifications)
    do throws(BusError) { try await bus?.settle() } catch {
      logger.error("the calls have ended; the bus may not have told everybody: \(error)")
    }
  }

  /// The service manager starts it again, which is the one way of coming back that is always the same.
  private func lostBus() {
    // One that stops does so without a bus, too.
    guard deadline == nil else { return }
    if bus?.isFlooded == true {
      logger.error("another program floods the connection to the bus; restarting with a new one")
      return EventLoop.main.exit(EX_TEMPFAIL)
    }
    logger.error("lost the connection to the bus; restarting in a moment")
    // systemd 252 waits 90 s for a bus that has died, where any unit changes its state before it has noticed.
    deadline = try? EventSource.timer(after: Wait.busIsBuried) { EventLoop.main.exit(EX_TEMPFAIL) }
    if deadline == nil { EventLoop.main.exit(EX_TEMPFAIL) }
  }
}
