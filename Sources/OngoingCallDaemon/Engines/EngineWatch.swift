// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Systemd

/// Watches one engine: whether it answers, and whether it sends what it should.
@EventLoopActor
final class EngineWatch {
  /// How often the engine is pinged.
  enum Pace {
    /// For an engine that carries media: it must be missed within seconds, and wakes all the time anyway.
    case every(Duration)
    /// Together with the daemon's other periodic work, for an engine that only waits for its program to exit, and
    /// should sleep.
    case with(SharedTimer)

    @EventLoopActor
    init(for engine: EngineDescriptor) { self = engine.isMissedAtOnce ? .every(Wait.ping) : .with(.main) }
  }

  private let unit: String
  private let manager: ServiceManager
  private let ping: @EventLoopActor (UInt64) -> Void
  private let onHang: @EventLoopActor (String) -> Void
  private let onExcuse: @EventLoopActor () -> Void
  private var timer: EventSource?
  private var listener: SharedTimer.Listener?
  private var detector: HangDetector
  private var stall = StallDetector()

  /// `onHang` gets the reason, and may be called again. `onExcuse` is called if the machine is too busy for the engine
  /// to answer.
  init(
    over unit: String, of manager: ServiceManager, at pace: Pace,
    ping: @escaping @EventLoopActor (UInt64) -> Void, onHang: @escaping @EventLoopActor (String) -> Void,
    onExcuse: @escaping @EventLoopActor () -> Void
  ) throws(SystemError) {
    self.unit = unit
    self.manager = manager
    self.ping = ping
    self.onHang = onHang
    self.onExcuse = onExcuse
    switch pace {
    case .every(let interval):
      detector = HangDetector(every: interval.microseconds)
      timer = try EventSource.repeatingTimer(every: interval, accuracy: interval / 15) { [weak self] in self?.beat() }
    case .with(let pulse):
      detector = HangDetector(every: pulse.interval.microseconds, patience: Limit.unansweredRarePings)
      listener = try pulse.listen { [weak self] in self?.beat() }
    }
  }

  func heard(pong serial: UInt64) { detector.heard(pong: serial) }

  /// - Parameter shouldSend: whether the engine should have sent something since the last report.
  func note(_ counters: MediaCounters, shouldSend: Bool) {
    if stall.isTooLong(after: counters, shouldSend: shouldSend) { onHang("it stopped sending") }
  }

  private func beat() {
    switch detector.beat(at: SystemClock.monotonic.now) {
    case .ping(let serial): ping(serial)
    case .inquire: EventLoopActor.task { [weak self] in await self?.inquire() }
    }
  }

  private func inquire() async {
    let process = try? await manager.mainProcess(of: unit)
    switch detector.judge(process.flatMap(ProcessSample.init(of:)), at: SystemClock.monotonic.now) {
    case .hangs: onHang("it does not answer")
    case .excused(1): onExcuse()
    case .excused, .innocent: break
    }
  }
}
