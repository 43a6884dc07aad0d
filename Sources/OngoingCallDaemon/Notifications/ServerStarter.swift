// SPDX-License-Identifier: Apache-2.0
import CallModel
import Logging
import Systemd

/// Has the bus start a notification server where there is none.
///
/// A server that crashes is started again, in case nobody else does so. The delay grows each time, and the number of
/// tries is limited.
@EventLoopActor
final class ServerStarter {
  private static let noSuchService = "org.freedesktop.DBus.Error.ServiceUnknown"

  private let bus: Bus
  private let pauses: ServerSearch.Pauses
  private let lines: LimitedLog
  private var isThere = false
  private var tries = 0
  /// Why there is no server, if the journal already has it.
  private var told: BusError?
  private var hasGivenUp = false
  private var isStarting = false
  private var pause: EventSource?
  private var steadiness: EventSource?

  init(_ bus: Bus, pauses: ServerSearch.Pauses, lines: LimitedLog) {
    (self.bus, self.pauses, self.lines) = (bus, pauses, lines)
  }

  /// A server is needed for a new reason.
  func need() {
    guard !isThere, pause == nil else { return }
    tries = 0
    start()
  }

  /// There is a server, another one, or none any more.
  func changed(isThere: Bool) {
    self.isThere = isThere
    (pause, steadiness) = (nil, nil)
    guard isThere else { return tryLater() }
    told = nil
    steadiness = timer(pauses.steady) { ($0.tries, $0.hasGivenUp) = (0, false) }
  }

  func start() {
    guard !isThere, !isStarting else { return }
    isStarting = true
    tries += 1
    // The bus has its own time limit.
    bus.ask("StartServiceByName", [.string(ServerSearch.name), .uint32(0)], timeout: nil) { _ throws(BusError) in
    } answer: { [weak self] result in
      self?.isStarting = false
      guard case .failure(let error) = result, let self, !isThere else { return }
      tellOfNone(error)
      if error.name != Self.noSuchService { tryLater() }
    }
  }

  /// Logs it once, until there is a new reason, or there was a server.
  private func tellOfNone(_ error: BusError) {
    lines.log(error == told ? .debug : .info, "there is no notification server: \(error.shown)")
    told = error
  }

  private func tryLater() {
    guard tries < pauses.count else {
      lines.log(hasGivenUp ? .debug : .info, "every notification server exits at once; waiting for the next one")
      hasGivenUp = true
      return
    }
    let wait = min(pauses.longest, pauses.first * (1 << min(tries, 16)))
    pause = timer(wait) { starter in
      starter.pause = nil
      starter.start()
    }
  }

  private func timer(_ duration: Duration, _ action: @escaping @EventLoopActor (ServerStarter) -> Void) -> EventSource?
  {
    do { return try EventSource.timer(after: duration) { [weak self] in self.map(action) } } catch {
      lines.log(.error, "\(error)")
      return nil
    }
  }
}
