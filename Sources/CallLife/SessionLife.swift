// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The life of one session, from launch to its single end.
///
/// A value that does no I/O: an input goes in, the state changes, and effects come out, to be carried out in order.
///
///     launching ──▶ joined ◀──▶ reconnecting
///         │            │              │
///         └────────────┴──▶ leaving ──┴──▶ ended
public struct SessionLife: Sendable, Equatable {
  public enum Input: Sendable, Equatable {
    /// The engine's unit is running, and its channel is open.
    case engineStarted
    /// The engine's unit could not be started.
    case engineNotStarted(detail: String)
    /// The engine's report about its call, and whether a new engine can take up the call in this state.
    case report(EngineReport, resumable: Bool = false)
    /// The engine closed its channel, broke the protocol, or stopped answering. If the engine can resume calls, a new
    /// one takes up the call.
    case engineLost(InterruptionCause, detail: String)
    /// The engine's unit is gone. This may come before it is known that it ran.
    case unitGone
    case abort
    case hangUp
    /// The user's services are about to be stopped.
    case logout
    /// The machine is about to sleep.
    case suspending
    /// The machine has slept.
    case resumed
    /// The user wants the microphone muted, or not.
    case mute(Bool)
    /// The user wants the far end on hold, or not.
    case hold(Bool)
    /// The far end could not be put on hold, or resumed.
    case holdRefused(detail: String)
    /// The far end did not make the transfer that it was asked for.
    case transferFailed(detail: String)
    /// The file of the recording cannot be written any more.
    case recordingFailed(detail: String)
    /// The user stops a recording while no engine writes it.
    case recordingGivenUp
    /// The engine uses these sound devices.
    case uses(AudioUse)
    case returnRequested(activationToken: String?)
    case notificationAction(String)
    case passed(Deadline)
    /// A new daemon has read the session's record, and has found out whether the engine's unit is running.
    case recovered(unitRuns: Bool)
  }

  public enum Effect: Sendable, Equatable {
    case announce(SessionEvent)
    /// Start an engine that takes up the call, or finishes its farewell.
    case startEngine
    /// Tell the engine to place the call, or to take it up.
    case join
    /// Tell the engine to leave the call gracefully.
    case leave
    /// Tell the engine to turn the microphone off or on.
    case mute(Bool)
    /// Tell the engine to put the far end on hold, or to resume it.
    case hold(Bool)
    /// Ask the engine for its state, even if that has not changed.
    case askForReport
    /// Stop the unit: SIGTERM, and SIGKILL if that is not enough.
    case stopUnit
    /// SIGKILL to everything in the engine's unit.
    case killUnit
    case arm(Deadline)
    case disarm(Deadline)
    /// The session has ended, and none of its processes is left.
    case release
  }

  /// What a session waits for, with a time limit.
  public enum Deadline: String, Sendable, CaseIterable, Codable {
    /// The engine's first report.
    case firstReport
    /// The far end's answer.
    case answer
    /// The return of a lost connection.
    case reconnect
    /// The return of a far end that was put on hold for the machine's sleep.
    case takeBack
    /// The delay before the next engine is tried.
    case retry
    /// The time that a call must have been joined again to count as repaired.
    case settle
    /// The return of somebody else to the call.
    case alone
    /// The engine's answer to `leave`, the exit of an engine that has said that the call ended, or the last messages of
    /// one that is gone; the exit of an adopted process that was asked to exit.
    case leave
    /// The end of a unit that is being stopped.
    case stop
    /// The far end's confirmation of the end, which the user does not wait for.
    case farewell
  }

  public internal(set) var state: SessionState = .launching
  public internal(set) var end: SessionEnd?
  public internal(set) var hasJoined = false
  public internal(set) var reported: Reported
  var wished = Wished()

  enum Unit: String, Sendable, Codable {
    case starting
    /// The unit was gone before it was known that it ran; its messages are still to be read.
    case goneEarly
    case runs
    case gone
  }

  /// The reason with which a session that is leaving will end.
  struct Leaving: Sendable, Equatable, Codable {
    var reason: EndReason
    var detail: String
  }

  var unit = Unit.starting
  var unitEnd = UnitEnd()
  var leaving: Leaving?
  /// The engine's channel is open, and the engine has not yet said that the call ended and the far end knows.
  var engineSpeaks = false
  var armed: Set<Deadline> = []
  let carrier: Carrier
  public internal(set) var repair = Repair()
  var sleep = Sleep()

  /// After so many replacement engines, the call is given up.
  public static let maximumRepairs = 6
  /// After so many, the far end is left to find out by itself.
  public static let maximumFarewells = 2

  public init(startMuted: Bool = false, resumable: Bool = false, canHold: Bool = false) {
    reported = Reported(muted: startMuted)
    carrier = Carrier(isResumable: resumable, canHold: canHold)
  }

  /// The life of a call that is an adopted process. The process is its unit, and there is no engine.
  public init(hangUpGrace: UInt32) {
    reported = Reported(muted: false)
    carrier = Carrier(isResumable: false, canHold: false, hangUpGrace: hangUpGrace)
  }

  /// The session has ended, and none of its processes is left.
  public var isOver: Bool { state == .ended && unit == .gone && repair.farewells == nil }

  /// Whether an engine has sent what a new one needs to take up the call.
  public var canBeTakenUp: Bool { repair.hasTicket == true }

  /// Whether the session has ended for the user, while an engine is still telling the far end.
  public var isInFarewell: Bool { repair.farewells != nil }

  /// The engine's unit was killed, but still exists.
  public var resistsEnd: Bool { unitEnd.resistsEnd }

  /// How many seconds an adopted process may take to exit; nil if an engine carries the call.
  public var hangUpGrace: UInt32? { carrier.hangUpGrace }

  private func ifLive(_ event: SessionEvent) -> [Effect] {
    state == .ended || repair.count == 0 && unit == .starting ? [] : [.announce(event)]
  }

  public mutating func handle(_ input: Input) -> [Effect] {
    let effects = react(to: input)
    // Before the end, because no event follows the end.
    return recordingLeft() + effects
  }

  private mutating func react(to input: Input) -> [Effect] {
    switch input {
    case .engineStarted: engineStarted()
    case .engineNotStarted(let detail): engineNotStarted(detail)
    case .report(let report, let resumable): heard(report, resumable)
    case .engineLost(let cause, let detail): engineLost(cause, detail)
    case .unitGone: unitGone()
    case .abort: isAdopted ? letGo() : leave(.aborted)
    case .hangUp: leave(.hungUp)
    case .logout: leave(.logout)
    case .suspending: suspending()
    case .resumed: resumed()
    case .mute(let value): wish(muted: value)
    case .hold(let value): wish(onHold: value)
    case .holdRefused(let detail): holdRefused(detail)
    case .transferFailed(let detail): transferFailed(detail)
    case .recordingFailed(let detail): recordingFailed(detail)
    case .recordingGivenUp: recordingGivenUp()
    case .uses(let devices): uses(devices)
    case .returnRequested(let token): ifLive(.returnRequested(activationToken: token))
    case .notificationAction(let key): ifLive(.notificationAction(key))
    case .passed(let deadline): passed(deadline)
    case .recovered(unitRuns: true): recovered()
    case .recovered(unitRuns: false): recoveredWithoutUnit()
    }
  }
}
