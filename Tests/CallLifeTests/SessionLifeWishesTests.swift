// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Testing

@testable import CallLife

/// What the user wants of the engine, while engines come and go: each step with its effects.
struct SessionLifeWishesTests {
  typealias Input = SessionLife.Input
  typealias Effect = SessionLife.Effect

  static func says(
    _ state: EngineReport.State = .joined, muted: Bool = false, onHold: Bool = false
  ) -> Input { .report(EngineReport(state, muted: muted, onHold: onHold)) }

  static let hang = Input.engineLost(.engineHang, detail: "the engine hangs")
  static let lost: [Effect] = [
    .announce(.connectionLost(.engineHang)), .arm(.reconnect), .killUnit, .arm(.stop),
  ]
  static let restored: [Effect] = [.disarm(.reconnect), .announce(.connectionRestored), .arm(.settle)]
  static let isMuted = Effect.announce(.mutedChanged(true))
  static let isOpen = Effect.announce(.mutedChanged(false))
  static let refused = Input.holdRefused(detail: "488")
  static let told = Effect.announce(.holdRefused(detail: "488"))
  static let isHeld = Effect.announce(.onHoldChanged(true))

  struct Story: Sendable, CustomTestStringConvertible {
    var name: String
    var steps: [(Input, [Effect])]
    var muted = false
    var onHold = false
    /// What an engine would begin with now.
    var startsMuted = false
    var startsOnHold: Bool?
    var testDescription: String { name }
  }

  static let stories: [Story] = [
    Story(
      name: "an engine that does as it is told",
      steps: [(.mute(true), [.mute(true)]), (says(muted: true), [isMuted])], muted: true, startsMuted: true),
    Story(
      name: "an engine that hangs as it is told",
      steps: [
        (.mute(true), [.mute(true)]), (hang, lost), (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .arm(.firstReport)]),
        (says(.reconnecting(.engineCrash), muted: true), [.disarm(.firstReport), isMuted]),
        (says(muted: true), restored),
      ], muted: true, startsMuted: true),
    Story(
      name: "told while there is no engine",
      steps: [
        (hang, lost), (.mute(true), []), (.unitGone, [.disarm(.stop), .startEngine]), (.hold(true), []),
        (.engineStarted, [.join, .arm(.firstReport)]),
      ], startsMuted: true, startsOnHold: true),
    Story(
      name: "an engine that begins as it is not to be is told again, and once",
      steps: [
        (hang, lost), (.mute(true), []), (.hold(true), []), (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .arm(.firstReport)]),
        (says(.reconnecting(.engineCrash)), [.disarm(.firstReport), .mute(true)]),
        (says(.reconnecting(.engineCrash)), []),
        (says(), restored + [.mute(true), .hold(true)]), (says(), []),
        (says(muted: true, onHold: true), [isMuted, isHeld]),
      ], muted: true, onHold: true, startsMuted: true, startsOnHold: true),
    Story(
      name: "the last wish counts, though the engine has come to another",
      steps: [
        (.mute(true), [.mute(true)]), (.mute(false), [.mute(false)]), (says(), []),
        (says(muted: true), [isMuted]), (hang, lost), (.unitGone, [.disarm(.stop), .startEngine]),
      ], muted: true, startsMuted: false),
    Story(
      name: "where nothing was wanted, it is as it was",
      steps: [(says(muted: true), [isMuted]), (hang, lost)], muted: true, startsMuted: true),
    Story(
      name: "the next daemon says all of it again",
      steps: [
        (.mute(true), [.mute(true)]), (.hold(false), [.hold(false)]),
        (.recovered(unitRuns: true), [.mute(true), .hold(false)]),
      ], startsMuted: true, startsOnHold: false),
    Story(
      name: "a far end that refuses is as it was, and no later engine tries again",
      steps: [
        (.hold(true), [.hold(true)]), (refused, [told]), (refused, []), (says(), []), (hang, lost),
        (.unitGone, [.disarm(.stop), .startEngine]), (.engineStarted, [.join, .arm(.firstReport)]),
        (says(.reconnecting(.engineCrash)), [.disarm(.firstReport)]), (says(), restored),
      ], startsOnHold: false),
    Story(
      name: "one that refuses to be taken back stays on hold",
      steps: [
        (.hold(true), [.hold(true)]), (says(onHold: true), [isHeld]), (.hold(false), [.hold(false)]), (refused, [told]),
        (.recovered(unitRuns: true), [.hold(true)]),
      ], onHold: true, startsOnHold: true),
    Story(
      name: "what is refused and not wanted any more is no news",
      steps: [(refused, []), (.hold(true), [.hold(true)]), (.hold(false), [.hold(false)]), (refused, [])],
      startsOnHold: false),
    Story(
      name: "an engine that is not in the call yet does not speak for the far end",
      steps: [
        (.hold(true), [.hold(true)]), (hang, lost), (refused, []), (.unitGone, [.disarm(.stop), .startEngine]),
        (.engineStarted, [.join, .arm(.firstReport)]), (refused, []),
        (says(.reconnecting(.engineCrash), onHold: false), [.disarm(.firstReport)]),
        (says(), restored + [.hold(true)]),
      ], startsOnHold: true),
    Story(
      name: "refused for the machine's sleep, it is tried as before",
      steps: [
        (.suspending, [.announce(.connectionLost(.suspend)), .hold(true)]), (refused, []),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
      ]),
    Story(
      name: "a call that is ending is left alone",
      steps: [(.hangUp, [.leave, .arm(.leave)]), (.mute(true), []), (.hold(true), [])]),
    Story(
      name: "put on hold by the user in the machine's sleep, it stays so",
      steps: [
        (.suspending, [.announce(.connectionLost(.suspend)), .hold(true)]), (says(onHold: true), []),
        (.hold(true), [.hold(true)]), (.resumed, [.arm(.reconnect), .askForReport]),
        (says(onHold: true), [isHeld, .disarm(.reconnect), .announce(.connectionRestored)]),
      ], onHold: true, startsOnHold: true),
    Story(
      name: "taken back by the user in the machine's sleep, it is so after it",
      steps: [
        (.hold(true), [.hold(true)]), (says(onHold: true), [isHeld]),
        (.suspending, [.announce(.connectionLost(.suspend))]), (.hold(false), []),
        (.resumed, [.arm(.reconnect), .hold(false), .arm(.takeBack), .askForReport]),
        (
          says(),
          [
            .disarm(.takeBack), .announce(.onHoldChanged(false)), .disarm(.reconnect),
            .announce(.connectionRestored),
          ]
        ),
      ], startsOnHold: false),
    Story(
      name: "wanted on hold, and not yet so when the machine goes to sleep",
      steps: [
        (.hold(true), [.hold(true)]), (.suspending, [.announce(.connectionLost(.suspend))]),
        (.resumed, [.arm(.reconnect), .askForReport]),
        (says(), [.disarm(.reconnect), .announce(.connectionRestored), .hold(true)]),
      ], startsOnHold: true),
  ]

  @Test(arguments: stories) func goesAsTold(_ story: Story) {
    var life = Self.joined()
    for (number, (input, effects)) in story.steps.enumerated() {
      #expect(life.handle(input) == effects, "step \(number): \(input)")
      #expect(life.contradiction == nil)
    }
    #expect((life.reported.muted, life.reported.onHold) == (story.muted, story.onHold))
    #expect(life.startsMuted == story.startsMuted)
    #expect(life.startsOnHold == story.startsOnHold)
  }

  @Test func oneThatStartsMutedIsOpenedBeforeItsFirstEngineRuns() {
    var life = SessionLife(startMuted: true)
    #expect(life.startsMuted)
    #expect(life.handle(.mute(false)) == [] && !life.startsMuted)
    #expect(life.handle(.engineStarted).contains(.join))
  }

  /// A far end that has not answered cannot be put on hold; it is so when it has.
  @Test func oneThatRingsIsPutOnHoldWhenItIsJoined() {
    var life = SessionLife(canHold: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(Self.says(.ringing))
    #expect(life.handle(.hold(true)) == [.hold(true)] && life.startsOnHold == nil)
    #expect(life.handle(Self.refused) == [])
    #expect(life.handle(Self.says()).last == .hold(true))
  }

  @Test func anAdoptedProcessIsNotTold() {
    var life = SessionLife(hangUpGrace: 5)
    _ = life.handle(.engineStarted)
    #expect(life.handle(.mute(true)) == [] && life.handle(.hold(true)) == [] && life.contradiction == nil)
  }

  @Test func aRecordOfAnEarlierDaemonHasNoWishes() throws {
    var life = Self.joined()
    let before = try String(decoding: JSONEncoder().encode(life), as: UTF8.self)
    #expect(!before.contains("wished"))
    _ = life.handle(.mute(true))
    let read = try JSONDecoder().decode(SessionLife.self, from: JSONEncoder().encode(life))
    #expect(read == life && read.startsMuted)
  }

  private static func joined() -> SessionLife {
    var life = SessionLife(resumable: true, canHold: true)
    _ = life.handle(.engineStarted)
    _ = life.handle(says())
    return life
  }
}
