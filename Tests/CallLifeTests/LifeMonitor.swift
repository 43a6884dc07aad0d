// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel

/// What must hold in every life, whatever happens and in whatever order.
enum LifeInvariant: String, CaseIterable {
  case atMostOneTerminalEvent
  case exactlyOneTerminalEventOnceOver
  case nothingAnnouncedAfterTheTerminalEvent
  case theEndNeverChanges
  case anAbortMakesTheReasonAborted
  case launchedAtMostOnce
  case joinedAtMostOnceAndOnlyAfterLaunched
  case lostAndRestoredAlternateStartingWithLost
  case mutedAndOnHoldAnnouncedOnlyWhereTheyChange
  case refusedOnlyWhereSomethingElseIsWanted
  case everyRecordingHasAStartAndAnEnd
  case devicesAreAnnouncedOnlyWhereTheyChange
  case requestsAreAnnouncedOnlyWhereTheyChange
  case neverToldToJoinTwiceByOneDaemon
  case toldToLeaveOnlyWhileTheUnitRuns
  case stoppedAndKilledOnlyWhileTheUnitRuns
  case armedOnlyWhereNotArmed
  case disarmedOnlyWhereArmed
  case nothingArmedOnceReleased
  case nothingIsAwaitedForever
  case releasedOnceAndOnlyWhenOver
  case releasedOnceOver
  case nothingHappensOnceOver
  case replacedOnlyWhenTheUnitIsGone
  case replacedOnlySoOften
  case replacedOnlyWhereItCanBe
  case afterTheEndAnEngineIsOnlyToldToLeave
  case anEngineIsGivenTheTimeForItsFarewell
  case theUserWaitsForNoFarewell
  case theAnswerIsAwaitedOnlySoLong
  case askedToHangUpOnceAndOnlyWhereAdopted
  case anAdoptedProcessIsToldNothingElse
  case theLastWishIsWhatAnEngineIsToldAndBeginsWith
  case neverContradictsItself
}

/// Follows one life from outside, by its inputs and effects, and notes what is violated.
struct LifeMonitor {
  private(set) var life: SessionLife
  private(set) var armed: Set<SessionLife.Deadline> = []
  private(set) var violated: Set<LifeInvariant> = []
  /// Whether the unit has been started, or could not be.
  private(set) var startIsKnown = false
  private(set) var unitIsGone = false

  private var terminalEvents = 0
  private var launched = 0
  private var joined = 0
  private var isLost = false
  private var releases = 0
  private var joins = 0
  private var hangUps = 0
  private var replacements = 0
  private var farewells = 0
  private var resumable = false
  private var hasTicket = false
  private var mayStop = false
  private var awaitsAnswer = false
  private var isAsleep = false
  private var aborted = false
  private var muted: Bool
  private var wishedMuted: Bool?
  private var wishedOnHold: Bool?
  private var onHold = false
  private var recording: String?
  private var audio: AudioUse?
  private var request: String?
  private var end: SessionEnd?

  init(adoptedWithGrace grace: UInt32) {
    life = SessionLife(hangUpGrace: grace)
    muted = false
  }

  init(startMuted: Bool, resumable: Bool = false, canHold: Bool = false) {
    life = SessionLife(startMuted: startMuted, resumable: resumable, canHold: canHold)
    muted = startMuted
    self.resumable = resumable
  }

  /// What is armed, in an order that is the same each time.
  var deadlines: [SessionLife.Deadline] { SessionLife.Deadline.allCases.filter(armed.contains) }

  @discardableResult
  mutating func handle(_ input: SessionLife.Input) -> [SessionLife.Effect] {
    let before = life
    let wasThere = startIsKnown && !unitIsGone
    // Who lets an adopted process go that is leaving says that it has hung up.
    if input == .abort, life.state != .ended, !life.isAdopted || life.state != .leaving { aborted = true }
    if case .passed(let deadline) = input { armed.remove(deadline) }
    switch input {
    case .engineStarted, .engineNotStarted: startIsKnown = true
    case .recovered(let unitRuns):
      startIsKnown = true
      if !unitRuns { unitIsGone = true }
      // The old daemon's deadlines went with it; what it asked for may be asked again.
      armed = []
      joins = 0
    case .unitGone: unitIsGone = true
    case .suspending: isAsleep = true
    case .resumed: isAsleep = false
    case .passed(.settle): replacements = 0
    case .mute(let value) where takesWishes: wishedMuted = value
    case .hold(let value) where takesWishes: wishedOnHold = value
    case .report(_, resumable: true): hasTicket = true
    case .passed(.answer): awaitsAnswer = false
    default: break
    }
    // Only what hangs, is gone, takes too long, or was being stopped already.
    switch input {
    case .engineLost, .passed, .recovered, .abort, .hangUp, .logout, .engineStarted: mayStop = true
    default: mayStop = !before.isInFarewell
    }
    let effects = life.handle(input)
    for effect in effects { observe(effect) }
    observeState()
    check(!before.isOver || effects.isEmpty, .nothingHappensOnceOver)
    checkFarewell(since: before, wasThere, input, effects)
    return effects
  }

  private mutating func checkFarewell(
    since before: SessionLife, _ wasThere: Bool, _ input: SessionLife.Input, _ effects: [SessionLife.Effect]
  ) {
    // One that is known to have run.
    let isEngineGone = input == .unitGone || input == .recovered(unitRuns: false)
    if before.state == .leaving, isEngineGone, wasThere, life.state == .leaving {
      check(false, .theUserWaitsForNoFarewell)
    }
    if !before.isInFarewell, life.isInFarewell, case .report = input {
      check(!effects.contains(.stopUnit) && !effects.contains(.killUnit), .anEngineIsGivenTheTimeForItsFarewell)
    }
    if life.isInFarewell { check(life.end != nil && !life.isOver, .anEngineIsGivenTheTimeForItsFarewell) }
    if life.state != .launching { awaitsAnswer = false }
    check(!awaitsAnswer || armed.contains(.answer), .theAnswerIsAwaitedOnlySoLong)
    if armed.contains(.answer) { awaitsAnswer = true }
  }

  private var takesWishes: Bool { !life.isAdopted && life.state != .leaving && life.state != .ended }

  private mutating func check(_ holds: Bool, _ invariant: LifeInvariant) {
    if !holds { violated.insert(invariant) }
  }

  mutating func observe(_ effect: SessionLife.Effect) {
    if life.isAdopted {
      switch effect {
      case .startEngine, .join, .leave, .mute, .hold, .askForReport: check(false, .anAdoptedProcessIsToldNothingElse)
      default: break
      }
    }
    switch effect {
    case .announce(let event): observe(event)
    case .join:
      joins += 1
      check(joins == 1, .neverToldToJoinTwiceByOneDaemon)
      check(life.startsMuted == wishedMuted ?? muted, .theLastWishIsWhatAnEngineIsToldAndBeginsWith)
      check(end == nil || life.isInFarewell, .afterTheEndAnEngineIsOnlyToldToLeave)
      check(
        life.startsOnHold == nil || life.startsOnHold == wishedOnHold, .theLastWishIsWhatAnEngineIsToldAndBeginsWith)
    case .leave: check(startIsKnown && !unitIsGone, .toldToLeaveOnlyWhileTheUnitRuns)
    case .startEngine:
      check(unitIsGone || startIsKnown, .replacedOnlyWhenTheUnitIsGone)
      (startIsKnown, unitIsGone, joins) = (false, false, 0)
      check(resumable && (life.hasJoined || hasTicket), .replacedOnlyWhereItCanBe)
      if life.state == .ended {
        farewells += 1
        check(hasTicket && life.isInFarewell, .replacedOnlyWhereItCanBe)
      } else {
        replacements += 1
      }
      check(replacements <= SessionLife.maximumRepairs, .replacedOnlySoOften)
      check(farewells <= SessionLife.maximumFarewells, .replacedOnlySoOften)
    // What an adopted process has left behind is stopped when it is gone.
    case .stopUnit where life.isAdopted && unitIsGone: check(life.end != nil, .stoppedAndKilledOnlyWhileTheUnitRuns)
    case .mute(let value):
      check(end == nil, .afterTheEndAnEngineIsOnlyToldToLeave)
      check(value == wishedMuted, .theLastWishIsWhatAnEngineIsToldAndBeginsWith)
      check(startIsKnown && !unitIsGone, .toldToLeaveOnlyWhileTheUnitRuns)
    case .hold, .askForReport: check(startIsKnown && !unitIsGone, .toldToLeaveOnlyWhileTheUnitRuns)
    case .stopUnit, .killUnit:
      check(startIsKnown && !unitIsGone, .stoppedAndKilledOnlyWhileTheUnitRuns)
      check(mayStop || !life.isInFarewell, .anEngineIsGivenTheTimeForItsFarewell)
    case .arm(let deadline):
      check(armed.insert(deadline).inserted, .armedOnlyWhereNotArmed)
      check(releases == 0, .nothingArmedOnceReleased)
    case .disarm(let deadline): check(armed.remove(deadline) != nil, .disarmedOnlyWhereArmed)
    case .release:
      releases += 1
      check(releases == 1 && life.isOver, .releasedOnceAndOnlyWhenOver)
      check(armed.isEmpty, .nothingArmedOnceReleased)
    }
  }

  private mutating func observe(_ event: SessionEvent) {
    check(terminalEvents == 0, .nothingAnnouncedAfterTheTerminalEvent)
    switch event {
    case .launched:
      launched += 1
      check(launched == 1, .launchedAtMostOnce)
    case .ringing: break
    case .joined:
      joined += 1
      check(joined == 1 && launched == 1, .joinedAtMostOnceAndOnlyAfterLaunched)
    case .connectionLost:
      check(joined == 1 && !isLost, .lostAndRestoredAlternateStartingWithLost)
      isLost = true
    case .connectionRestored:
      check(isLost, .lostAndRestoredAlternateStartingWithLost)
      isLost = false
    case .mutedChanged(let value):
      check(value != muted, .mutedAndOnHoldAnnouncedOnlyWhereTheyChange)
      muted = value
    case .onHoldChanged(let value):
      check(value != onHold, .mutedAndOnHoldAnnouncedOnlyWhereTheyChange)
      onHold = value
    case .holdRefused:
      check(wishedOnHold == !onHold, .refusedOnlyWhereSomethingElseIsWanted)
      wishedOnHold = onHold
    case .transferRequested(let address):
      check(address != request, .requestsAreAnnouncedOnlyWhereTheyChange)
      check(life.state == .joined || life.state == .reconnecting, .requestsAreAnnouncedOnlyWhereTheyChange)
      request = address
    case .transferRequestEnded:
      check(request != nil, .requestsAreAnnouncedOnlyWhereTheyChange)
      request = nil
    case .transferFailed:
      check(life.state == .joined || life.state == .reconnecting, .requestsAreAnnouncedOnlyWhereTheyChange)
    case .recordingStarted(let file):
      check(recording == nil, .everyRecordingHasAStartAndAnEnd)
      recording = file
    case .recordingStopped:
      check(recording != nil, .everyRecordingHasAStartAndAnEnd)
      recording = nil
    case .audioChanged(let use):
      check(use != audio, .devicesAreAnnouncedOnlyWhereTheyChange)
      audio = use
    case .hangUpRequested(let grace):
      hangUps += 1
      check(joined == 1 && hangUps == 1 && grace == life.grace, .askedToHangUpOnceAndOnlyWhereAdopted)
      check(life.isAdopted && life.state == .leaving, .askedToHangUpOnceAndOnlyWhereAdopted)
    case .returnRequested, .notificationAction: break
    case .ended(let end):
      terminalEvents += 1
      check(terminalEvents == 1, .atMostOneTerminalEvent)
      check(!aborted || end.reason == .aborted, .anAbortMakesTheReasonAborted)
      self.end = self.end ?? end
    }
  }

  private mutating func observeState() {
    check(life.contradiction == nil, .neverContradictsItself)
    check(
      life.reported.recording == recording && (recording == nil || life.end == nil), .everyRecordingHasAStartAndAnEnd)
    check(
      life.reported.transferRequest == (life.state == .leaving || life.end != nil ? nil : request),
      .requestsAreAnnouncedOnlyWhereTheyChange)
    check(life.end == end && (life.state == .ended) == (end != nil), .theEndNeverChanges)
    if life.isOver {
      check(terminalEvents == 1, .exactlyOneTerminalEventOnceOver)
      check(releases == 1, .releasedOnceOver)
    } else if startIsKnown, !isAsleep, life.state != .joined || unitIsGone {
      check(!armed.isEmpty, .nothingIsAwaitedForever)
    }
  }
}
