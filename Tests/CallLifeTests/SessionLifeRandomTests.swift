// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import DiceTestSupport
import OngoingCallTestSupport
import Testing

/// Lives of random inputs, in orders that no engine and no service manager would think of.
///
/// A failure names the seed of its sequence; `seeds(only:)` repeats it.
struct SessionLifeRandomTests {
  static let sequences = 100_000
  static let longest = 20

  static func seeds(only seed: UInt64? = nil) -> [UInt64] {
    if let seed { return [seed] }
    let first = UInt64.random(in: 0...UInt64.max)
    return (0..<UInt64(sequences)).map { first &+ $0 }
  }

  @Test func everyInvariantHoldsInEveryLife() async {
    var violations: [LifeInvariant: [UInt64]] = [:]
    var ends: Set<TerminalEvent> = []
    var states: Set<SessionState> = []
    var lives = 0
    for seed in Self.seeds() {
      var generator = Dice(seed)
      let monitor = Self.life(&generator) { states.insert($0.life.state) }
      for invariant in monitor.violated { violations[invariant, default: []].append(seed) }
      if let event = monitor.life.end?.event { ends.insert(event) }
      lives += 1
      await Self.giveWay(after: lives)
    }
    for invariant in LifeInvariant.allCases {
      let seeds = violations[invariant] ?? []
      let failures = seeds.count
      #expect(failures == 0, "\(invariant.rawValue): \(failures) of \(lives); \(Self.story(seeds.first))")
    }
    // The sequences go everywhere.
    #expect(states == Set(SessionState.allCases))
    #expect(ends == Set(TerminalEvent.allCases))
  }

  @Test func anAbortEndsEveryLifeWhereTheEngineAnswers() async {
    await expectAnEnd { monitor, generator in
      monitor.handle(.abort)
      // At the most, an engine that was being killed is followed by those that end what it left.
      for _ in 0..<4 where !monitor.life.isOver {
        Self.learnOfTheStart(&monitor, &generator)
        monitor.handle(.report(EngineReport(.ended(.hungUp, detail: "", exitStatus: nil))))
        if !monitor.unitIsGone { monitor.handle(.unitGone) }
      }
    }
  }

  @Test func anAbortEndsEveryLifeWhereNobodyAnswers() async {
    await expectAnEnd { monitor, generator in
      monitor.handle(.abort)
      for _ in 0..<4 where !monitor.life.isOver {
        // The service manager's answer, or its absence, always comes.
        Self.learnOfTheStart(&monitor, &generator)
        while !monitor.life.isOver, let deadline = monitor.deadlines.randomElement(using: &generator) {
          let effects = monitor.handle(.passed(deadline))
          if effects.contains(.killUnit) { monitor.handle(.unitGone) }
        }
      }
    }
  }

  @Test(
    arguments: [
      ([.announce(.ended(end)), .announce(.ended(end))], .atMostOneTerminalEvent),
      ([.announce(.ended(end)), .announce(.ringing)], .nothingAnnouncedAfterTheTerminalEvent),
      ([.announce(.launched), .announce(.launched)], .launchedAtMostOnce),
      ([.announce(.joined)], .joinedAtMostOnceAndOnlyAfterLaunched),
      ([.announce(.launched), .announce(.joined), .announce(.joined)], .joinedAtMostOnceAndOnlyAfterLaunched),
      ([.announce(.connectionRestored)], .lostAndRestoredAlternateStartingWithLost),
      ([.announce(.mutedChanged(false))], .mutedAndOnHoldAnnouncedOnlyWhereTheyChange),
      ([.announce(.holdRefused(detail: ""))], .refusedOnlyWhereSomethingElseIsWanted),
      ([.announce(.recordingStopped(.stopped, detail: ""))], .everyRecordingHasAStartAndAnEnd),
      (
        [.announce(.audioChanged(AudioUse())), .announce(.audioChanged(AudioUse()))],
        .devicesAreAnnouncedOnlyWhereTheyChange
      ),
      ([.announce(.transferRequestEnded)], .requestsAreAnnouncedOnlyWhereTheyChange),
      ([.join, .join], .neverToldToJoinTwiceByOneDaemon),
      ([.leave], .toldToLeaveOnlyWhileTheUnitRuns),
      ([.announce(.hangUpRequested(grace: 5))], .askedToHangUpOnceAndOnlyWhereAdopted),
      ([.mute(true)], .theLastWishIsWhatAnEngineIsToldAndBeginsWith),
      ([.killUnit], .stoppedAndKilledOnlyWhileTheUnitRuns),
      ([.arm(.stop), .arm(.stop)], .armedOnlyWhereNotArmed),
      ([.disarm(.stop)], .disarmedOnlyWhereArmed),
      ([.release, .arm(.stop)], .nothingArmedOnceReleased),
      ([.release], .releasedOnceAndOnlyWhenOver),
      ([.announce(.ended(end)), .join], .afterTheEndAnEngineIsOnlyToldToLeave),
      ([.startEngine], .replacedOnlyWhereItCanBe),
    ] as [([SessionLife.Effect], LifeInvariant)])
  func theMonitorFindsWhatIsWrong(in effects: [SessionLife.Effect], _ invariant: LifeInvariant) {
    var monitor = LifeMonitor(startMuted: false)
    for effect in effects { monitor.observe(effect) }
    #expect(monitor.violated.contains(invariant))
  }

  private static let end = SessionEnd(event: .left, reason: .aborted)

  /// So that tests which wait for something are not kept waiting by these, which only compute.
  private static func giveWay(after lives: Int) async {
    if lives.isMultiple(of: 500) { await Task.yield() }
  }

  private func expectAnEnd(_ finish: (inout LifeMonitor, inout Dice) -> Void) async {
    var failed: [UInt64] = []
    for (count, seed) in Self.seeds().prefix(Self.sequences / 5).enumerated() {
      await Self.giveWay(after: count)
      var generator = Dice(seed)
      var monitor = Self.life(&generator) { _ in }
      finish(&monitor, &generator)
      if !monitor.life.isOver || !monitor.armed.isEmpty || !monitor.violated.isEmpty { failed.append(seed) }
    }
    let failures = failed.count
    #expect(failures == 0, "\(failures) of \(Self.sequences / 5); \(Self.story(failed.first))")
  }

  private static func learnOfTheStart(_ monitor: inout LifeMonitor, _ generator: inout Dice) {
    guard !monitor.startIsKnown else { return }
    monitor.handle(Bool.random(using: &generator) ? .engineStarted : .engineNotStarted(detail: ""))
  }

  /// A life of as many random inputs as its seed says.
  private static func life(_ generator: inout Dice, each: (LifeMonitor) -> Void) -> LifeMonitor {
    var monitor = LifeMonitor.any(&generator)
    for _ in 0..<Int.random(in: 1...longest, using: &generator) {
      monitor.handle(input(&generator, monitor.deadlines))
      each(monitor)
    }
    return monitor
  }

  private static func input(
    _ generator: inout Dice, _ armed: [SessionLife.Deadline]
  ) -> SessionLife.Input {
    switch Int.random(in: 0..<64, using: &generator) {
    case 0..<12: .engineStarted
    case 12: .engineNotStarted(detail: "none")
    case 13..<16: .engineLost(.engineCrash, detail: "lost")
    case 16..<18: .unitGone
    case 18: .abort
    case 19: [.hangUp, .logout, .suspending, .resumed].randomElement(using: &generator) ?? .hangUp
    case 20..<22: .recovered(unitRuns: Bool.random(using: &generator))
    case 22: .mute(Bool.random(using: &generator))
    case 23: .hold(Bool.random(using: &generator))
    case 24 where Int.random(in: 0..<4, using: &generator) == 0: .transferFailed(detail: "486")
    case 24: Bool.random(using: &generator) ? .recordingFailed(detail: "full") : .recordingGivenUp
    case 25: .uses(AudioUse(microphone: ["a", "b"].randomElement(using: &generator)))
    case 26: .holdRefused(detail: "488")
    case 27..<29: .passed(armed.randomElement(using: &generator) ?? .stop)
    case 29..<32: .passed(SessionLife.Deadline.allCases.randomElement(using: &generator) ?? .stop)
    default: .report(report(&generator), resumable: Bool.random(using: &generator))
    }
  }

  private static func report(_ generator: inout Dice) -> EngineReport {
    let state: EngineReport.State =
      switch Int.random(in: 0..<32, using: &generator) {
      case 0..<4: .connecting
      case 4..<9: .ringing
      case 9..<20: .joined
      case 20..<29: .reconnecting(.network)
      default: .ended(EndReason.allCases.randomElement(using: &generator) ?? .network, detail: "", exitStatus: nil)
      }
    var report = EngineReport(
      state, muted: Int.random(in: 0..<8, using: &generator) == 0,
      onHold: Int.random(in: 0..<8, using: &generator) == 0,
      recording: Int.random(in: 0..<8, using: &generator) == 0 ? "/a" : nil)
    report.transferRequest = [nil, nil, "sip:a", "sip:b"].randomElement(using: &generator) ?? nil
    return report
  }

  /// The seed, and what happened in its life.
  private static func story(_ seed: UInt64?) -> String {
    guard let seed else { return "" }
    var generator = Dice(seed)
    var monitor = LifeMonitor.any(&generator)
    var lines: [String] = []
    for _ in 0..<Int.random(in: 1...longest, using: &generator) {
      let input = input(&generator, monitor.deadlines)
      let effects = monitor.handle(input)
      lines.append("\(input) → \(effects)")
      if let contradiction = monitor.life.contradiction { lines.append(contradiction) }
    }
    return "seed \(seed): " + lines.joined(separator: "; ")
  }
}

extension LifeMonitor {
  fileprivate static func any(_ generator: inout Dice) -> LifeMonitor {
    if Int.random(in: 0..<4, using: &generator) == 0 {
      return LifeMonitor(adoptedWithGrace: UInt32.random(in: 1...60, using: &generator))
    }
    return LifeMonitor(
      startMuted: Bool.random(using: &generator), resumable: Bool.random(using: &generator),
      canHold: Bool.random(using: &generator))
  }
}
