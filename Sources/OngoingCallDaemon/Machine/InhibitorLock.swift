// SPDX-License-Identifier: Apache-2.0
import Logging
import Systemd

/// Inhibitors that keep the machine from doing something while this is wanted, as far as policy allows. However often
/// it is taken and dropped, there is at most one inhibitor per operation, and one more request.
@EventLoopActor
final class InhibitorLock {
  private struct Held {
    let inhibitor: LoginManager.Inhibitor
    /// The login manager that gave the inhibitors.
    weak var login: LoginManager?
  }

  /// nil while there is none. A new login manager is asked for everything that is wanted. The inhibitors of the
  /// previous one are kept until then, because it may be the same one behind a restarted bus.
  var login: LoginManager? {
    didSet {
      startAfresh()
      ask()
    }
  }

  private let operations: [String]
  private let mode: LoginManager.Mode
  private let why: String
  private let logger: Logger
  var isWanted = false {
    didSet {
      guard isWanted != oldValue else { return }
      if !isWanted { held = [:] }
      startAfresh()
      ask()
    }
  }
  private var held: [String: Held] = [:]
  /// What policy refuses, such as blocking sleep without a seat, is not requested again while this is wanted. A delay
  /// is allowed to everybody unless an administrator says otherwise, and refused while polkit is away, for example during
  /// its upgrade: it is requested again.
  private var refused: Set<String> = []
  /// Other failed requests are repeated after a pause.
  private var postponed: Set<String> = []
  private var failures = 0
  private var pause: EventSource?
  private var isAsking = false

  init(_ mode: LoginManager.Mode, _ operations: String..., why: String, logger: Logger) {
    self.operations = operations
    self.mode = mode
    self.why = why
    self.logger = logger
  }

  private func startAfresh() { (refused, postponed, failures, pause) = ([], [], 0, nil) }

  /// One at a time: if asked for several at once, logind asks polkit about a different action, which fewer users are
  /// allowed.
  private func ask() {
    guard isWanted, !isAsking, let login, let operation = operations.first(where: { isMissing($0, login) }) else {
      return
    }
    isAsking = true
    EventLoopActor.task { [weak self, mode, why] in
      do throws(BusError) {
        let inhibitor = try await login.inhibit(operation, mode, who: "OngoingCall", why: why)
        self?.got(inhibitor, operation, login)
      } catch { self?.failed(error, operation, login) }
    }
  }

  private func isMissing(_ operation: String, _ login: LoginManager) -> Bool {
    held[operation]?.login !== login && !refused.contains(operation) && !postponed.contains(operation)
  }

  private func got(_ inhibitor: LoginManager.Inhibitor, _ operation: String, _ login: LoginManager) {
    isAsking = false
    if isWanted, login === self.login {
      held[operation] = Held(inhibitor: inhibitor, login: login)
      failures = 0
    }
    ask()
  }

  private func failed(_ error: BusError, _ operation: String, _ login: LoginManager) {
    isAsking = false
    // The request may no longer be wanted, or its login manager may have been replaced.
    guard isWanted, login === self.login else { return ask() }
    let text = "cannot \(mode.rawValue) “\(operation)”: \(error)"
    let level: Logger.Level = mode == .delay ? .warning : .info
    if BusError.refusals.contains(error.name), mode == .block {
      logger.log(level: level, "\(text)")
      refused.insert(operation)
    } else {
      if failures == 0 { logger.log(level: level, "\(text); retrying") }
      postpone(operation)
    }
    ask()
  }

  private func postpone(_ operation: String) {
    postponed.insert(operation)
    guard pause == nil else { return }
    failures += 1
    do {
      pause = try EventSource.timer(after: Wait.systemBus(failures)) { [weak self] in
        guard let self else { return }
        (postponed, pause) = ([], nil)
        ask()
      }
    } catch { logger.error("cannot retry to inhibit “\(operation)”: \(error)") }
  }
}
