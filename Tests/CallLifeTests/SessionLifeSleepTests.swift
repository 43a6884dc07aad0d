// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

/// A joined call whose machine sleeps: each step with its effects.
struct SessionLifeSleepTests {
  typealias Input = SessionLife.Input
  typealias Effect = SessionLife.Effect

  static let joined = Input.report(EngineReport(.joined))
  static let held = Input.report(EngineReport(.joined, onHold: true))
  static let interrupted = Input.report(EngineReport(.reconnecting(.network), onHold: true))
  static let lost = Effect.announce(.connectionLost(.suspend))
  static let restored = Effect.announce(.connectionRestored)

  struct Story: Sendable, CustomTestStringConvertible {
    var name: String
    var canHold = true
    var steps: [(Input, [Effect])]
    var isReadyForSleep: [Bool]
    var state = SessionState.joined
    var testDescription: String { name }
  }

  static let stories: [Story] = [
    Story(
      name: "sleep puts the far end on hold, and being awake takes it back",
      steps: [
        (.suspending, [lost, .hold(true)]),
        (held, []),
        (.suspending, []),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
        (held, [.hold(false)]),
        (joined, [.disarm(.takeBack), .disarm(.reconnect), restored]),
        (.resumed, []),
      ], isReadyForSleep: [false, true, true, true, true, false, false]),
    Story(
      name: "the network comes back later than the machine",
      steps: [
        (.suspending, [lost, .hold(true)]),
        (held, []),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
        (interrupted, []),
        (.passed(.takeBack), [.hold(false), .arm(.takeBack)]),
        (held, [.hold(false)]),
        (joined, [.disarm(.takeBack), .disarm(.reconnect), restored]),
      ], isReadyForSleep: [false, true, true, true, true, true, false]),
    Story(
      name: "the far end could not be told",
      steps: [
        (.suspending, [lost, .hold(true)]),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
        (joined, [.disarm(.takeBack), .disarm(.reconnect), restored]),
      ], isReadyForSleep: [false, false, false]),
    Story(
      name: "asleep again before it is taken back",
      steps: [
        (.suspending, [lost, .hold(true)]),
        (held, []),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
        (.suspending, [.disarm(.reconnect), .disarm(.takeBack), .hold(true)]),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
        (joined, [.disarm(.takeBack), .disarm(.reconnect), restored]),
      ], isReadyForSleep: [false, true, true, true, true, false]),
    Story(
      name: "a far end that the user has put on hold stays so through sleep",
      steps: [
        (held, [.announce(.onHoldChanged(true))]),
        (.suspending, [lost]),
        (.resumed, [.arm(.reconnect), .askForReport]),
        (held, [.disarm(.reconnect), restored]),
      ], isReadyForSleep: [true, true, true, true]),
    Story(
      name: "nobody is told by an engine that cannot", canHold: false,
      steps: [
        (.suspending, [lost]),
        (.resumed, [.arm(.reconnect), .askForReport]),
        (joined, [.disarm(.reconnect), restored]),
      ], isReadyForSleep: [true, true, true]),
    Story(
      name: "the machine is shut down with the far end on hold",
      steps: [
        (held, [.announce(.onHoldChanged(true))]),
        (.logout, [.leave, .arm(.leave)]),
        (.suspending, []),
      ], isReadyForSleep: [true, false, false], state: .leaving),
    Story(
      name: "an engine that takes the place of another is told, too",
      steps: [
        (.suspending, [lost, .hold(true)]),
        (held, []),
        (.unitGone, [.startEngine]),
        (.resumed, [.arm(.reconnect), .arm(.takeBack)]),
        (.engineStarted, [.join, .arm(.firstReport)]),
        (held, [.disarm(.firstReport), .hold(false)]),
        (joined, [.disarm(.takeBack), .disarm(.reconnect), restored, .arm(.settle)]),
      ], isReadyForSleep: [false, true, true, true, true, true, false]),
    Story(
      name: "a new daemon goes on where the old one was",
      steps: [
        (.suspending, [lost, .hold(true)]),
        (held, []),
        (.recovered(unitRuns: true), []),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
        (.recovered(unitRuns: true), [.arm(.reconnect), .arm(.takeBack)]),
        (held, [.hold(false)]),
        (joined, [.disarm(.takeBack), .disarm(.reconnect), restored]),
      ], isReadyForSleep: [false, true, true, true, true, true, false]),
  ]

  @Test(arguments: stories)
  func goesAsItIsTold(_ story: Story) {
    var life = SessionLife(resumable: true, canHold: story.canHold)
    _ = life.handle(.engineStarted)
    #expect(life.isReadyForSleep)
    _ = life.handle(Self.joined)
    var ready: [Bool] = []
    for (input, effects) in story.steps {
      #expect(life.handle(input) == effects, "\(input)")
      ready.append(life.isReadyForSleep)
    }
    #expect(ready == story.isReadyForSleep)
    #expect(life.state == story.state)
  }

  @Test func aCallThatIsNotJoinedYetDoesNotCare() {
    var life = SessionLife(canHold: true)
    _ = life.handle(.engineStarted)
    #expect(life.handle(.suspending) == [])
    #expect(life.handle(.resumed) == [])
    #expect(life.handle(Self.joined) == [.disarm(.firstReport), .disarm(.answer), .announce(.joined)])
  }
}
