// SPDX-License-Identifier: Apache-2.0
import CallNotification
import CallSession
import Testing

@Suite struct NotificationLifeTests {
  private func content(_ summary: String, isOngoing: Bool = true) -> NotificationContent {
    var custom = CustomNotification()
    custom.isOngoing = isOngoing
    let session = SessionView(id: "7k3m9x2p", title: summary, state: .launching)
    return OngoingNotification(session, custom: custom).content(
      for: ServerTraits(name: "s", capabilities: ["body", "actions"]), Phrases(), endedBy: "x")
  }

  private typealias Step = (NotificationLife.Input, [NotificationLife.Effect])

  private func check(_ steps: [Step], left: PostedNotification? = nil, _ location: SourceLocation = #_sourceLocation) {
    var life = NotificationLife(left: left)
    for (index, (input, effects)) in steps.enumerated() {
      #expect(life.handle(input) == effects, "step \(index): \(input)", sourceLocation: location)
    }
  }

  @Test func isPostedUpdatedInPlaceAndWithdrawn() {
    let (a, b) = (content("a"), content("b"))
    check([
      (.want(a), []),
      (.serverAppeared(":1.5"), [.remember, .post(a, replacing: 0)]),
      (.posted(7), [.remember]),
      (.want(a), []),
      (.want(b), [.post(b, replacing: 7)]),
      (.posted(7), []),
      (.want(nil), [.close(7), .remember]),
    ])
  }

  @Test func whatChangesWhileItIsBeingPostedIsPostedNext() {
    let (a, b, c) = (content("a"), content("b"), content("c"))
    check([
      (.serverAppeared(":1.5"), []),
      (.want(a), [.remember, .post(a, replacing: 0)]),
      (.want(b), []),
      (.want(c), []),
      (.posted(7), [.remember, .post(c, replacing: 7)]),
      (.want(nil), []),
      (.posted(7), [.close(7), .remember]),
    ])
  }

  @Test func dismissedItComesBackAfterAPause() {
    let (a, b) = (content("a"), content("b"))
    check([
      (.serverAppeared(":1.5"), []),
      (.want(a), [.remember, .post(a, replacing: 0)]),
      (.posted(7), [.remember]),
      (.closed(8), []),
      (.closed(7), [.remember, .arm(.dismissal)]),
      (.want(b), []),
      (.passed(.dismissal), [.remember, .post(b, replacing: 0)]),
    ])
  }
}
