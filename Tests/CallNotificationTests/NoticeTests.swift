// SPDX-License-Identifier: Apache-2.0
import CallModel
import Testing

@testable import CallNotification

@Suite struct NoticeTests {
  private static let rich = ServerTraits(name: "s", capabilities: ["body", "body-markup", "actions"])
  private static let plain = ServerTraits(name: "s", capabilities: ["body"])
  private static let none = ServerTraits(name: "s", capabilities: [])

  private func content(
    _ matter: Notice.Matter, _ server: ServerTraits = rich, title: String = "Stand-up",
    visibility: Visibility = .private
  ) -> NotificationContent {
    Notice(.init(id: "7k3m9x2p", title: title, visibility: visibility), matter).content(for: server, Phrases())
  }

  private static let again: [NotificationContent.Action] = [
    .init(key: .callAgain(session: "7k3m9x2p"), label: "Call again")
  ]

  @Test func aDroppedCallStaysAndCanBePlacedAgain() {
    let notice = content(.end(.dropped, .network, seconds: 303, command: "ongoingcallctl launch sip:a@b"))
    #expect(notice.summary == "Call dropped: Stand-up")
    #expect(notice.body == "The network connection was lost.\nIt lasted 5:03.")
    #expect(notice.actions == Self.again)
    #expect(!notice.isTransient && !notice.expires && !notice.isOngoing && !notice.isResident)
    #expect(notice.urgency == 1 && notice.category == "call.ended" && notice.playsSound)
  }

  @Test func aCallThatNeverCameAboutCanBePlacedAgain() {
    let notice = content(.end(.failed, .busy, seconds: nil, command: nil))
    #expect(notice.summary == "Call failed: Stand-up")
    #expect(notice.body == "The line is busy.")
    #expect(notice.actions == Self.again)
    #expect(!notice.isTransient && !notice.expires && !notice.playsSound)
  }

  @Test func anEndThatWasWantedPassesBy() {
    let notice = content(.end(.ended, .removed, seconds: 3723, command: "x"), Self.plain)
    #expect(notice.summary == "Call ended: Stand-up")
    #expect(notice.body == "The other side hung up.\nIt lasted 1:02:03.")
    #expect(notice.actions == [])
    #expect(notice.isTransient && notice.expires && notice.urgency == 0 && notice.category == "call.ended")
  }

  @Test func withoutButtonsItSaysHow() {
    let matter = Notice.Matter.end(.dropped, .network, seconds: 5, command: "ongoingcallctl launch 'sip:a&b@c'")
    let notice = content(matter, Self.plain, title: "<b>&")
    #expect(notice.actions == [])
    #expect(
      notice.body
        == "The network connection was lost.\nIt lasted 0:05.\nTo call again: ongoingcallctl launch 'sip:a&b@c'")
    let bare = content(.end(.dropped, .network, seconds: nil, command: nil), Self.none)
    #expect(bare.summary == "Call dropped: Stand-up · The network connection was lost." && bare.body == "")
  }

  @Test func aTransferIsAskedAboutAndStaysUntilItIsAnswered() {
    let matter = Notice.Matter.transfer(to: "sip:c&d@h", request: "r", accept: "accept it", decline: "decline it")
    let notice = content(matter)
    #expect(notice.summary == "Transfer this call?")
    #expect(notice.body == "Stand-up\nThe other side asks you to call sip:c&amp;d@h instead.")
    #expect(
      notice.actions == [
        .init(key: .transfer(session: "7k3m9x2p", request: "r"), label: "Transfer"),
        .init(key: .declineTransfer(session: "7k3m9x2p", request: "r"), label: "Decline"),
      ])
    #expect(!notice.isTransient && !notice.expires && !notice.isOngoing && !notice.isResident && notice.playsSound)
    for key in notice.actions.map(\.key) { #expect(ActionKey(key.text) == key && key.session == "7k3m9x2p") }
    let bare = content(matter, Self.none)
    #expect(bare.actions == [] && bare.summary.hasSuffix(" · To transfer: accept it · To decline: decline it"))
  }

  @Test func aSuggestedCallIsAskedAboutForAsLongAsItCanBeAnswered() {
    let matter = Notice.Matter.offer(account: "Me <sip:me@h>", application: "org.example.App", milliseconds: 60_000)
    let notice = content(matter)
    #expect(notice.summary == "Place this call?")
    #expect(notice.body == "Stand-up\nThrough the account Me &lt;sip:me@h&gt;\norg.example.App asks for it.")
    #expect(notice.actions.map(\.label) == ["Call", "Do not call"])
    #expect(notice.actions.map(\.key) == [.call(offer: "7k3m9x2p"), .doNotCall(offer: "7k3m9x2p")])
    for key in notice.actions.map(\.key) { #expect(ActionKey(key.text) == key && key.session == nil) }
    #expect(notice.lifetime == 60_000 && notice.isTransient && !notice.isResident && notice.urgency == 1)
    let direct = content(.offer(account: nil, application: nil, milliseconds: 1))
    #expect(direct.body == "Stand-up\nWithout an account")
  }

  @Test func whatCannotBeDoneIsSaidForAMoment() {
    for (matter, summary) in [
      (Notice.Matter.cannotReturn(problem: "<no> app"), "Cannot return to the call"),
      (.cannotCall(problem: "<no> app"), "Cannot place the call"),
      (.cannotTransfer(problem: "<no> app"), "Cannot transfer the call"),
      (.cannotCallAgain(problem: "<no> app"), "Cannot place the call again"),
    ] {
      let notice = content(matter, visibility: .public)
      #expect(notice.summary == summary && notice.body == "Stand-up\n&lt;no&gt; app")
      #expect(notice.isTransient && notice.expires && notice.actions == [] && notice.category == "call")
      #expect(notice.privacyScope == "system")
    }
  }

  @Test func noticesDoNotReplaceEachOtherNorTheCallsOwn() {
    let session = SessionView(id: "7k3m9x2p", title: "x", state: .joined)
    let tags = [
      content(.end(.dropped, .network, seconds: nil, command: nil)).tag,
      content(.cannotReturn(problem: "")).tag,
      content(.transfer(to: "", request: "", accept: "", decline: "")).tag,
      NotificationComposer(session).content(for: Self.rich, Phrases(), endedBy: "x").tag,
    ]
    #expect(Set(tags).count == tags.count)
  }

  @Test func theReturnButtonIsThereWhereItDoesSomething() {
    for canReturn in [true, false] {
      let session = SessionView(id: "7k3m9x2p", title: "x", state: .joined, canReturn: canReturn)
      let keys = NotificationComposer(session).content(for: Self.rich, Phrases(), endedBy: "x").actions.map(\.key)
      #expect(keys.contains(.return(session: "7k3m9x2p")) == canReturn)
      // Of the tap nobody knows whether a client listens.
      #expect(keys.first == .tap && keys.last == .hangUp(session: "7k3m9x2p"))
    }
  }

  @Test func theKeyOfCallAgainIsRead() {
    let key = ActionKey.callAgain(session: "7k3m9x2p")
    #expect(key.text == "call-again.7k3m9x2p" && ActionKey(key.text) == key && key.session == "7k3m9x2p")
  }
}
