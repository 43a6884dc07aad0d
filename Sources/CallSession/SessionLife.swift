// SPDX-License-Identifier: Apache-2.0

/// The life of one session, from launch to its single end.
///
/// A value that does no I/O: an input goes in, the state changes, and effects come out, to be carried out in order.
///
///     launching ──▶ joined ◀──▶ reconnecting
///         │            │              │
///         └────────────┴──▶ leaving ──┴──▶ ended
public struct SessionLife: Sendable, Equatable, Codable {
  public enum State: String, Sendable, CaseIterable, Codable {
    case launching
    case joined
    case reconnecting
    case leaving
    case ended
  }

  public enum Input: Sendable, Equatable {
    /// The engine's unit runs and its channel is open.
    case engineStarted
    /// The engine's unit could not be started.
    case engineNotStarted(detail: String)
    case report(EngineReport)
    /// The engine closed its channel, broke the protocol, or answers no more. A call that was joined is taken up again
    /// by a new engine, where the engine can do that.
    case engineLost(InterruptionCause, detail: String)
    /// The engine's unit is gone. It may be so before it is known that it ran.
    case unitGone
    case abort
    case hangUp
    /// The user's services are about to be stopped.
    case logout
    /// The machine is about to sleep.
    case suspending
    /// It has slept.
    case resumed
    case passed(Deadline)
    /// A new daemon has read the session's record, and found out whether its engine's unit runs.
    case recovered(unitRuns: Bool)
  }

  public enum Effect: Sendable, Equatable {
    case announce(SessionEvent)
    /// Start an engine to take the call up again.
    case startEngine
    /// Tell the engine to place the call, or to take it up again.
    case join
    /// Tell the engine to leave the call gracefully.
    case leave
    /// Tell the engine to put the far end on hold, or to take it back.
    case hold(Bool)
    /// Stop the engine's unit: SIGTERM, and SIGKILL where that is not enough.
    case stopUnit
    /// SIGKILL to everything in the engine's unit.
    case killUnit
    case arm(Deadline)
    case disarm(Deadline)
    /// Ended, and nothing of it runs any more.
    case release
  }

  /// What a session waits for, and only so long.
  public enum Deadline: String, Sendable, CaseIterable, Codable {
    /// The engine's first report.
    case firstReport
    /// The far end's answer.
    case answer
    /// A lost connection's return.
    case reconnect
    /// The pause before the next engine is tried.
    case retry
    /// The time a call must have been joined again to count as repaired.
    case settle
    /// The return of anybody else to the call.
    case alone
    /// The engine's answer to `leave`, the end of an engine that has said that the call ended, or the last words of
    /// one that is gone.
    case leave
    /// The end of a unit that was told to stop.
    case stop
  }

  public private(set) var state: State = .launching
  public private(set) var end: SessionEnd?
  public private(set) var hasJoined = false
  public private(set) var hasRung = false
  public private(set) var muted: Bool
  public private(set) var onHold = false

  private enum Unit: String, Sendable, Codable {
    case starting
    /// It was gone before it was known that it ran; what its engine said is still to be heard.
    case goneEarly
    case runs
    case gone
  }

  /// What a session that is leaving will end with.
  private struct Leaving: Sendable, Equatable, Codable {
    var reason: EndReason
    var detail: String
  }

  private var unit = Unit.starting
  private var leaving: Leaving?
  /// The engine's channel is open, and it has not said that the call ended.
  private var engineSpeaks = false
  private var armed: Set<Deadline> = []

  /// Whether a new engine can take up the call of one that is gone.
  private let isResumable: Bool
  /// Engines that were started in place of another since the call was last well.
  public private(set) var repairs = 0
  /// Tried so often, a call is given up.
  public static let maximumRepairs = 6
  private var lostBy: InterruptionCause?
  /// An engine was started only to end what one that is gone has left at the far end.
  private var hasBeenEndedAnew = false
  private var isAsleep = false
  /// The far end is on hold for the machine's sleep, not because the user wants it.
  private var isHeldForSleep = false
  private var farEndIsHeld = false

  public init(startMuted: Bool = false, resumable: Bool = false) {
    muted = startMuted
    isResumable = resumable
  }

  /// Ended, and nothing of it runs any more.
  public var isOver: Bool { state == .ended && unit == .gone }

  public mutating func handle(_ input: Input) -> [Effect] {
    switch input {
    case .engineStarted: engineStarted()
    case .engineNotStarted(let detail): engineNotStarted(detail)
    case .report(let report): heard(report)
    case .engineLost(let cause, let detail): engineLost(cause, detail)
    case .unitGone: unitGone()
    case .abort: leave(.aborted)
    case .hangUp: leave(.hungUp)
    case .logout: leave(.logout)
    case .suspending: suspending()
    case .resumed: resumed()
    case .passed(let deadline): passed(deadline)
    case .recovered(unitRuns: true): recovered()
    case .recovered(unitRuns: false): recoveredWithoutUnit()
    }
  }
}

// MARK: - The engine

extension SessionLife {
  private mutating func engineStarted() -> [Effect] {
    guard !engineSpeaks, state != .ended, state != .joined else { return [] }
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

  private var launched: [Effect] { repairs == 0 ? [.announce(.launched)] : [] }

  /// What an engine that has just been started is told.
  private mutating func begin() -> [Effect] {
    switch state {
    case .launching: [.join] + arm(.firstReport, .answer)
    case .reconnecting: [.join] + arm(.firstReport)
    // The far end may still have the call of the engine that is gone: only who takes it up can end it.
    case .leaving: (hasJoined ? [.join] : []) + [.leave] + arm(.leave)
    case .joined, .ended: []
    }
  }

  private mutating func engineNotStarted(_ detail: String) -> [Effect] {
    guard unit == .starting || unit == .goneEarly else { return [] }
    unit = .gone
    return replaceOrFinish(detail)
  }

  private mutating func heard(_ report: EngineReport) -> [Effect] {
    guard engineSpeaks else { return [] }
    if case .ended(let reason, let detail, let exitStatus) = report.state {
      let stops = armed.contains(.stop)
      // It has the time of a graceful leave to go by itself.
      return finish(reason, detail: detail, exitStatus: exitStatus) + (isOver || stops ? [] : arm(.leave))
    }
    guard state != .leaving else { return [] }
    let first = disarm(.firstReport)
    farEndIsHeld = report.onHold
    guard !isAsleep else { return first }
    if isHeldForSleep {
      guard !report.onHold else { return first }
      isHeldForSleep = false
    }
    return first + changed(report) + moved(to: report.state) + accompanied(report)
  }

  private mutating func accompanied(_ report: EngineReport) -> [Effect] {
    guard state == .joined, report.alone else { return disarm(.alone) }
    return armed.contains(.alone) ? [] : arm(.alone)
  }

  private mutating func changed(_ report: EngineReport) -> [Effect] {
    var effects: [Effect] = []
    if report.muted != muted {
      muted = report.muted
      effects.append(.announce(.mutedChanged(muted)))
    }
    if report.onHold != onHold {
      onHold = report.onHold
      effects.append(.announce(.onHoldChanged(onHold)))
    }
    return effects
  }

  private mutating func moved(to engineState: EngineReport.State) -> [Effect] {
    switch (engineState, state) {
    case (.ringing, .launching) where !hasRung:
      hasRung = true
      return [.announce(.ringing)]
    case (.joined, .launching):
      state = .joined
      hasJoined = true
      return disarm(.answer) + [.announce(.joined)]
    case (.joined, .reconnecting):
      state = .joined
      lostBy = nil
      return disarm(.reconnect) + [.announce(.connectionRestored)] + (repairs > 0 ? arm(.settle) : [])
    case (.reconnecting(let cause), .joined):
      return lose(by: cause) + arm(.reconnect)
    default:
      return []
    }
  }

  private mutating func lose(by cause: InterruptionCause) -> [Effect] {
    state = .reconnecting
    lostBy = cause
    return disarm(.settle, .alone) + [.announce(.connectionLost(cause))]
  }

  private mutating func engineLost(_ cause: InterruptionCause, _ detail: String) -> [Effect] {
    guard engineSpeaks else { return [] }
    guard canBeReplaced else { return finish(.engineFailed, detail: detail) + stopUnit() }
    engineSpeaks = false
    var effects = disarm(.firstReport, .leave)
    if state == .joined { effects += lose(by: cause) + arm(.reconnect) }
    // It has nothing left to say, and its successor waits for its place.
    return effects + (unit == .runs ? killUnit() : replaceOrFinish(detail))
  }

  private mutating func unitGone() -> [Effect] {
    switch unit {
    case .gone, .goneEarly: return []
    case .starting:
      unit = .goneEarly
      return []
    case .runs:
      unit = .gone
      guard state != .ended else { return disarm(.leave, .stop) + [.release] }
      guard canBeReplaced else { return finish(.engineFailed, detail: Self.silentEnd) }
      engineSpeaks = false
      return disarm(.firstReport, .leave, .stop) + replaceOrFinish(Self.silentEnd)
    }
  }

  /// A call that was joined may still be there at the far end, until an engine has ended it.
  private var canBeReplaced: Bool {
    hasJoined && isResumable && state != .ended && repairs < Self.maximumRepairs && !hasBeenEndedAnew
  }

  /// With the unit gone: starts the next engine, or ends the session.
  private mutating func replaceOrFinish(_ detail: String) -> [Effect] {
    guard canBeReplaced else { return finish(.engineFailed, detail: detail) }
    repairs += 1
    let effects = state == .joined ? lose(by: .engineCrash) + arm(.reconnect) : []
    // Who wants to leave does not wait for more than one engine to do it.
    if state == .leaving { hasBeenEndedAnew = true }
    return effects + (repairs == 1 || state == .leaving ? startEngine() : arm(.retry))
  }

  private mutating func startEngine() -> [Effect] {
    unit = .starting
    return disarm(.retry) + [.startEngine]
  }

  private mutating func killUnit() -> [Effect] {
    armed.contains(.stop) ? [.killUnit] : [.killUnit] + arm(.stop)
  }

  private mutating func stopUnit() -> [Effect] {
    unit == .runs && !armed.contains(.stop) ? [.stopUnit] + arm(.stop) : []
  }

  /// What does not outlive a daemon, for the new one: its deadlines begin anew, and what it may not have said to the
  /// end is said again. An engine that has heard it takes no notice.
  private mutating func recovered() -> [Effect] {
    let waits = Deadline.allCases.filter(armed.contains).map(Effect.arm)
    guard unit == .runs || unit == .gone else { return waits + engineStarted() }
    if unit == .gone { return waits }
    if armed.contains(.stop) { return [.stopUnit] + waits }
    switch state {
    case .launching: return [.join] + waits
    case .reconnecting where repairs > 0: return [.join] + waits
    case .leaving: return (repairs > 0 ? [.join] : []) + [.leave] + waits
    case .joined, .reconnecting, .ended: return waits
    }
  }

  private mutating func recoveredWithoutUnit() -> [Effect] {
    armed.subtract([.firstReport, .leave, .stop])
    engineSpeaks = false
    let waits = Deadline.allCases.filter(armed.contains).map(Effect.arm)
    let ranUntilNow = unit == .runs
    unit = .gone
    switch state {
    case .ended: return ranUntilNow ? waits + [.release] : waits
    case .reconnecting where armed.contains(.retry): return waits
    case .launching, .joined, .reconnecting, .leaving: return waits + replaceOrFinish(Self.silentEnd)
    }
  }
}

// MARK: - Sleep

extension SessionLife {
  /// The far end is on hold, or there is none.
  public var isReadyForSleep: Bool { state == .ended || state == .launching || farEndIsHeld }

  private mutating func suspending() -> [Effect] {
    guard !isAsleep, state == .joined || state == .reconnecting else { return [] }
    isAsleep = true
    isHeldForSleep = !onHold
    let effects = state == .joined ? lose(by: .suspend) : disarm(.reconnect)
    return effects + (isHeldForSleep ? hold(true) : [])
  }

  private mutating func resumed() -> [Effect] {
    guard isAsleep else { return [] }
    isAsleep = false
    guard state == .reconnecting else { return [] }
    return (isHeldForSleep ? hold(false) : []) + arm(.reconnect)
  }

  /// An engine that does not run just now is told when it does: it takes the call up as it is to be.
  private func hold(_ value: Bool) -> [Effect] { engineSpeaks && unit == .runs ? [.hold(value)] : [] }
}

// MARK: - The end

extension SessionLife {
  /// The user wants it to end: an abort is an abort, whatever the session was already leaving for.
  private mutating func leave(_ reason: EndReason) -> [Effect] {
    switch state {
    case .launching, .joined, .reconnecting:
      return leave(for: Leaving(reason: reason, detail: ""))
    case .leaving:
      if leaving?.reason != .aborted { leaving = Leaving(reason: reason, detail: "") }
      return []
    case .ended:
      return []
    }
  }

  private mutating func leave(for why: Leaving) -> [Effect] {
    let waitsForRetry = armed.contains(.retry)
    state = .leaving
    leaving = why
    let effects = disarm(.firstReport, .answer, .reconnect, .settle, .alone)
    if waitsForRetry {
      hasBeenEndedAnew = true
      return effects + startEngine()
    }
    // Where the unit is still being started, it hears of this as soon as it runs; one that is gone, never.
    return engineSpeaks && unit == .runs ? effects + [.leave] + arm(.leave) : effects
  }

  private mutating func passed(_ deadline: Deadline) -> [Effect] {
    guard armed.remove(deadline) != nil else { return [] }
    switch deadline {
    case .firstReport where state == .reconnecting:
      return engineLost(.engineHang, "the engine said nothing in time")
    case .firstReport:
      return leave(for: Leaving(reason: .timedOut, detail: "the engine said nothing in time"))
    case .answer where hasRung:
      return leave(for: Leaving(reason: .noAnswer, detail: "it rang, and nobody answered in time"))
    case .answer:
      return leave(for: Leaving(reason: .timedOut, detail: "there was no answer in time"))
    case .reconnect:
      let reason: EndReason = lostBy == .engineCrash || lostBy == .engineHang ? .engineFailed : .network
      return leave(for: Leaving(reason: reason, detail: "the connection did not come back in time"))
    case .retry:
      return startEngine()
    case .settle:
      repairs = 0
      return []
    case .alone:
      return leave(for: Leaving(reason: .alone, detail: "nobody else was in the call any more"))
    case .leave where unit == .gone:
      engineSpeaks = false
      return replaceOrFinish(Self.silentEnd)
    case .leave:
      return stopUnit()
    case .stop:
      return [.killUnit] + arm(.stop)
    }
  }

  /// The one place where a session ends. A session that was leaving ends for the reason it left for.
  private mutating func finish(_ reason: EndReason, detail: String, exitStatus: Int? = nil) -> [Effect] {
    let why = leaving?.reason ?? reason
    let text = leaving.map { $0.detail.isEmpty ? detail : $0.detail } ?? detail
    let end = SessionEnd(
      event: TerminalEvent(reason: why, hasJoined: hasJoined), reason: why, detail: text, exitStatus: exitStatus)
    self.end = end
    state = .ended
    engineSpeaks = false
    let effects =
      disarm(.firstReport, .answer, .reconnect, .retry, .settle, .alone, .leave) + [.announce(.ended(end))]
    return unit == .gone ? effects + disarm(.stop) + [.release] : effects
  }

  private static let silentEnd = "the engine stopped without saying why"

  private mutating func arm(_ deadlines: Deadline...) -> [Effect] {
    armed.formUnion(deadlines)
    return deadlines.map(Effect.arm)
  }

  private mutating func disarm(_ deadlines: Deadline...) -> [Effect] {
    deadlines.compactMap { armed.remove($0).map(Effect.disarm) }
  }
}
