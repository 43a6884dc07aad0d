// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// What lingering needs to know of the calls, and tells them.
@EventLoopActor
protocol LingeringHost: AnyObject {
  /// Whether there are calls, live or ended.
  var hasCalls: Bool { get }
  /// Whether a call that asks for it has not ended yet.
  var needsLingering: Bool { get }
  func lingeringChanged()
}

/// Makes the user linger (loginctl(1)) while a call asks for it, so that it goes on after the last logout, and then puts
/// back what was before: also where the daemon or the machine has died meanwhile, and unless others have asked for
/// lingering, or turned it off, since.
@EventLoopActor
final class Lingering {
  /// Where it is found out and noted.
  struct Surroundings {
    var flag: LingerFlag
    var note: LingerNote?
    /// For the system's bus to answer.
    var patience = Wait.systemBusAnswer

    @EventLoopActor static func ofThisUser() -> Surroundings {
      Surroundings(flag: LingerFlag(), note: .standard())
    }
  }

  // What is being done may outlast it.
  private weak var host: (any LingeringHost)?
  private let surroundings: Surroundings
  private let system: SystemBus
  private let logger: Logger
  private var watch: EventSource?
  private var wasOn = false
  /// The note is there.
  private var isOurs = false
  /// It was asked for, and whether it has been turned on, or will be, was not answered.
  private var isUncertain = false
  /// As long as there is something to undo.
  private var use: SystemBus.Use?
  private var isRestoring = false
  private var failures = 0
  private var retry: EventSource?
  private var isBusy = false
  private var waiting: [CheckedContinuation<Void, Never>] = []

  init(_ host: any LingeringHost, _ surroundings: Surroundings, _ system: SystemBus, logger: Logger) {
    self.host = host
    self.surroundings = surroundings
    self.system = system
    self.logger = logger
  }

  /// Whether the user's services, and with them the calls, go on after the last logout.
  var isOn: Bool { surroundings.flag.isSet }

  // MARK: Watching

  /// Goes on with what an earlier daemon has turned on.
  func recover() {
    callsChanged()
    surroundings.note?.find { [weak self] exists in
      guard let self, exists, !isOurs else { return }
      own()
      callsChanged()
    }
  }

  /// To be called whenever a call comes or goes.
  func callsChanged() {
    if host?.hasCalls != true { watch = nil } else if watch == nil { startWatching() }
    guard isOurs, host?.needsLingering == false, !isRestoring, retry == nil else { return }
    isRestoring = true
    EventLoopActor.task { [weak self] in
      await self?.restore()
      self?.isRestoring = false
    }
  }

  private func startWatching() {
    wasOn = isOn
    // Without it, there is no login manager, and nothing that changes.
    watch = try? surroundings.flag.watch { [weak self] in self?.flagsChanged() }
  }

  private func flagsChanged() {
    guard isOn != wasOn else { return }
    wasOn.toggle()
    logger.notice("the user lingers \(wasOn ? "now: calls survive" : "no longer: calls end at") the last logout")
    host?.lingeringChanged()
  }

  // MARK: Turning it on and off

  /// Returns when the user lingers.
  func turnOn() async throws(CallsError) {
    await lock()
    defer { unlock() }
    // What is on already and not by this daemon is not to be undone by it.
    guard !isOn else { return }
    guard let note = surroundings.note else { throw Self.failure("there is no home directory to note in what was") }
    do { try await note.write(turnedOn: nil) } catch { throw Self.failure("it cannot be noted what was: \(error)") }
    own()
    do throws(BusError) {
      let login = try await system.login(within: surroundings.patience)
      isUncertain = true
      try await login.setLinger(true)
      isUncertain = false
    } catch {
      // What was asked for is perhaps only late, and is then to be undone.
      isUncertain = isUncertain && (error.name == BusError.noReply || error.name == BusError.timeout)
      if !isOn, !isUncertain { await forget() }
      throw Self.failure(error)
    }
    do { try await note.write(turnedOn: surroundings.flag.stamp) } catch { logger.warning("\(error)") }
    logger.notice(
      "turned lingering on, until the last call that asks for it has ended",
      metadata: ["MESSAGE_ID": "\(MessageID.lingeringOn)"])
  }

  /// Returns when it is as it was before, or still needed, or cannot be put back just now.
  func restore() async {
    await lock()
    defer { unlock() }
    guard isOurs, host?.needsLingering == false else { return }
    let turnedOn: LingerFlag.Stamp?
    do throws(FileTrouble) { turnedOn = try await surroundings.note?.turnedOn() } catch {
      return logger.warning("lingering stays on until the next start, since when it was turned on is unknown: \(error)")
    }
    let now = surroundings.flag.stamp
    guard isUncertain || now != nil && (turnedOn == nil || turnedOn == now) else {
      logger.notice("lingering stays \(now == nil ? "off" : "on"): somebody else has turned it so during the calls")
      return await forget()
    }
    do throws(BusError) {
      try await system.login(within: surroundings.patience).setLinger(false)
      await forget()
      logger.notice(
        "turned lingering off again, as it was before the calls", metadata: ["MESSAGE_ID": "\(MessageID.lingeringOff)"])
    } catch { cannotRestore(error) }
  }

  private func cannotRestore(_ error: BusError) {
    let isRefused = BusError.refusals.contains(error.name)
    failures += 1
    if failures == 1 || isRefused {
      let when = isRefused ? "at the next start" : "again and again"
      logger.warning("lingering cannot be turned off again, which will be tried \(when): \(error)")
    }
    guard !isRefused else { return }
    retry = try? EventSource.timer(after: Wait.systemBus(failures)) { [weak self] in self?.tryAgain() }
  }

  private func tryAgain() {
    retry = nil
    callsChanged()
  }

  /// From now on there is something to undo.
  private func own() {
    isOurs = true
    if use == nil { use = system.use { [weak self] _ in self?.tryAgain() } }
  }

  private func forget() async {
    (isOurs, isUncertain, use, retry, failures) = (false, false, nil, nil, 0)
    do throws(FileTrouble) { try await surroundings.note?.remove() } catch {
      logger.warning("the note that lingering was turned on stays: \(error)")
    }
  }

  /// One change after the other.
  private func lock() async {
    await withCheckedContinuation { if isBusy { waiting.append($0) } else { (isBusy = true, $0.resume()).1 } }
  }

  private func unlock() { if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() } }

  // MARK: Failing

  private static func failure(_ error: BusError) -> CallsError {
    let isRefused = BusError.refusals.contains(error.name)
    let problem = "lingering, which keeps a call after the last logout, cannot be turned on: \(error)"
    guard isRefused else { return .notSupported("\(problem); without it the call can be launched, and ends then") }
    return .notPermitted(
      "\(problem); polkit's org.freedesktop.login1.set-self-linger would have to allow it, or an administrator "
        + "can do it: loginctl enable-linger \(DisplayText(UserName.own))")
  }

  private static func failure(_ problem: String) -> CallsError {
    .notSupported("lingering, which keeps a call after the last logout, cannot be turned on: \(problem)")
  }
}
