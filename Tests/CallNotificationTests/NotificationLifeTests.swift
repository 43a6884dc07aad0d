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
  private static let gone: [NotificationLife.Effect] = [
    .remember, .disarm(.dismissal), .disarm(.retry), .disarm(.banner), .disarm(.use),
  ]

  private static func first(_ content: NotificationContent) -> [NotificationLife.Effect] {
    [.remember, .post(content, replacing: 0)]
  }

  private static func update(_ content: NotificationContent, _ id: UInt32) -> [NotificationLife.Effect] {
    [.remember, .post(content, replacing: id)]
  }

  /// It is there, as notification 7 of the server “:1.5”.
  private static func shown(_ content: NotificationContent) -> [Step] {
    [
      (.want(content), []), (.serverAppeared(":1.5"), first(content)),
      (.posted(7), [.remember]),
    ]
  }

  /// On a server that loses nothing by it.
  private static let twice = ServerTraits(name: "Xfce Notify Daemon", capabilities: ["actions", "body"])

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
        (.want(Self.a), []), (.want(Self.b), Self.update(Self.b, 7)), (.posted(7), [.remember]),
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
    #expect(
      life.posted
        == PostedNotification(server: ":1.5", id: 7, content: Self.a.fingerprint, news: Self.a.news))
    // While an update is under way, nobody knows what is shown.
    _ = life.handle(.want(Self.b))
    #expect(life.posted?.content == nil && life.posted?.id == 7)
  }

  @Test func itIsPostedToExpireFirstWhereThatHelps() {
    let life = check([
      (.want(Self.a), []),
      (.serverAppeared(":1.5", Self.twice), [.remember, .post(Self.a, replacing: 0, isProvisional: true)]),
      (.posted(7), [.remember, .post(Self.a, replacing: 7)]), (.posted(7), [.remember]),
      (.want(Self.b), Self.update(Self.b, 7)),
    ])
    #expect(life.id == 7)
  }

  @Test func whatChangesWhileItIsBeingPostedIsPostedNext() {
    let c = NotificationContent.sample("c")
    check([
      (.serverAppeared(":1.5"), []), (.want(Self.a), Self.first(Self.a)), (.want(Self.b), []), (.want(c), []),
      (.posted(7), [.remember, .post(c, replacing: 7)]), (.want(nil), []), (.posted(7), [.close(7), .remember]),
    ])
  }

  // MARK: The user

  @Test func dismissedItComesBackAfterAPause() {
    check(
      Self.shown(Self.a) + [
        (.closed(8), []), (.closed(7), [.remember, .arm(.dismissal)]), (.want(Self.b), []),
        (.passed(.dismissal), Self.first(Self.b)), (.posted(8), [.remember]),
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
    let dismissed = Self.shown(Self.a) + [(.want(Self.b), Self.update(Self.b, 7)), (.closed(7), [])]
    check(dismissed + [(.posted(9), [.remember]), (.closed(9), [.remember, .arm(.dismissal)])])
    check(dismissed + [(.refused, [.remember, .arm(.retry)]), (.passed(.retry), Self.first(Self.b))])
  }

  @Test func aServerThatClosesWhatWasUsedIsNotAUserWhoDismissesIt() {
    check(
      Self.shown(Self.a) + [
        (.acted(7), [.arm(.use)]), (.closed(7), [.remember, .disarm(.use)] + Self.first(Self.a)),
        (.posted(8), [.remember]),
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

  @Test func whatTheServerClosesAgainAndAgainComesBackMoreSeldom() {
    var life = check(Self.shown(Self.a))
    for count in 1...3 {
      #expect(life.handle(.closed(life.id, byUser: false)) == [.remember, .arm(.dismissal)])
      #expect(life.evictions == count)
      _ = life.handle(.passed(.dismissal))
      _ = life.handle(.posted(UInt32(7 + count)))
    }
    _ = life.handle(.closed(life.id))
    #expect(life.evictions == 0)
  }

  /// As GNOME Shell, where it would be one banner more.
  @Test func whatTellsNothingNewIsQuietWhereTheServerTakesThatIntoAccount() {
    let shell = ServerTraits(name: "gnome-shell", capabilities: ["actions", "body"])
    func content(_ change: (inout SessionView) -> Void) -> NotificationContent {
      var view = SessionView(id: "7k3m9x2p", title: "a", state: .joined, joinedAt: "14:05")
      change(&view)
      return NotificationComposer(view).content(for: shell, Phrases(), endedBy: "x")
    }
    let (joined, muted) = (content { _ in }, content { $0.muted = true })
    let (lost, stuck) = (content { $0.state = .reconnecting }, content { $0.resistsEnd = true })
    func update(_ content: NotificationContent, isQuiet: Bool) -> [NotificationLife.Effect] {
      [.remember, .post(content, replacing: 7, isQuiet: isQuiet)]
    }
    let told: [NotificationLife.Effect] = [.remember, .arm(.banner)]
    let life = check([
      (.want(joined), []), (.serverAppeared(":1.5", shell), Self.first(joined)), (.posted(7), told),
      // It would take the buttons away while the user sees them.
      (.want(muted), []), (.passed(.banner), update(muted, isQuiet: true)), (.posted(7), [.remember]),
      (.want(lost), update(lost, isQuiet: false)), (.posted(7), told),
      (.want(joined), update(joined, isQuiet: false)), (.posted(7), told),
      (.want(stuck), update(stuck, isQuiet: false)), (.posted(7), told), (.passed(.banner), []),
      (.want(joined), update(joined, isQuiet: false)), (.posted(7), told), (.want(nil), [.close(7), .remember]),
    ])
    // The next daemon tells nothing new either.
    check(
      [(.want(muted), []), (.serverAppeared(":1.5", shell), [.post(muted, replacing: 7, isQuiet: true)])],
      left: PostedNotification(server: ":1.5", id: 7, news: joined.news))
    #expect(life.isOver)
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
        (.want(Self.b), Self.update(Self.b, 7)), (.want(nil), []), (.refused, [.close(7), .remember]),
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
  /// Keeps what it has when the daemon dies.
  private static let keeping = ServerTraits(name: "mako", capabilities: ["actions", "body"])
  private static let same = PostedNotification(server: ":1.5", id: 7, content: a.fingerprint, news: a.news)

  @Test func whatAnEarlierDaemonHasLeftIsReplacedInPlace() {
    let adopted: [Step] = [
      (.want(Self.a), []), (.serverAppeared(":1.5"), [.post(Self.a, replacing: 7)]), (.posted(7), [.remember]),
    ]
    check(adopted, left: Self.left)
    // As GNOME Shell does, which has taken it away together with its sender.
    check(Array(adopted.prefix(2)) + [(.posted(8), [.remember])], left: Self.left)
    check(Array(adopted.prefix(1)) + [(.serverAppeared(":1.5"), [.post(Self.a, replacing: 7)])], left: Self.same)
  }

  @Test func whatIsAsAnEarlierDaemonHasLeftItIsNotPostedAgainAtOnce() {
    let adopted: [Step] = [(.want(Self.a), []), (.serverAppeared(":1.5", Self.keeping), [.arm(.dismissal)])]
    // Nobody has heard of a dismissal meanwhile: after the pause, it is there in any case.
    check(adopted + [(.passed(.dismissal), [.post(Self.a, replacing: 7)]), (.posted(7), [.remember])], left: Self.same)
    check(adopted + [(.want(Self.b), [.disarm(.dismissal)] + Self.update(Self.b, 7))], left: Self.same)
    check(
      adopted + [
        (.closed(7), [.disarm(.dismissal), .remember, .arm(.dismissal)]), (.passed(.dismissal), Self.first(Self.a)),
      ],
      left: Self.same)
    check([(.want(Self.b), []), (.serverAppeared(":1.5", Self.keeping), Self.update(Self.b, 7))], left: Self.same)
    check([(.serverAppeared(":1.5", Self.keeping), [.close(7), .remember])], left: Self.same)
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
        (.posted(8), [.remember]), (.acted(3), [.close(3)]), (.acted(4), []),
      ], left: PostedNotification(server: ":1.5", id: 0))
    #expect(!life.owns(3, isNamed: true))
  }
}
