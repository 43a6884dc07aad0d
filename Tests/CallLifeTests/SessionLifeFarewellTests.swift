// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

/// A call that has ended for the user before the far end knows, and one that loses its engine before it is joined.
struct SessionLifeFarewellTests {
  typealias Input = SessionLife.Input
  typealias Effect = SessionLife.Effect

  struct Story: Sendable, CustomTestStringConvertible {
    var name: String
    /// What has happened before, of a call that an engine can take up.
    var path: [Input]
    var steps: [(Input, [Effect])]
    var state: SessionState
    var testDescription: String { name }
  }

  static let joined = Input.report(EngineReport(.joined), resumable: true)
  static let connecting = Input.report(EngineReport(.connecting), resumable: true)
  static let ringing = Input.report(EngineReport(.ringing), resumable: true)
  static let crash = Input.engineLost(.engineCrash, detail: "the engine closed its channel")
  static let hang = Input.engineLost(.engineHang, detail: "the engine hangs")
  static let silent = "the engine stopped without saying why"

  static func ended(_ reason: EndReason, unconfirmed: Bool = false) -> Input {
    .report(EngineReport(.ended(reason, detail: "", exitStatus: nil)), resumable: unconfirmed)
  }

  static func end(_ event: TerminalEvent, _ reason: EndReason, _ detail: String = "") -> Effect {
    .announce(.ended(SessionEnd(event: event, reason: reason, detail: detail)))
  }

  static let farewell: [Input] = [.engineStarted, joined, .hangUp, ended(.hungUp, unconfirmed: true)]

  // MARK: Before the answer

  static let launches: [Story] = [
    Story(
      name: "an engine that crashes while it rings is replaced, and nobody is told",
      path: [.engineStarted, connecting, ringing],
      steps: [
        (crash, [.killUnit, .arm(.stop)]),
        (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .arm(.firstReport)]),
        (ringing, [.disarm(.firstReport), .arm(.settle)]),
        (.passed(.settle), []),
        (joined, [.disarm(.answer), .announce(.joined)]),
      ], state: .joined),
    Story(
      name: "it joins before it has settled", path: [.engineStarted, connecting, .unitGone, .engineStarted],
      steps: [
        (joined, [.disarm(.firstReport), .disarm(.answer), .announce(.joined), .arm(.settle)]),
        (joined, []),
        (.unitGone, [.disarm(.settle), .announce(.connectionLost(.engineCrash)), .arm(.reconnect), .arm(.retry)]),
      ], state: .reconnecting),
    Story(
      name: "before it has said what the next one needs, it is not replaced",
      path: [.engineStarted, .report(EngineReport(.connecting))],
      steps: [(.unitGone, [.disarm(.answer), end(.launchFailed, .engineFailed, silent), .release])], state: .ended),
    Story(
      name: "the answer does not come, whoever waits for it",
      path: [.engineStarted, ringing, .unitGone, .engineStarted],
      steps: [
        (.passed(.answer), [.disarm(.firstReport), .leave, .arm(.leave)]),
        (
          ended(.hungUp, unconfirmed: true),
          [.disarm(.leave), end(.launchFailed, .noAnswer, "it rang, but nobody answered in time"), .arm(.farewell)]
        ),
      ], state: .ended),
    Story(
      name: "the next one hangs, and the one after it waits",
      path: [.engineStarted, ringing, .unitGone, .engineStarted],
      steps: [
        (.passed(.firstReport), [.killUnit, .arm(.stop)]),
        (.unitGone, [.disarm(.stop), .arm(.retry)]),
        (.passed(.retry), [.startEngine]),
      ], state: .launching),
    Story(
      name: "an abort meanwhile is told at once, and the far end by another engine",
      path: [.engineStarted, ringing, .unitGone, .engineNotStarted(detail: "no")],
      steps: [
        (.abort, [.disarm(.answer), .disarm(.retry), end(.left, .aborted), .arm(.farewell), .startEngine]),
        (.engineStarted, [.join, .leave]),
      ], state: .ended),
    Story(
      name: "an abort of what is being killed is told at once",
      path: [.engineStarted, ringing, crash],
      steps: [
        (.abort, [.disarm(.answer), end(.left, .aborted), .arm(.farewell)]),
        (.unitGone, [.disarm(.stop), .startEngine]),
      ], state: .ended),
    Story(
      name: "a hang-up of what is being started is heard by the one that starts",
      path: [.engineStarted, ringing, .unitGone, .hangUp],
      steps: [
        (.engineStarted, [.join, .leave, .arm(.leave)]),
        (ended(.hungUp), [.disarm(.leave), end(.left, .hungUp), .arm(.leave)]),
      ], state: .ended),
  ]

  // MARK: After the end

  static let farewells: [Story] = [
    Story(
      name: "told at once, and the engine goes on", path: [.engineStarted, joined, .hangUp],
      steps: [
        (ended(.hungUp, unconfirmed: true), [.disarm(.leave), end(.left, .hungUp), .arm(.farewell)]),
        (ended(.hungUp, unconfirmed: true), []),
        (ended(.hungUp), [.disarm(.farewell), .arm(.leave)]),
        (.unitGone, [.disarm(.leave), .release]),
      ], state: .ended),
    Story(
      name: "the far end knows nothing of an end that nobody wanted", path: [.engineStarted, joined],
      steps: [
        (ended(.network, unconfirmed: true), [end(.connectionClosed, .network), .arm(.farewell)])
      ], state: .ended),
    Story(
      name: "two engines follow, and no third", path: farewell,
      steps: [
        (.unitGone, [.startEngine]),
        (.engineStarted, [.join, .leave]),
        (.report(EngineReport(.reconnecting(.engineCrash)), resumable: true), []),
        (ended(.hungUp, unconfirmed: true), []),
        (crash, [.killUnit, .arm(.stop)]),
        (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineNotStarted(detail: "no"), [.disarm(.farewell), .release]),
      ], state: .ended),
    Story(
      name: "an engine that hangs is replaced", path: farewell,
      steps: [
        (hang, [.killUnit, .arm(.stop)]), (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .leave]), (ended(.hungUp), [.disarm(.farewell), .arm(.leave)]),
      ], state: .ended),
    Story(
      name: "nobody waits for longer", path: farewell,
      steps: [
        (.passed(.farewell), [.stopUnit, .arm(.stop)]), (ended(.hungUp), []), (crash, []),
        (.unitGone, [.disarm(.stop), .release]),
      ], state: .ended),
    Story(
      name: "the next engine comes too late", path: farewell + [.unitGone],
      steps: [
        (.passed(.farewell), []), (.engineStarted, [.stopUnit, .arm(.stop)]), (.unitGone, [.disarm(.stop), .release]),
      ], state: .ended),
    Story(
      name: "the next engine was gone before it was known to run, and has said all",
      path: farewell + [.unitGone, .unitGone],
      steps: [
        (.engineStarted, [.arm(.leave)]), (ended(.hungUp), [.disarm(.farewell), .disarm(.leave), .release]),
      ], state: .ended),
    Story(
      name: "the next engine was gone before it was known to run, and has said nothing",
      path: farewell + [.unitGone, .unitGone],
      steps: [
        (.engineStarted, [.arm(.leave)]), (.passed(.leave), [.startEngine]), (.engineStarted, [.join, .leave]),
        (crash, [.killUnit, .arm(.stop)]), (.unitGone, [.disarm(.stop), .disarm(.farewell), .release]),
      ], state: .ended),
    Story(
      name: "nothing else is asked of it", path: farewell,
      steps: [
        (.abort, []), (.hangUp, []), (.logout, []), (.mute(true), []), (.hold(true), []), (.suspending, []),
        (.resumed, []),
      ], state: .ended),
    Story(
      name: "an engine that was given up as it would not leave is followed by one that does",
      path: [.engineStarted, joined, .hangUp, .passed(.leave)],
      steps: [
        (.unitGone, [.disarm(.stop), end(.left, .hungUp, silent), .arm(.farewell), .startEngine]),
        (.engineStarted, [.join, .leave]),
      ], state: .ended),
    Story(
      name: "a call that could not be repaired is ended at the far end, too",
      path: [.engineStarted, joined]
        + (0..<SessionLife.maximumRepairs).flatMap { _ in [.unitGone, .passed(.retry), .engineStarted] as [Input] },
      steps: [
        (
          .unitGone,
          [
            .disarm(.firstReport), .disarm(.reconnect), end(.connectionClosed, .engineFailed, silent), .arm(.farewell),
            .startEngine,
          ]
        )
      ], state: .ended),
    Story(
      name: "a new daemon goes on", path: farewell,
      steps: [
        (.recovered(unitRuns: true), [.arm(.farewell)]),
        (.recovered(unitRuns: false), [.arm(.farewell), .startEngine]),
        (.recovered(unitRuns: true), [.arm(.farewell), .join, .leave]),
        (.recovered(unitRuns: true), [.join, .leave, .arm(.farewell)]),
        (ended(.hungUp), [.disarm(.farewell), .arm(.leave)]),
        (.recovered(unitRuns: false), [.release]),
      ], state: .ended),
  ]

  @Test(arguments: launches + farewells)
  func goesAsItIsTold(_ story: Story) {
    var life = SessionLife(resumable: true, canHold: true)
    for input in story.path { _ = life.handle(input) }
    for (input, effects) in story.steps {
      #expect(life.handle(input) == effects, "\(input)")
      #expect(life.contradiction == nil, "\(input)")
    }
    #expect(life.state == story.state)
  }

  @Test func aCallThatRingsIsNotRepairedForEver() {
    var life = SessionLife(resumable: true)
    for input in [Input.engineStarted, Self.ringing] { _ = life.handle(input) }
    var engines = 0
    while life.state != .ended, engines < 100 {
      for effect in life.handle(.unitGone) where effect == .arm(.retry) { _ = life.handle(.passed(.retry)) }
      if life.state != .ended { engines += 1 }
      _ = life.handle(.engineStarted)
    }
    #expect(engines == SessionLife.maximumRepairs)
    #expect(life.end?.event == .launchFailed && life.end?.reason == .engineFailed)
  }

  @Test(arguments: [[joined], [ringing]])
  func fiftyCrashesAreSurvivedWhereEachWasRepaired(_ report: [Input]) {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    for input in report { _ = life.handle(input) }
    let state = life.state
    for _ in 0..<50 {
      #expect(life.handle(.unitGone).last == .startEngine)
      _ = life.handle(.engineStarted)
      for input in report { _ = life.handle(input) }
      _ = life.handle(.passed(.settle))
      #expect(life.state == state && life.repair.count == 0)
    }
  }

  /// What an engine cannot take up, nobody can tell the far end.
  @Test func anEngineThatCannotResumeIsNotFollowed() {
    var life = SessionLife(resumable: false)
    for input in Self.farewell { _ = life.handle(input) }
    #expect(life.isInFarewell)
    #expect(life.handle(.unitGone) == [.disarm(.farewell), .release])
    #expect(life.isOver)
  }

  @Test func itIsNotReadyForSleepBeforeTheFarEndKnows() {
    var life = SessionLife(resumable: true)
    for input in Self.farewell { _ = life.handle(input) }
    #expect(!life.isReadyForSleep && !life.isOver)
    _ = life.handle(Self.ended(.hungUp))
    #expect(life.isReadyForSleep && !life.isOver)
  }
}
