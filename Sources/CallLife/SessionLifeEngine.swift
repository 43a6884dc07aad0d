// SPDX-License-Identifier: Apache-2.0
import CallModel

// MARK: - The engine

extension SessionLife {
  mutating func engineStarted() -> [Effect] {
    guard !engineSpeaks, state != .joined else { return [] }
    guard state != .ended else { return farewellStarted() }
    guard !isAdopted else { return adopted() }
    switch unit {
    case .runs, .gone: return []
    case .goneEarly:
      (unit, engineSpeaks) = (.gone, true)
      return launched + arm(.leave)
    case .starting:
      (unit, engineSpeaks) = (.runs, true)
      return launched + begin()
    }
  }

  var launched: [Effect] { repair.count == 0 ? [.announce(.launched)] : [] }

  /// The requests for an engine that was just started.
  mutating func begin() -> [Effect] {
    switch state {
    // Replacing the engine does not extend the time for an answer.
    case .launching: [.join] + arm(.firstReport) + (armed.contains(.answer) ? [] : arm(.answer))
    case .reconnecting: [.join] + arm(.firstReport)
    // The far end may still have the call of the previous engine. Only an engine that takes up that call can end it.
    case .leaving: (isTakenUp ? [.join] : []) + [.leave] + arm(.leave)
    case .joined, .ended: []
    }
  }

  mutating func engineNotStarted(_ detail: String) -> [Effect] {
    guard unit == .starting || unit == .goneEarly else { return [] }
    unit = .gone
    return state == .ended ? anotherFarewell() : replaceOrFinish(detail)
  }

  mutating func heard(_ report: EngineReport, _ resumable: Bool) -> [Effect] {
    guard engineSpeaks else { return [] }
    note(resumable, report)
    if case .ended(let reason, let detail, let exitStatus) = report.state {
      if resumable { return state == .ended ? [] : part(reason, detail: detail, exitStatus: exitStatus) }
      if state == .ended { return farewellIsOver() }
      let stops = armed.contains(.stop)
      // It has the time of a graceful leave to exit by itself.
      return finish(reason, detail: detail, exitStatus: exitStatus) + (isOver || stops ? [] : arm(.leave))
    }
    guard state != .leaving, state != .ended else { return [] }
    let (first, before) = (disarm(.firstReport), state)
    sleep.farEndIsHeld = report.onHold
    guard !sleep.isAsleep else { return first }
    if let effects = stillHeldForSleep(report) { return first + effects }
    sleep.isHeldForSleep = false
    let moves = first + disarm(.takeBack) + changed(report) + moved(to: report.state)
    let effects = moves + askedForTransfer(report) + accompanied(report)
    let isNew = !first.isEmpty || (state == .joined && before != .joined)
    return effects + settling(isNew) + (isNew ? wishes(unlike: report) : [])
  }

  /// A `resume` stays valid until a joined call is reported without one.
  private mutating func note(_ resumable: Bool, _ report: EngineReport) {
    if resumable { repair.hasTicket = true }
    if !resumable, report.state == .joined, state != .leaving, state != .ended { repair.hasTicket = nil }
  }

  /// A call that has been taken up is about to be repaired.
  private mutating func settling(_ isNew: Bool) -> [Effect] {
    guard isNew, repair.count > 0, state == .joined || state == .launching, !armed.contains(.settle) else { return [] }
    return arm(.settle)
  }

  mutating func accompanied(_ report: EngineReport) -> [Effect] {
    guard state == .joined, report.alone else { return disarm(.alone) }
    return armed.contains(.alone) ? [] : arm(.alone)
  }

  mutating func changed(_ report: EngineReport) -> [Effect] {
    var effects: [Effect] = []
    if report.muted != reported.muted {
      reported.muted = report.muted
      effects.append(.announce(.mutedChanged(reported.muted)))
    }
    if report.onHold != reported.onHold {
      reported.onHold = report.onHold
      effects.append(.announce(.onHoldChanged(reported.onHold)))
    }
    // A server that says nothing more has not taken it back.
    if let connectedTo = report.connectedTo { reported.connectedTo = connectedTo }
    return effects + recorded(report)
  }

  mutating func moved(to engineState: EngineReport.State) -> [Effect] {
    switch (engineState, state) {
    case (.ringing, .launching) where !reported.hasRung:
      reported.hasRung = true
      return [.announce(.ringing)]
    case (.joined, .launching):
      state = .joined
      hasJoined = true
      return disarm(.answer) + [.announce(.joined)]
    case (.joined, .reconnecting):
      state = .joined
      repair.lostBy = nil
      return disarm(.reconnect) + [.announce(.connectionRestored)]
    case (.reconnecting(let cause), .joined):
      return lose(by: cause) + arm(.reconnect)
    default:
      return []
    }
  }

  mutating func lose(by cause: InterruptionCause) -> [Effect] {
    state = .reconnecting
    repair.lostBy = cause
    return disarm(.settle, .alone) + [.announce(.connectionLost(cause))]
  }

  mutating func engineLost(_ cause: InterruptionCause, _ detail: String) -> [Effect] {
    guard engineSpeaks else { return [] }
    guard state != .ended else { return farewellLost() }
    guard canBeReplaced else {
      guard canSayFarewell else { return finish(.engineFailed, detail: detail) + stopUnit() }
      engineSpeaks = false
      return part(.engineFailed, detail: detail) + (unit == .runs ? killUnit() : [])
    }
    engineSpeaks = false
    var effects = disarm(.firstReport, .leave, .settle)
    if state == .joined { effects += lose(by: cause) + arm(.reconnect) }
    // It has nothing left to say, and its successor needs its place.
    return effects + (unit == .runs ? killUnit() : replaceOrFinish(detail))
  }

  mutating func unitGone() -> [Effect] {
    switch unit {
    case .gone, .goneEarly: return []
    case .starting:
      unit = .goneEarly
      return []
    case .runs:
      unit = .gone
      guard state != .ended else { return disarm(.leave, .stop) + anotherFarewell() }
      guard canBeReplaced || canSayFarewell else { return replaceOrFinish(silentEnd) }
      engineSpeaks = false
      return disarm(.firstReport, .leave, .stop, .settle) + replaceOrFinish(silentEnd)
    }
  }

  /// There may be a call at the far end that only an engine that takes it up can continue or end.
  var isTakenUp: Bool { carrier.isResumable && (hasJoined || canBeTakenUp) }

  var canBeReplaced: Bool {
    isTakenUp && state != .leaving && state != .ended && repair.count < Self.maximumRepairs
  }

  /// When the unit is gone: starts the next engine, or ends the session.
  mutating func replaceOrFinish(_ detail: String) -> [Effect] {
    guard !isAdopted else { return processEnded(detail) }
    guard canBeReplaced else { return endWithoutEngine(detail) }
    repair.count += 1
    let effects = state == .joined ? lose(by: .engineCrash) + arm(.reconnect) : []
    // The first replacement starts without a delay.
    return effects + (repair.count == 1 ? startEngine() : arm(.retry))
  }

  mutating func startEngine() -> [Effect] {
    unit = .starting
    unitEnd = UnitEnd()
    return disarm(.retry) + [.startEngine]
  }

  mutating func killUnit() -> [Effect] {
    armed.contains(.stop) ? [.killUnit] : [.killUnit] + arm(.stop)
  }

  mutating func stopUnit() -> [Effect] {
    unit == .runs && !armed.contains(.stop) ? [.stopUnit] + arm(.stop) : []
  }

  /// What does not survive a daemon, for the new one: its deadlines start again, and requests that may not have been
  /// sent completely are repeated. An engine ignores repeated ones.
  mutating func recovered() -> [Effect] {
    let waits = Deadline.allCases.filter(armed.contains).map(Effect.arm)
    guard unit == .runs || unit == .gone else { return waits + engineStarted() }
    if unit == .gone { return waits }
    if armed.contains(.stop) { return [.stopUnit] + waits }
    // The request still holds: a process that was away finds the event.
    if isAdopted { return waits }
    switch state {
    case .launching: return [.join] + wishes() + waits
    case .reconnecting where repair.count > 0: return [.join] + wishes() + waits
    case .leaving: return (repair.count > 0 ? [.join] : []) + [.leave] + waits
    case .ended: return (repair.farewells ?? 0 > 0 ? [.join, .leave] : []) + waits
    case .joined, .reconnecting: return wishes() + waits
    }
  }

  mutating func recoveredWithoutUnit() -> [Effect] {
    armed.subtract([.firstReport, .settle, .leave, .stop])
    engineSpeaks = false
    let waits = Deadline.allCases.filter(armed.contains).map(Effect.arm)
    let isOver = isOver
    unit = .gone
    switch state {
    case .ended where isInFarewell: return waits + anotherFarewell()
    case .ended: return isOver ? waits : waits + [.release]
    case .launching where armed.contains(.retry), .reconnecting where armed.contains(.retry): return waits
    case .launching, .joined, .reconnecting, .leaving: return waits + replaceOrFinish(silentEnd)
    }
  }
}
