// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

/// A call that was joined and loses its engine, its far end or its machine: each step with its effects.
struct SessionLifeRepairTests {
  typealias Input = SessionLife.Input
  typealias Effect = SessionLife.Effect

  static let joined = EngineReport(.joined)
  static let crash = Input.engineLost(.engineCrash, detail: "the engine closed its channel")

  struct Story: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [(Input, [Effect])]
    var state: SessionState
    var testDescription: String { name }
  }

  static let stories: [Story] = [
    Story(
      name: "a crash is repaired by another engine",
      steps: [
        (crash, [.announce(.connectionLost(.engineCrash)), .arm(.reconnect), .killUnit, .arm(.stop)]),
        (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .arm(.firstReport)]),
        (
          .report(EngineReport(.reconnecting(.engineCrash))), [.disarm(.firstReport)]
        ),
        (
          .report(joined, resumable: true), [.disarm(.reconnect), .announce(.connectionRestored), .arm(.settle)]
        ),
        (.passed(.settle), []),
      ], state: .joined),
    Story(
      name: "the unit is gone before the channel is closed",
      steps: [
        (.unitGone, [.announce(.connectionLost(.engineCrash)), .arm(.reconnect), .startEngine]),
        (crash, []),
        (.engineStarted, [.join, .arm(.firstReport)]),
      ], state: .reconnecting),
    Story(
      name: "the second try waits, and an abort meanwhile does not",
      steps: [
        (.unitGone, [.announce(.connectionLost(.engineCrash)), .arm(.reconnect), .startEngine]),
        (.engineNotStarted(detail: "no"), [.arm(.retry)]),
        (
          .abort,
          [
            .disarm(.reconnect), .disarm(.retry), .announce(.ended(SessionEnd(event: .left, reason: .aborted))),
            .arm(.farewell), .startEngine,
          ]
        ),
        (.engineStarted, [.join, .leave]),
        (.report(EngineReport(.ended(.hungUp, detail: "", exitStatus: nil))), [.disarm(.farewell), .arm(.leave)]),
        (.unitGone, [.disarm(.leave), .release]),
      ], state: .ended),
    Story(
      name: "an engine that hangs as it takes the call up is replaced too",
      steps: [
        (.unitGone, [.announce(.connectionLost(.engineCrash)), .arm(.reconnect), .startEngine]),
        (.engineStarted, [.join, .arm(.firstReport)]),
        (.passed(.firstReport), [.killUnit, .arm(.stop)]),
        (.unitGone, [.disarm(.stop), .arm(.retry)]),
        (.passed(.retry), [.startEngine]),
      ], state: .reconnecting),
    Story(
      name: "a hang-up of an engine that then crashes is carried out by another",
      steps: [
        (.hangUp, [.leave, .arm(.leave)]),
        (
          crash,
          [
            .disarm(.leave),
            .announce(.ended(SessionEnd(event: .left, reason: .hungUp, detail: "the engine closed its channel"))),
            .arm(.farewell), .killUnit, .arm(.stop),
          ]
        ),
        (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .leave]),
        (.unitGone, [.startEngine]),
        (.engineStarted, [.join, .leave]),
        (.unitGone, [.disarm(.farewell), .release]),
      ], state: .ended),
    Story(
      name: "the connection does not come back, though there is an engine",
      steps: [
        (crash, [.announce(.connectionLost(.engineCrash)), .arm(.reconnect), .killUnit, .arm(.stop)]),
        (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .arm(.firstReport)]),
        (.passed(.reconnect), [.disarm(.firstReport), .leave, .arm(.leave)]),
      ], state: .leaving),
    Story(
      name: "alone, in company again, and alone for too long",
      steps: [
        (.report(EngineReport(.joined, alone: true), resumable: true), [.arm(.alone)]),
        (.report(EngineReport(.joined, alone: true), resumable: true), []),
        (.report(joined, resumable: true), [.disarm(.alone)]),
        (.report(EngineReport(.joined, alone: true), resumable: true), [.arm(.alone)]),
        (.passed(.alone), [.leave, .arm(.leave)]),
        (
          .report(EngineReport(.ended(.hungUp, detail: "", exitStatus: nil))),
          [
            .disarm(.leave),
            .announce(
              .ended(SessionEnd(event: .timedOut, reason: .alone, detail: "nobody else was left in the call"))),
            .arm(.leave),
          ]
        ),
      ], state: .ended),
    Story(
      name: "whoever is alone hangs up",
      steps: [
        (.report(EngineReport(.joined, alone: true), resumable: true), [.arm(.alone)]),
        (.hangUp, [.disarm(.alone), .leave, .arm(.leave)]),
      ], state: .leaving),
    Story(
      name: "a logout",
      steps: [
        (.logout, [.leave, .arm(.leave)]),
        (
          .report(EngineReport(.ended(.hungUp, detail: "", exitStatus: nil))),
          [.disarm(.leave), .announce(.ended(SessionEnd(event: .connectionClosed, reason: .logout))), .arm(.leave)]
        ),
      ], state: .ended),
  ]

  @Test(arguments: stories)
  func goesAsItIsTold(_ story: Story) {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.joined, resumable: true))
    for (input, effects) in story.steps { #expect(life.handle(input) == effects, "\(input)") }
    #expect(life.state == story.state)
  }

  @Test(
    arguments: [
      ([crash, .unitGone, .engineStarted], .engineFailed),
      ([.engineLost(.engineHang, detail: "it hangs"), .unitGone, .engineStarted], .engineFailed),
      ([.report(EngineReport(.reconnecting(.network)))], .network), ([.suspending, .resumed], .network),
    ] as [([Input], EndReason)])
  func aCallThatDoesNotComeBackEndsByWhatItWasLostBy(_ loss: [Input], _ reason: EndReason) {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.joined))
    for input in loss { _ = life.handle(input) }
    #expect(life.handle(.passed(.reconnect)).contains(.leave))
    _ = life.handle(.report(EngineReport(.ended(.hungUp, detail: "", exitStatus: nil))))
    #expect(life.end?.event == .connectionClosed && life.end?.reason == reason)
  }

  @Test func aCallIsNotRepairedForEver() {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.joined))
    var engines = 0
    while life.state != .ended, engines < 100 {
      for effect in life.handle(.unitGone) where effect == .arm(.retry) { _ = life.handle(.passed(.retry)) }
      if life.state != .ended { engines += 1 }
      _ = life.handle(.engineStarted)
    }
    #expect(engines == SessionLife.maximumRepairs)
    #expect(life.end?.event == .connectionClosed && life.end?.reason == .engineFailed)
  }

  @Test func aCallThatIsWellAgainMayBeRepairedAgain() {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.joined))
    for _ in 0..<50 {
      _ = life.handle(.unitGone)
      _ = life.handle(.engineStarted)
      _ = life.handle(.report(Self.joined))
      _ = life.handle(.passed(.settle))
    }
    #expect(life.state == .joined && life.repair.count == 0)
  }

  @Test func whatCannotBeTakenUpAgainEnds() {
    var life = SessionLife(resumable: false)
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.joined))
    _ = life.handle(Self.crash)
    #expect(
      life.end == SessionEnd(event: .connectionClosed, reason: .engineFailed, detail: "the engine closed its channel"))
  }

  @Test(arguments: [true, false])
  func aNewDaemonRepairsWhatItFindsWithoutAnEngine(hasLost: Bool) {
    var life = SessionLife(resumable: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(.report(Self.joined))
    if hasLost { _ = life.handle(.report(EngineReport(.reconnecting(.network)))) }
    let lost: [Effect] = hasLost ? [] : [.announce(.connectionLost(.engineCrash))]
    #expect(life.handle(.recovered(unitRuns: false)) == lost + [.arm(.reconnect), .startEngine])
  }
}
