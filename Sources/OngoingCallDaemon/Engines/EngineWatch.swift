// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Systemd

/// Watches over one engine: that it answers, and that it sends what it should.
@EventLoopActor
final class EngineWatch {
  /// How often an engine is asked.
  enum Pace {
    /// What carries media is missed within seconds, and moves all the time by itself.
    case every(Duration)
    /// With what else wakes this process: what only waits for its program to end is let sleep.
    case with(Pulse)

    @EventLoopActor
    init(for engine: EngineDescriptor) { self = engine.isMissedAtOnce ? .every(Wait.ping) : .with(.main) }
  }

  private let unit: String
  private let manager: ServiceManager
  private let ping: @EventLoopActor (UInt64) -> Void
  private let onHang: @EventLoopActor (String) -> Void
  private let onExcuse: @EventLoopActor () -> Void
  private var timer: EventSource?
  private var listener: Pulse.Listener?
  private var vigil: Vigil
  private var stillness = Stillness()

  /// `onHang` is told why, and may be told again; `onExcuse`, that the machine is too busy for the engine to answer.
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
      vigil = Vigil(every: interval.microseconds)
      timer = try EventSource.repeatingTimer(every: interval, accuracy: interval / 15) { [weak self] in self?.beat() }
    case .with(let pulse):
      vigil = Vigil(every: pulse.interval.microseconds, patience: Limit.unansweredRarePings)
      listener = try pulse.listen { [weak self] in self?.beat() }
    }
  }

  func heard(pong serial: UInt64) { vigil.heard(pong: serial) }

  /// `shouldSend` is whether the engine should have sent something since the last time.
  func note(_ counters: MediaCounters, shouldSend: Bool) {
    if stillness.isTooLong(after: counters, shouldSend: shouldSend) { onHang("it sends nothing any more") }
  }

  private func beat() {
    switch vigil.beat(at: SystemClock.monotonic.now) {
    case .ping(let serial): ping(serial)
    case .inquire: EventLoopActor.task { [weak self] in await self?.inquire() }
    }
  }

  private func inquire() async {
    let process = try? await manager.mainProcess(of: unit)
    switch vigil.judge(process.flatMap(ProcessSample.init(of:)), at: SystemClock.monotonic.now) {
    case .hangs: onHang("it does not answer")
    case .excused(1): onExcuse()
    case .excused, .innocent: break
    }
  }
}
