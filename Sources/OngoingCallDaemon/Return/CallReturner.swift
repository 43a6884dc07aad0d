// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import Logging
import Systemd

/// Brings the user back to a call.
///
/// First, the event `return-requested` is sent to clients that listen. Then the first of these that works is taken:
/// 1. activate the application that the launch names (`return-dbus`);
/// 2. run the command that the launch gives (`return-command`);
/// 3. show the terminal of the session's program, in a terminal emulator that attaches to it; or, for a call to an
///    address, what becomes of it: in the window where it is installed, else in a terminal.
///
/// Each failure is logged, and the next way is tried.
@EventLoopActor
final class CallReturner {
  typealias Outcome = Result<ReturnWay, CallRefusal>

  typealias LateFailure = @EventLoopActor (Session, String) -> Void

  private let bus: Bus
  private let starter: ReturnStarter
  private let logger: Logger
  private let patience: Duration
  private let onLateFailure: LateFailure
  /// A user who clicks twice wants to return once.
  private var underWay: [SessionID: [CheckedContinuation<Outcome, Never>]] = [:]
  /// A client that asks too often gets the last outcome again, without an event.
  private var recent: [SessionID: (budget: TokenBucket, outcome: Outcome)] = [:]

  /// - Parameter onLateFailure: called if a program was started but failed at once, so that the user can be told.
  init(
    bus: Bus, manager: ServiceManager, patience: Duration = Wait.activation, logger: Logger,
    onLateFailure: @escaping LateFailure
  ) {
    self.bus = bus
    starter = ReturnStarter(manager: manager, logger: logger)
    self.patience = patience
    self.logger = logger
    self.onLateFailure = onLateFailure
  }

  /// Sends the event, and takes a way back.
  ///
  /// - Returns: the way that was taken.
  func bringBack(to session: Session, _ token: ActivationToken?) async throws(CallRefusal) -> ReturnWay {
    guard session.life.state != .ended else { throw .sessionEnded(session.id.description) }
    if let waiters = underWay[session.id] {
      guard waiters.count < Limit.waiters else {
        throw .limitReached("\(waiters.count) requests to return to the call are already waiting; try again")
      }
      return try await withCheckedContinuation { underWay[session.id, default: []].append($0) }.get()
    }
    var budget = recent[session.id]?.budget ?? TokenBucket(Limit.returns, every: Wait.oneMoreReturn)
    let isTooOften = !budget.take()
    if isTooOften, let outcome = recent[session.id]?.outcome {
      recent[session.id] = (budget, outcome)
      return try outcome.get()
    }
    underWay[session.id] = []
    session.handle(.returnRequested(activationToken: token?.text))
    let outcome = await take(await ways(back: session), session, token)
    if recent[session.id] == nil { session.whenOver { [weak self, id = session.id] in self?.recent[id] = nil } }
    recent[session.id] = (budget, outcome)
    for waiter in underWay.removeValue(forKey: session.id) ?? [] { waiter.resume(returning: outcome) }
    return try outcome.get()
  }

  // MARK: The ways

  enum Way: Equatable {
    case application(ReturnTarget.Application)
    case command([String])
    case terminal
    /// The window that shows calls: its command line.
    case window([String])
    /// A terminal that shows the call's events.
    case view

    var name: ReturnWay {
      switch self {
      case .application: .dbus
      case .command: .command
      case .window: .window
      case .terminal, .view: .terminal
      }
    }
  }

  /// The ways, in the order in which they are tried.
  nonisolated static func ways(back spec: LaunchSpec) -> [Way] {
    [spec.wayBack?.application.map(Way.application), spec.wayBack?.command.map(Way.command)]
      .compactMap(\.self) + (spec.hasTerminal ? [.terminal] : spec.hasView ? [.view] : [])
  }

  /// The window goes before the terminal that shows the same.
  private func ways(back session: Session) async -> [Way] {
    let ways = Self.ways(back: session.spec)
    guard ways.last == .view, let window = await starter.window(showing: session) else { return ways }
    return ways.dropLast() + [.window(window), .view]
  }

  private func take(_ ways: [Way], _ session: Session, _ token: ActivationToken?) async -> Outcome {
    var problems: [String] = []
    for way in ways {
      do throws(ReturnFailure) {
        let unit = try await take(way, session, token)
        log(.notice, "returned to the call by \(way.name.rawValue)", session, way.name, MessageID.returned, unit)
        return .success(way.name)
      } catch {
        log(
          .warning, "cannot return to the call: \(error.message)", session, way.name, MessageID.returnFailed,
          error.unit)
        problems.append(error.message)
      }
    }
    guard problems.isEmpty else {
      let text = DisplayText(String(problems.joined(separator: "; ").prefix(Limit.problemCharacters))).description
      return .failure(.returnFailed(text))
    }
    log(.info, "nothing to return to; sent the event return-requested", session, .event, MessageID.returned)
    return .success(.event)
  }

  /// Returns the unit of the program that was started.
  private func take(_ way: Way, _ session: Session, _ token: ActivationToken?) async throws(ReturnFailure) -> String? {
    switch way {
    case .application(let application):
      try await activate(application, token)
      return nil
    case .command(let command): return try await start(command, session, token, .command)
    // One process has the window: another one only brings it forward.
    case .window(let command): return try await start(command, session, token, .window)
    case .terminal: return try await open(["attach", session.id.description], session, token)
    case .view: return try await open(["watch", "--after", "0", session.id.description], session, token)
    }
  }

  /// org.freedesktop.Application (Desktop Entry Specification, "D-Bus Activation"). The bus starts the application if
  /// it can.
  private func activate(_ application: ReturnTarget.Application, _ token: ActivationToken?) async throws(ReturnFailure)
  {
    var platformData: [String: BusValue] = [:]
    platformData[PlatformKey.activationToken] = token.map { .string($0.text) }
    platformData[PlatformKey.desktopStartupID] = token.map { .string($0.text) }
    do throws(BusError) {
      try await bus.service(application.name).call(
        path: application.path, interface: "org.freedesktop.Application", member: "Activate",
        [.dictionary(platformData)], timeout: patience
      ) { _ throws(BusError) in }
    } catch {
      throw ReturnFailure("\(application.name) was not activated: \(error.message)")
    }
  }

  private func open(
    _ arguments: [String], _ session: Session, _ token: ActivationToken?
  ) async throws(ReturnFailure) -> String {
    let command: [String]
    do throws(BusError) { command = try await starter.terminal(showing: arguments) } catch {
      throw ReturnFailure(error)
    }
    return try await start(command, session, token, .terminal)
  }

  private func start(
    _ command: [String], _ session: Session, _ token: ActivationToken?, _ way: ReturnWay
  ) async throws(ReturnFailure) -> String {
    try await starter.start(command, for: session, token, onlyOne: way == .terminal) {
      [weak self, weak session] unit, problem in
      guard let session else { return }
      self?.log(.warning, "cannot return to the call: \(problem)", session, way, MessageID.returnFailed, unit)
      self?.onLateFailure(session, problem)
    }
  }

  private func log(
    _ level: Logger.Level, _ text: String, _ session: Session, _ way: ReturnWay, _ messageID: String,
    _ unit: String? = nil
  ) {
    var fields: Logger.Metadata = [
      JournalField.session: "\(session.id)", JournalField.returnWay: "\(way.rawValue)", "MESSAGE_ID": "\(messageID)",
    ]
    fields[JournalField.aboutUnit] = unit.map { "\($0)" }
    logger.log(level: level, "\(session.id): \(text)", metadata: fields)
  }
}
