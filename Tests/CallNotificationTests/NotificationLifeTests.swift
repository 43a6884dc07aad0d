// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@testable import CallNotification

extension NotificationContent {
  static func sample(_ summary: String, isOngoing: Bool = true, priority: Importance = .default) -> Self {
    var custom = CustomNotification()
    (custom.isOngoing, custom.priority) = (isOngoing, priority)
    let session = SessionView(id: "7k3m9x2p", title: summary, state: .launching)
    return NotificationComposer(session, custom: custom).content(
      for: ServerTraits(name: "s", capabilities: ["body", "actions"]), Phrases(), endedBy: "x")
  }
}

struct NotificationLifeTests {
  typealias Step = (NotificationLife.Input, [NotificationLife.Effect])

  private static let a = NotificationContent.sample("a")
  private static let b = NotificationContent.sample("b")
  private static let gone: [NotificationLife.Effect] = [.remember, .disarm(.dismissal), .disarm(.retry), .disarm(.use)]

  private static func first(_ content: NotificationContent) -> [NotificationLife.Effect] {
    [.remember, .post(content, replacing: 0, isProvisional: true)]
  }

  private static func update(_ content: NotificationContent, _ id: UInt32) -> NotificationLife.Effect {
    .post(content, replacing: id, isProvisional: false)
  }

  /// It is there, as notification 7 of the server “:1.5”.
  private static func shown(_ content: NotificationContent) -> [Step] {
    [
      (.want(content), []), (.serverAppeared(":1.5"), first(content)),
      (.posted(7), [.remember, update(content, 7)]), (.posted(7), []),
    ]
  }

  @discardableResult
  private func check(
    _ steps: [Step], left: PostedNotification? = nil, _ location: SourceLocation = #_sourceLocation
  ) -> NotificationLife {
    var life = NotificationLife(left: left)
    for (index, (input, effects)) in steps.enumerated() {
      #expect(life.handle(input) == effects, "step \(index): \(input)", sourceLocation: location)
    }
    return life
  }

  @Test func isPostedUpdatedInPlaceAndWithdrawn() {
    let life = check(
      Self.shown(Self.a) + [
        (.want(Self.a), []), (.want(Self.b), [Self.update(Self.b, 7)]), (.posted(7), []),
        (.want(nil), [.close(7), .remember]), (.closed(7), []),
      ])
    #expect(life.isOver && life.posted == nil)
  }

  @Test func itsIDIsRememberedBeforeItIsThereToStay() {
    var life = NotificationLife()
    _ = life.handle(.want(Self.a))
    #expect(life.posted == nil && !life.isOver)
    _ = life.handle(.serverAppeared(":1.5"))
    #expect(life.posted == PostedNotification(server: ":1.5", id: 0))
    _ = life.handle(.posted(7))
    #expect(life.posted == PostedNotification(server: ":1.5", id: 7))
  }

  @Test func whatChangesWhileItIsBeingPostedIsPostedNext() {
    let c = NotificationContent.sample("c")
    check([
      (.serverAppeared(":1.5"), []), (.want(Self.a), Self.first(Self.a)), (.want(Self.b), []), (.want(c), []),
      (.posted(7), [.remember, Self.update(c, 7)]), (.want(nil), []), (.posted(7), [.close(7), .remember]),
    ])
  }

  // MARK: The user

  @Test func dismissedItComesBackAfterAPause() {
    check(
      Self.shown(Self.a) + [
        (.closed(8), []), (.closed(7), [.remember, .arm(.dismissal)]), (.want(Self.b), []),
        (.passed(.dismissal), Self.first(Self.b)), (.posted(8), [.remember, Self.update(Self.b, 8)]),
      ])
  }

  @Test func whatHasBecomeUrgentDoesNotWaitForThePauseToPass() {
    let urgent = NotificationContent.sample("a", priority: .max)
    check(
      Self.shown(Self.a) + [
        (.closed(7), [.remember, .arm(.dismissal)]), (.want(urgent), [.disarm(.dismissal)] + Self.first(urgent)),
      ])
  }

  @Test func whatIsNotOngoingComesBackWhenItHasSomethingNewToSay() {
    let (a, b) = (NotificationContent.sample("a", isOngoing: false), NotificationContent.sample("b", isOngoing: false))
    check(Self.shown(a) + [(.closed(7), [.remember]), (.want(a), []), (.want(b), Self.first(b))])
    // And when it has become ongoing.
    check(Self.shown(a) + [(.closed(7), [.remember]), (.want(Self.a), Self.first(Self.a))])
  }

  @Test func anUpdateThatTheServerReadsAfterADismissalBringsItBack() {
    let dismissed = Self.shown(Self.a) + [(.want(Self.b), [Self.update(Self.b, 7)]), (.closed(7), [])]
    check(dismissed + [(.posted(9), [.remember]), (.closed(9), [.remember, .arm(.dismissal)])])
    check(dismissed + [(.refused, [.remember, .arm(.retry)]), (.passed(.retry), Self.first(Self.b))])
  }

  @Test func aServerThatClosesWhatWasUsedIsNotAUserWhoDismissesIt() {
    check(
      Self.shown(Self.a) + [
        (.acted(7), [.arm(.use)]), (.closed(7), [.remember, .disarm(.use)] + Self.first(Self.a)),
        (.posted(8), [.remember, Self.update(Self.a, 8)]), (.posted(8), []),
        // The next time, nothing was used.
        (.closed(8), [.remember, .arm(.dismissal)]),
      ])
    check(
      Self.shown(Self.a) + [
        (.acted(7), [.arm(.use)]), (.passed(.use), []), (.closed(7), [.remember, .arm(.dismissal)]),
      ])
  }

  @Test func anActionMayFollowTheEndOfWhatItBelongsTo() {
    let life = check(Self.shown(Self.a) + [(.closed(7), [.remember, .arm(.dismissal)]), (.acted(7), [])])
    #expect(life.owns(7, isNamed: false))
    #expect(!life.owns(8, isNamed: true) && !life.owns(0, isNamed: true))
  }

  // MARK: The server

  @Test func aServerThatRefusesIsAskedAgainAfterPauses() {
    var life = check(
      Array(Self.shown(Self.a).prefix(2)) + [
        (.refused, [.remember, .arm(.retry)]), (.passed(.retry), Self.first(Self.a)),
        (.refused, [.remember, .arm(.retry)]),
      ])
    #expect(life.failures == 2 && life.posted == nil)
    #expect(life.handle(.want(Self.b)) == [.disarm(.retry)] + Self.first(Self.b))
    #expect(life.failures == 0)
    // Not wanted any more, it is not tried again.
    #expect(life.handle(.want(nil)) == [])
    #expect(life.handle(.refused) == [.remember] && life.isOver)
  }

  @Test func aRefusedUpdateOfWhatIsNotWantedAnyMoreIsFollowedByItsEnd() {
    check(
      Self.shown(Self.a) + [
        (.want(Self.b), [Self.update(Self.b, 7)]), (.want(nil), []), (.refused, [.close(7), .remember]),
      ])
  }

  @Test func theNextServerGetsItAnewAndNothingOfTheLastOnes() {
    check(
      Self.shown(Self.a) + [
        (.serverVanished, Self.gone), (.posted(7), []), (.closed(7), []), (.want(Self.b), []),
        (.serverAppeared(":1.6"), Self.first(Self.b)), (.closed(7), []), (.acted(7), []),
      ])
    check(Self.shown(Self.a) + [(.serverAppeared(":1.6"), Self.gone + Self.first(Self.a))])
    // A pause is over with the server that was told to make it.
    check(
      Self.shown(Self.a) + [
        (.closed(7), [.remember, .arm(.dismissal)]), (.serverVanished, Self.gone),
        (.serverAppeared(":1.6"), Self.first(Self.a)),
      ])
  }

  // MARK: The next daemon

  private static let left = PostedNotification(server: ":1.5", id: 7)

  @Test func whatAnEarlierDaemonHasLeftIsReplacedInPlace() {
    let adopted: [Step] = [
      (.want(Self.a), []), (.serverAppeared(":1.5"), [.post(Self.a, replacing: 7, isProvisional: true)]),
      (.posted(7), [Self.update(Self.a, 7)]), (.posted(7), []),
    ]
    check(adopted, left: Self.left)
    // As GNOME Shell does, which has taken it away together with its sender.
    check(
      Array(adopted.prefix(2)) + [(.posted(8), [.remember, Self.update(Self.a, 8)]), (.posted(8), [])], left: Self.left)
  }

  @Test func whatAnEarlierDaemonHasLeftOfAnEndedCallIsTakenAway() {
    let life = check([(.serverAppeared(":1.5"), [.close(7), .remember])], left: Self.left)
    #expect(life.isOver)
  }

  @Test func whatWasLeftOnAnotherServerIsGone() {
    #expect(NotificationLife(left: Self.left).posted == Self.left)
    check([(.want(Self.a), []), (.serverAppeared(":1.6"), [.remember] + Self.first(Self.a))], left: Self.left)
    check([(.serverAppeared(":1.6"), [.remember])], left: Self.left)
  }

  @Test func oneThatWasBeingPostedIsClosedAsSoonAsItIsHeardOf() {
    let life = check(
      [
        (.want(Self.a), []), (.serverAppeared(":1.5"), [.remember] + Self.first(Self.a)),
        (.posted(8), [.remember, Self.update(Self.a, 8)]), (.posted(8), []), (.acted(3), [.close(3)]), (.acted(4), []),
      ], left: PostedNotification(server: ":1.5", id: 0))
    #expect(!life.owns(3, isNamed: true))
  }
}
