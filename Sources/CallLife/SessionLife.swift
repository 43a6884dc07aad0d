// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The life of one session, from launch to its single end.
///
/// A value that does no I/O: an input goes in, the state changes, and effects come out, to be carried out in order.
///
///     launching ──▶ joined ◀──▶ reconnecting
///         │            │              │
///         └────────────┴──▶ leaving ──┴──▶ ended
public struct SessionLife: Sendable, Equatable, Codable {
  public enum Input: Sendable, Equatable {
    /// The engine's unit runs and its channel is open.
    case engineStarted
    /// The engine's unit could not be started.
    case engineNotStarted(detail: String)
    /// What the engine says of its call, and whether a new engine can take that up again as it is now.
    case report(EngineReport, resumable: Bool = false)
    /// The engine closed its channel, broke the protocol, or answers no more. The call is taken up again by a new
    /// engine, where the engine can do that.
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
    /// The user wants the microphone so.
    case mute(Bool)
    /// The user wants the far end so.
    case hold(Bool)
    /// The engine could not put the far end on hold, or take it back.
    case holdRefused(detail: String)
    /// The file that the call is recorded to cannot be written to any more.
    case recordingFailed(detail: String)
    /// The user wants a recording to end that no engine writes just now.
    case recordingGivenUp
    /// The engine uses these sound devices.
    case uses(AudioUse)
    case returnRequested(activationToken: String?)
    case notificationAction(String)
    case passed(Deadline)
    /// A new daemon has read the session's record, and found out whether its engine's unit runs.
    case recovered(unitRuns: Bool)
  }

  public enum Effect: Sendable, Equatable {
    case announce(SessionEvent)
    /// Start an engine to take the call up again, or to finish its farewell.
    case startEngine
    /// Tell the engine to place the call, or to take it up again.
    case join
    /// Tell the engine to leave the call gracefully.
    case leave
    /// Tell the engine to shut the microphone, or to open it.
    case mute(Bool)
    /// Tell the engine to put the far end on hold, or to take it back.
    case hold(Bool)
    /// Have the engine say its state, whether it is new or not.
    case askForReport
    /// Stop the unit: SIGTERM, and SIGKILL where that is not enough.
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
    /// The return of a far end that was put on hold for the machine's sleep.
    case takeBack
    /// The pause before the next engine is tried.
    case retry
    /// The time a call must have been joined again to count as repaired.
    case settle
    /// The return of anybody else to the call.
    case alone
    /// The engine's answer to `leave`, the end of an engine that has said that the call ended, or the last words of
    /// one that is gone; the end of an adopted process that was asked to end.
    case leave
    /// The end of a unit that was told to stop.
    case stop
    /// The far end's word that it knows of the end, which the user does not wait for.
    case farewell
  }

  public internal(set) var state: SessionState = .launching
  public internal(set) var end: SessionEnd?
  public internal(set) var hasJoined = false
  public internal(set) var hasRung = false
  public internal(set) var muted: Bool
  public internal(set) var onHold = false
  /// The file that the call is recorded to.
  public internal(set) var recording: String?
  /// nil is no.
  var handsRecordingOn: Bool?
  /// nil until an engine has said it.
  public internal(set) var audio: AudioUse?
  /// What the user wanted last; nil where that was never said. Any engine is to be so, whatever the one before it had
  /// come to, and it stays so until the user wants otherwise.
  var wishedMuted: Bool?
  var wishedOnHold: Bool?

  enum Unit: String, Sendable, Codable {
    case starting
    /// It was gone before it was known that it ran; what its engine said is still to be heard.
    case goneEarly
    case runs
    case gone
  }

  /// What a session that is leaving will end with.
  struct Leaving: Sendable, Equatable, Codable {
    var reason: EndReason
    var detail: String
  }

  var unit = Unit.starting
  var leaving: Leaving?
  /// The engine's channel is open, and it has not said that the call ended and the far end knows.
  var engineSpeaks = false
  var armed: Set<Deadline> = []

  /// Whether a new engine can take up the call of one that is gone.
  let isResumable: Bool
  /// Whether the engine can put the far end on hold.
  let canHold: Bool
  /// Seconds that an adopted process has to end by itself; nil where an engine carries the call.
  public let hangUpGrace: UInt32?
  /// Engines that were started in place of another since the call was last well.
  public internal(set) var repairs = 0
  /// Tried so often, a call is given up.
  public static let maximumRepairs = 6
  var lostBy: InterruptionCause?
  /// nil is no: so it is in a record of a daemon that did not know this.
  var hasTicket: Bool?
  /// The session has ended, and the far end may not know yet: so many engines were started in place of others to tell
  /// it. nil where there is nothing left to tell.
  var farewells: Int?
  /// Tried so often, a far end is left to find out by itself.
  public static let maximumFarewells = 2
  var isAsleep = false
  /// The far end is on hold for the machine's sleep, not because the user wants it.
  var isHeldForSleep = false
  var farEndIsHeld = false
  var wasKilled = false
  /// The engine's unit was killed, and is still there.
  public internal(set) var resistsEnd = false

  public init(startMuted: Bool = false, resumable: Bool = false, canHold: Bool = false) {
    muted = startMuted
    isResumable = resumable
    self.canHold = canHold
    hangUpGrace = nil
  }

  /// The life of a call that is a process of its own; that is its unit, and there is no engine.
  public init(hangUpGrace: UInt32) {
    muted = false
    isResumable = false
    canHold = false
    self.hangUpGrace = hangUpGrace
  }

  /// Ended, and nothing of it runs any more.
  public var isOver: Bool { state == .ended && unit == .gone && farewells == nil }

  /// An engine has said what a new one needs to take the call up.
  public var canBeTakenUp: Bool { hasTicket == true }

  /// Ended for the user, and an engine goes on to tell the far end.
  public var isInFarewell: Bool { farewells != nil }

  private func ifLive(_ event: SessionEvent) -> [Effect] {
    state == .ended || repairs == 0 && unit == .starting ? [] : [.announce(event)]
  }

  public mutating func handle(_ input: Input) -> [Effect] {
    let effects = react(to: input)
    // Before the end, after which nothing is told.
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
