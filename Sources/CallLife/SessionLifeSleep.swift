// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - The machine's sleep

extension SessionLife {
  /// The far end knows, or there is none that could be told.
  public var isReadyForSleep: Bool {
    switch state {
    case .launching: true
    case .ended: !isInFarewell
    case .leaving: false
    case .joined, .reconnecting: farEndIsHeld || !canHold
    }
  }

  mutating func suspending() -> [Effect] {
    // Of a connection that is a process's own, nothing is known here.
    guard !isAdopted, !isAsleep, state == .joined || state == .reconnecting else { return [] }
    isAsleep = true
    isHeldForSleep = canHold && !wantsHold
    let effects = state == .joined ? lose(by: .suspend) : disarm(.reconnect, .takeBack)
    return effects + (isHeldForSleep ? tell(.hold(true)) : [])
  }

  /// What the call has become meanwhile, the engine is asked: it says by itself only what is new to it.
  mutating func resumed() -> [Effect] {
    guard isAsleep else { return [] }
    isAsleep = false
    guard state == .reconnecting else { return [] }
    return arm(.reconnect) + takeBack() + tell(.askForReport)
  }

  /// Again and again: while the network comes back, what is said to the far end may be lost.
  mutating func takeBack() -> [Effect] { isHeldForSleep ? tell(.hold(false)) + arm(.takeBack) : [] }

  /// Where the far end is still on hold for a sleep that is over, what there is to do about it; else nil.
  mutating func stillHeldForSleep(_ report: EngineReport) -> [Effect]? {
    guard isHeldForSleep, report.onHold else { return nil }
    // It may be another engine, or have been without a network, when it was told.
    return report.state == .joined ? tell(.hold(false)) : []
  }

  /// An engine that does not run just now is told when it does: it takes the call up as it is to be.
  func tell(_ effect: Effect) -> [Effect] { engineSpeaks && unit == .runs ? [effect] : [] }
}
