// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - The end

extension SessionLife {
  /// The user ends the session. An abort stays an abort, whatever the session was already leaving for.
  mutating func leave(_ reason: EndReason) -> [Effect] {
    let again: [Effect] = resistsEnd && unit == .runs ? [.killUnit] : []
    switch state {
    case .launching, .joined, .reconnecting:
      return leave(for: Leaving(reason: reason, detail: ""))
    case .leaving:
      guard leaving?.reason != .aborted, !isHurried else { return again }
      leaving = Leaving(reason: reason, detail: "")
      // There is less time than the process was told.
      return isHurried && armed.contains(.leave) ? disarm(.leave) + arm(.leave) : again
    case .ended:
      return again
    }
  }

  mutating func leave(for why: Leaving) -> [Effect] {
    let waitsForRetry = armed.contains(.retry)
    state = .leaving
    reported.transferRequest = nil
    leaving = why
    let effects = disarm(.firstReport, .answer, .reconnect, .takeBack, .settle, .alone)
    if waitsForRetry { return effects + endWithoutEngine("") }
    // If the unit is still starting, the engine is told as soon as it runs; if the unit is gone, never.
    guard unit == .runs else { return effects }
    if isAdopted { return effects + askToHangUp() }
    if engineSpeaks { return effects + [.leave] + arm(.leave) }
    // The rest of it is being killed; the next engine is for the farewell.
    return canSayFarewell ? effects + part(.engineFailed, detail: "") : effects
  }

  mutating func passed(_ deadline: Deadline) -> [Effect] {
    guard armed.remove(deadline) != nil else { return [] }
    switch deadline {
    case .firstReport where state == .reconnecting || repair.count > 0:
      return engineLost(.engineHang, "the engine sent no state in time")
    case .firstReport:
      return leave(for: Leaving(reason: .timedOut, detail: "the engine sent no state in time"))
    case .answer where reported.hasRung:
      return leave(for: Leaving(reason: .noAnswer, detail: "it rang, but nobody answered in time"))
    case .answer:
      return leave(for: Leaving(reason: .timedOut, detail: "there was no answer in time"))
    case .reconnect:
      let reason: EndReason = repair.lostBy == .engineCrash || repair.lostBy == .engineHang ? .engineFailed : .network
      return leave(for: Leaving(reason: reason, detail: "the connection could not be restored in time"))
    case .takeBack:
      return takeBack()
    case .retry:
      return startEngine()
    case .settle:
      repair.count = 0
      return []
    case .alone:
      return leave(for: Leaving(reason: .alone, detail: "nobody else was left in the call"))
    case .leave where unit == .gone:
      engineSpeaks = false
      return state == .ended ? anotherFarewell() : replaceOrFinish(silentEnd)
    case .leave:
      return stopUnit()
    case .stop:
      unitEnd = UnitEnd(wasKilled: true, resistsEnd: unitEnd.wasKilled)
      return [.killUnit] + arm(.stop)
    case .farewell:
      return farewellIsLate()
    }
  }

  /// The only place where a session ends. A session that was leaving ends for the reason for which it was leaving.
  private mutating func end(_ reason: EndReason, _ detail: String, _ exitStatus: Int?) -> [Effect] {
    let why = leaving?.reason ?? reason
    let text = leaving.map { $0.detail.isEmpty ? detail : $0.detail } ?? detail
    let end = SessionEnd(
      event: TerminalEvent(reason: why, hasJoined: hasJoined), reason: why, detail: text, exitStatus: exitStatus)
    self.end = end
    state = .ended
    reported.transferRequest = nil
    return disarm(.firstReport, .answer, .reconnect, .takeBack, .retry, .settle, .alone, .leave)
      + [.announce(.ended(end))]
  }

  /// Ends a session when the far end knows, or cannot be told.
  mutating func finish(_ reason: EndReason, detail: String, exitStatus: Int? = nil) -> [Effect] {
    let effects = end(reason, detail, exitStatus)
    engineSpeaks = false
    return unit == .gone ? effects + disarm(.stop) + [.release] : effects
  }

  /// Ends a session for the user, while the far end may not know yet.
  mutating func part(_ reason: EndReason, detail: String, exitStatus: Int? = nil) -> [Effect] {
    repair.farewells = 0
    let effects = end(reason, detail, exitStatus) + arm(.farewell)
    return unit == .gone ? effects + anotherFarewell() : effects
  }

  var silentEnd: String { isAdopted ? "" : "the engine stopped without saying why" }

  mutating func arm(_ deadlines: Deadline...) -> [Effect] {
    armed.formUnion(deadlines)
    return deadlines.map(Effect.arm)
  }

  mutating func disarm(_ deadlines: Deadline...) -> [Effect] {
    deadlines.compactMap { armed.remove($0).map(Effect.disarm) }
  }
}
