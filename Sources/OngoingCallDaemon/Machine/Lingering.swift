// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// What lingering needs to know about the calls, and tells them.
@EventLoopActor
protocol LingeringHost: AnyObject {
  /// Whether there are calls, live or ended.
  var hasCalls: Bool { get }
  /// Whether a call that asks for lingering has not ended yet.
  var needsLingering: Bool { get }
  func lingeringChanged()
}

/// Makes the user linger (loginctl(1)) while a call asks for it, so that the call survives the last logout. Then it
/// restores the previous setting, even if the daemon or the machine has gone down meanwhile, but not if others have
/// asked for lingering, or turned it off, since.
@EventLoopActor
final class Lingering {
  /// Where the setting is read, changed and saved.
  struct Surroundings {
    var flag: LingerFlag
    var note: LingerNote?
    /// How long to wait for the system bus.
    var patience = Wait.systemBusAnswer

    @EventLoopActor static func ofThisUser() -> Surroundings {
      Surroundings(flag: LingerFlag(), note: .standard())
    }
  }

  // A change in progress may outlast it.
  private weak var host: (any LingeringHost)?
  private let surroundings: Surroundings
  private let system: SystemBus
  private let logger: Logger
  private var watch: EventSource?
  private var wasOn = false
  /// Whether the note exists.
  private var isOurs = false
  /// A request to turn it on was not answered, so it may be on, or may still be turned on.
  private var isUncertain = false
  /// Kept while there is something to undo.
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

  /// Whether the user's services, and with them the calls, survive the last logout.
  var isOn: Bool { surroundings.flag.isSet }

  // MARK: Watching

  /// Continues with what an earlier daemon has turned on.
  func recover() {
    callsChanged()
    surroundings.note?.find { [weak self] exists in
      guard let self, exists, !isOurs else { return }
      own()
      callsChanged()
    }
  }

  /// Call this whenever a call is added or removed.
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
    // Without a watch there is no login manager, and nothing changes.
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
  func turnOn() async throws(CallRefusal) {
    await lock()
    defer { unlock() }
    // If it is already on, and not because of this daemon, this daemon does not turn it off.
    guard !isOn else { return }
    guard let note = surroundings.note else {
      throw Self.failure("no home directory to save the previous setting in")
    }
    do { try await note.write(turnedOn: nil) } catch {
      throw Self.failure("cannot save the previous setting: \(error)")
    }
    own()
    do throws(BusError) {
      let login = try await system.login(within: surroundings.patience)
      isUncertain = true
      try await login.setLinger(true)
      isUncertain = false
    } catch {
      // The answer may only be late, and the change must then be undone.
      isUncertain = isUncertain && (error.name == BusError.noReply || error.name == BusError.timeout)
      if !isOn, !isUncertain { await forget() }
      throw Self.failure(error)
    }
    do { try await note.write(turnedOn: surroundings.flag.stamp) } catch { logger.warning("\(error)") }
    logger.notice(
      "turned lingering on until the last call that asks for it has ended",
      metadata: ["MESSAGE_ID": "\(MessageID.lingeringOn)"])
  }

  /// Returns when the previous setting is restored, is still needed, or cannot be restored now.
  func restore() async {
    await lock()
    defer { unlock() }
    guard isOurs, host?.needsLingering == false else { return }
    let turnedOn: LingerFlag.Stamp?
    do throws(FileTrouble) { turnedOn = try await surroundings.note?.turnedOn() } catch {
      return logger.warning("lingering stays on until the next start; cannot find out when it was turned on: \(error)")
    }
    let now = surroundings.flag.stamp
    guard isUncertain || now != nil && (turnedOn == nil || turnedOn == now) else {
      logger.notice("lingering stays \(now == nil ? "off" : "on"): somebody else changed it during the calls")
      return await forget()
    }
    do throws(BusError) {
      try await system.login(within: surroundings.patience).setLinger(false)
      await forget()
      logger.notice(
        "turned lingering off, as it was before the calls", metadata: ["MESSAGE_ID": "\(MessageID.lingeringOff)"])
    } catch { cannotRestore(error) }
  }

  private func cannotRestore(_ error: BusError) {
    let isRefused = BusError.refusals.contains(error.name)
    failures += 1
    if failures == 1 || isRefused {
      let when = isRefused ? "at the next start" : "repeatedly"
      logger.warning("cannot turn lingering off again; retrying \(when): \(error)")
    }
    guard !isRefused else { return }
    retry = try? EventSource.timer(after: Wait.systemBus(failures)) { [weak self] in self?.tryAgain() }
  }

  private func tryAgain() {
    retry = nil
    callsChanged()
  }

  /// There is something to undo from now on.
  private func own() {
    isOurs = true
    if use == nil { use = system.use { [weak self] _ in self?.tryAgain() } }
  }

  private func forget() async {
    (isOurs, isUncertain, use, retry, failures) = (false, false, nil, nil, 0)
    do throws(FileTrouble) { try await surroundings.note?.remove() } catch {
      logger.warning("cannot remove the note that lingering was turned on: \(error)")
    }
  }

  /// Changes are made one after the other.
  private func lock() async {
    await withCheckedContinuation { if isBusy { waiting.append($0) } else { (isBusy = true, $0.resume()).1 } }
  }

  private func unlock() { if waiting.isEmpty { isBusy = false } else { waiting.removeFirst().resume() } }

  // MARK: Failing

  private static func failure(_ error: BusError) -> CallRefusal {
    let isRefused = BusError.refusals.contains(error.name)
    let problem = "cannot turn on lingering, which keeps the call after the last logout: \(error)"
    guard isRefused else {
      return .notSupported("\(problem); without it, the call can be launched, and ends at the last logout")
    }
    return .notPermitted(
      "\(problem); allow org.freedesktop.login1.set-self-linger (polkit), or ask an administrator "
        + "to run loginctl enable-linger \(DisplayText(UserName.own))")
  }

  private static func failure(_ problem: String) -> CallRefusal {
    .notSupported("cannot turn on lingering, which keeps the call after the last logout: \(problem)")
  }
}
