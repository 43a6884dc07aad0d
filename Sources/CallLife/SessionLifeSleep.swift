// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - The machine's sleep

extension SessionLife {
  /// Whether the far end has been told, or there is none to tell.
  public var isReadyForSleep: Bool {
    switch state {
    case .launching: true
    case .ended: !isInFarewell
    case .leaving: false
    case .joined, .reconnecting: sleep.farEndIsHeld || !carrier.canHold
    }
  }

  mutating func suspending() -> [Effect] {
    // A process's own connection is unknown here.
    guard !isAdopted, !sleep.isAsleep, state == .joined || state == .reconnecting else { return [] }
    sleep.isAsleep = true
    sleep.isHeldForSleep = carrier.canHold && !wantsHold
    let effects = state == .joined ? lose(by: .suspend) : disarm(.reconnect, .takeBack)
    return effects + (sleep.isHeldForSleep ? tell(.hold(true)) : [])
  }

  /// Ask the engine what has become of the call, because it reports only changes by itself.
  mutating func resumed() -> [Effect] {
    guard sleep.isAsleep else { return [] }
    sleep.isAsleep = false
    guard state == .reconnecting else { return [] }
    return arm(.reconnect) + takeBack() + tell(.askForReport)
  }

  /// Repeated, because requests to the far end may be lost until the network is back.
  mutating func takeBack() -> [Effect] { sleep.isHeldForSleep ? tell(.hold(false)) + arm(.takeBack) : [] }

  /// What to do if the far end is still on hold for a sleep that is over; nil if it is not.
  mutating func stillHeldForSleep(_ report: EngineReport) -> [Effect]? {
    guard sleep.isHeldForSleep, report.onHold else { return nil }
    // It may be another engine, or may have had no network, when it was told.
    return report.state == .joined ? tell(.hold(false)) : []
  }

  /// An engine that is not running is told when it starts: it takes up the call in the wanted state.
  func tell(_ effect: Effect) -> [Effect] { engineSpeaks && unit == .runs ? [effect] : [] }
}
