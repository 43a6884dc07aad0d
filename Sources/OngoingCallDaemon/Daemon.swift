// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallNotification
import Glibc
import Logging
import OngoingCallNames
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
  private var desk: NotificationDesk?
  private var exporter: CallsExporter?
  private var notices: NoticeBoard?
  private var watchdog: Watchdog?
  private var signals: [EventSource] = []
  private var disconnection: BusSlot?
  private var deadline: EventSource?

  public init(phrases: Phrases, logger: Logger) { (self.phrases, self.logger) = (phrases, logger) }

  /// Runs the daemon on the calling thread and returns the process's exit status (sysexits.h).
  public nonisolated static func run(_ arguments: [String]) -> Int32 {
    switch DaemonArguments(arguments) {
    case .none: serve()
    case .help: say(DaemonArguments.usage, on: STDOUT_FILENO)
    case .version: say("\(DaemonName.executable) \(DaemonName.version)\n", on: STDOUT_FILENO)
    case .unknown(let argument):
      say(
        "\(DaemonName.executable): it has no argument “\(DisplayText(argument))”; see --help\n", on: STDERR_FILENO,
        EX_USAGE)
    }
  }

  private nonisolated static func say(_ text: String, on descriptor: Int32, _ status: Int32 = EX_OK) -> Int32 {
    let bytes = Array(text.utf8)
    return write(descriptor, bytes, bytes.count) == bytes.count || status != EX_OK ? status : EX_IOERR
  }

  private nonisolated static func serve() -> Int32 {
    FreedMemory.giveBack()
    LoggingSystem.bootstrap { label in JournalLogHandler(label: label) }
    let logger = Logger(label: DaemonName.executable)
    EventLoop.main.claim()
    let texts = TextDomain(DaemonName.textDomain, directory: Environment[EnvironmentName.textDomainDirectory])
    let daemon = EventLoopActor.assumeIsolated { Daemon(phrases: Phrases(texts.translation(of:)), logger: logger) }
    EventLoopActor.task { await daemon.start() }
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
      let stored = try FDStore.take()
      hasStored = !stored.isEmpty
      // Before all else: what another daemon keeps is not to be touched.
      let folder = try await RuntimeFolder.locking(RuntimeFolder.standardPath(), within: patience)
      self.folder = folder
      let (bus, manager) = try await connect()
      self.bus = bus
      disconnection = try bus.onDisconnect { [weak self] in self?.lostBus() }
      try await checkIsOnly(bus, manager)
      try await serve(bus, manager, folder, stored)
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

  private func checkIsOnly(_ bus: Bus, _ manager: ServiceManager) async throws {
    let end = SystemClock.monotonic.now + patience.microseconds
    while try await bus.hasOwner(BusName.service) {
      guard SystemClock.monotonic.now < end else { throw BusError.taken(BusName.service) }
      try await EventSource.pause(Wait.connectionRetry)
    }
    let isManaged = try await manager.units(matching: DaemonName.unit).contains {
      ["active", "activating", "deactivating", "reloading"].contains($0.activeState)
    }
    // The service may be between two processes just now.
    guard isManaged, try await manager.mainProcess(of: DaemonName.unit) != UInt32(getpid()) else { return }
    throw RuntimeFolder.Problem.managed
  }

  /// The bus and the service manager on it. Where the bus was killed, both need a moment to come back.
  private func connect() async throws -> (Bus, ServiceManager) {
    var tries = 0
    while true {
      do throws(BusError) {
        let bus = try Bus(description: DaemonName.executable)
        let manager = ServiceManager(bus: bus)
        try await manager.subscribe()
        return (bus, manager)
      } catch {
        tries += 1
        guard tries < Limit.connectionTries else { throw error }
        if tries == 1 { logger.warning("waiting for the bus: \(error)") }
        try await EventSource.pause(Wait.connectionRetry)
      }
    }
  }

  private func serve(
    _ bus: Bus, _ manager: ServiceManager, _ folder: RuntimeFolder, _ stored: [(name: String, descriptor: Int32)]
  ) async throws {
    let directory = folder.path
    let store = try RecordStore(directory: directory, logger: logger)
    let catalog = EngineCatalog(directories: EngineCatalog.standardDirectories(), logger: logger)
    let service = CallsService(manager: manager, catalog: catalog, store: store, logger: logger)
    service.configuration = ConfigurationDirectories.standard().load(logger)
    service.linger(in: .ofThisUser())
    self.service = service
    let channels = ChannelStore(directory: StateDirectory.standard(), logger: logger)
    let notices = try NoticeBoard(
      store: NoticeStore(directory: directory, logger: logger), channels: channels, phrases: phrases, logger: logger
    ) { [weak service] spec, id throws(CallsError) in _ = try await service?.launchAgain(spec, insteadOf: id) }
    let returner = CallReturner(bus: bus, manager: manager, logger: logger) { notices.tellCannotReturn(to: $0, $1) }
    let desk = NotificationDesk(
      phrases: phrases, channels: channels, notices: notices, returner: returner, logger: logger,
      onChange: ManagerChanges(bus: bus, logger: logger).tell)
    (self.notices, self.desk) = (notices, desk)
    configureNotifications()
    exporter = try CallsExporter(
      service, desk, returner, on: bus, logger: logger, onEnd: { [weak self] in self?.lostBus() })
    service.observers.append(desk)
    desk.open(on: bus)
    watchdog = try Watchdog { service.isHealthy }
    try await service.recover(stored: stored)
    try await bus.requestName(BusName.service)
    let count = service.live.count
    ServiceNotifier.ready(count == 0 ? "No calls" : "Went on with \(count) call(s)")
    logger.notice(
      "\(DaemonName.executable) \(DaemonName.version) is ready, with \(count) call(s)",
      metadata: ["MESSAGE_ID": "\(MessageID.ready)"])
    for engine in catalog.engines() where engine.warmUp == true { await EngineWarmUp(engine).run(by: manager, logger) }
  }

  /// What is configured anew holds for launches from now on.
  private func reload() {
    guard let service, deadline == nil else { return }
    ServiceNotifier.reloading()
    service.configuration = ConfigurationDirectories.standard().load(logger)
    configureNotifications()
    logger.notice("read the configuration again")
    ServiceNotifier.ready("Read the configuration again")
  }

  private func configureNotifications() {
    guard let configuration = service?.configuration else { return }
    notices?.tellsWantedEnds = configuration.tellsWantedEnds
    desk?.dismissalPause = .seconds(Int(configuration.dismissalPause))
  }

  /// A daemon that is to be replaced leaves the calls as they are. One that is stopped for good ends them, each with its
  /// reason; without it, nobody could.
  private func stop() {
    guard deadline == nil else { return }
    service?.stopLaunching()
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
        logger.notice("stopping to be replaced; \(count) call(s) go on")
        await service.settleLaunches()
        return ServiceNotifier.stopping("To be replaced; \(count) call(s) go on")
      }
      isLogout = try await service.manager.isStopping()
    } catch { return logger.error("cannot find out why to stop; \(count) call(s) go on without a daemon: \(error)") }
    logger.notice("stopping for good\(isLogout ? ", as all the user's services are" : ""); ending \(count) call(s)")
    ServiceNotifier.stopping("Ending \(count) call(s)")
    await service.endAll(isLogout ? .logout : .abort)
    notices?.withdrawAll()
    await desk?.takeAway(within: Wait.lastNotifications)
    do throws(BusError) { try await bus?.settle() } catch {
      logger.error("the calls have ended; whether the bus has told everybody is not known: \(error)")
    }
  }

  /// The service manager starts it again, which is the one way of coming back that is always the same.
  private func lostBus() {
    logger.error("the connection to the bus is lost; starting anew in a moment")
    // systemd 252 waits 90 s for a bus that has died, where any unit changes its state before it has noticed.
    deadline = try? EventSource.timer(after: Wait.busIsBuried) { EventLoop.main.exit(EX_TEMPFAIL) }
    if deadline == nil { EventLoop.main.exit(EX_TEMPFAIL) }
  }
}
