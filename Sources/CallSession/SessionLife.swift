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
    /// The engine closed its channel or broke the protocol, without having said that the call ended.
    case engineLost(detail: String)
    /// The engine's unit is gone.
    case unitGone
    case abort
    case hangUp
    case passed(Deadline)
    /// A new daemon has read the session's record; its engine's unit runs.
    case recovered
  }

  public enum Effect: Sendable, Equatable {
    case announce(SessionEvent)
    /// Tell the engine to place the call.
    case join
    /// Tell the engine to leave the call gracefully.
    case leave
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
  public enum Deadline: String, Sendable, CaseIterable {
    /// The engine's first report.
    case firstReport
    /// The far end's answer.
    case answer
    /// A lost connection's return.
    case reconnect
    /// The engine's answer to `leave`.
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

  /// What a session that is leaving will end with.
  private struct Leaving: Sendable, Equatable, Codable {
    var reason: EndReason
    var detail: String
  }
  private var leaving: Leaving?
  private var unitRuns = false
  /// The engine's channel is open and it has not said that the call ended.
  private var engineSpeaks = false

  public init(startMuted: Bool = false) { muted = startMuted }

  /// Ended, and nothing of it runs any more.
  public var isOver: Bool { state == .ended && !unitRuns }

  public mutating func handle(_ input: Input) -> [Effect] {
    switch input {
    case .engineStarted: engineStarted()
    case .engineNotStarted(let detail): engineNotStarted(detail)
    case .report(let report): heard(report)
    case .engineLost(let detail): engineLost(detail)
    case .unitGone: unitGone()
    case .abort: leave(.aborted)
    case .hangUp: leave(.hungUp)
    case .passed(let deadline): passed(deadline)
    case .recovered: recovered()
    }
  }
}

// MARK: - The engine

extension SessionLife {
  private mutating func engineStarted() -> [Effect] {
    guard !unitRuns, state == .launching || state == .leaving else { return [] }
    unitRuns = true
    engineSpeaks = true
    guard state == .launching else { return [.announce(.launched), .leave, .arm(.leave)] }
    return [.announce(.launched), .join, .arm(.firstReport), .arm(.answer)]
  }

  private mutating func engineNotStarted(_ detail: String) -> [Effect] {
    guard !unitRuns, state != .ended else { return [] }
    return finish(.engineFailed, detail: detail) + [.release]
  }

  private mutating func heard(_ report: EngineReport) -> [Effect] {
    guard engineSpeaks, state != .ended else { return [] }
    if case .ended(let reason, let detail, let exitStatus) = report.state {
      engineSpeaks = false
      // It has the time of a graceful leave to go by itself.
      return finish(reason, detail: detail, exitStatus: exitStatus) + [.arm(.leave)]
    }
    guard state != .leaving else { return [] }
    let first: [Effect] = state == .launching ? [.disarm(.firstReport)] : []
    return first + changed(report) + moved(to: report.state)
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
      return [.disarm(.answer), .announce(.joined)]
    case (.joined, .reconnecting):
      state = .joined
      return [.disarm(.reconnect), .announce(.connectionRestored)]
    case (.reconnecting(let cause), .joined):
      state = .reconnecting
      return [.announce(.connectionLost(cause)), .arm(.reconnect)]
    default:
      return []
    }
  }

  private mutating func engineLost(_ detail: String) -> [Effect] {
    guard engineSpeaks else { return [] }
    engineSpeaks = false
    return finish(.engineFailed, detail: detail) + [.stopUnit, .arm(.stop)]
  }

  private mutating func unitGone() -> [Effect] {
    guard unitRuns else { return [] }
    unitRuns = false
    engineSpeaks = false
    let end = state == .ended ? [] : finish(.engineFailed, detail: "the engine stopped without saying why")
    return end + [.disarm(.leave), .disarm(.stop), .release]
  }
}

// MARK: - A new daemon

extension SessionLife {
  /// What the state needs that did not outlive the old daemon. A request may so be made twice; an engine that has
  /// carried it out already takes no notice.
  private func recovered() -> [Effect] {
    guard unitRuns else { return [] }
    return switch state {
    case .launching: [.join, .arm(.firstReport), .arm(.answer)]
    case .joined: []
    case .reconnecting: [.arm(.reconnect)]
    case .leaving: [.leave, .arm(.leave)]
    case .ended: [.arm(.leave)]
    }
  }
}

// MARK: - The end

extension SessionLife {
  private mutating func leave(_ reason: EndReason, detail: String = "") -> [Effect] {
    guard state != .leaving, state != .ended else { return [] }
    let effects = waits
    state = .leaving
    leaving = Leaving(reason: reason, detail: detail)
    // Where the unit is still being started, it hears of this as soon as it runs.
    return unitRuns ? effects + [.leave, .arm(.leave)] : effects
  }

  private mutating func passed(_ deadline: Deadline) -> [Effect] {
    switch (deadline, state) {
    case (.firstReport, .launching):
      leave(.timedOut, detail: "the engine said nothing in time")
    case (.answer, .launching):
      hasRung
        ? leave(.noAnswer, detail: "it rang, and nobody answered in time")
        : leave(.timedOut, detail: "there was no answer in time")
    case (.reconnect, .reconnecting):
      leave(.network, detail: "the connection did not come back in time")
    case (.leave, .leaving) where unitRuns, (.leave, .ended) where unitRuns:
      [.stopUnit, .arm(.stop)]
    case (.stop, _) where unitRuns:
      [.killUnit, .arm(.stop)]
    default:
      []
    }
  }

  /// The one place where a session ends. A session that was leaving ends for the reason it left for.
  private mutating func finish(_ reason: EndReason, detail: String, exitStatus: Int? = nil) -> [Effect] {
    let effects = waits
    let why = leaving?.reason ?? reason
    let text = leaving.map { $0.detail.isEmpty ? detail : $0.detail } ?? detail
    let end = SessionEnd(
      event: TerminalEvent(reason: why, hasJoined: hasJoined),
      reason: why, detail: text, exitStatus: exitStatus)
    self.end = end
    state = .ended
    return effects + [.announce(.ended(end))]
  }

  /// Takes back the deadlines of the state that is being left.
  private var waits: [Effect] {
    switch state {
    case .launching where unitRuns: [.disarm(.firstReport), .disarm(.answer)]
    case .reconnecting: [.disarm(.reconnect)]
    case .leaving where unitRuns: [.disarm(.leave)]
    case .launching, .joined, .leaving, .ended: []
    }
  }
}
