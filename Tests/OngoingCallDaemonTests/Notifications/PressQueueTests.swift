// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite(.timeLimit(.minutes(1))) struct PressQueueTests {
  private struct Passed: Equatable, Sendable {
    var key: String
    var token: String?
    var leftOut = 0
  }

  private static let session = SessionID()
  private static let name = session.description

  @EventLoopActor
  private static func queue(_ pause: Duration = .milliseconds(1)) -> (PressQueue, Mailbox<Passed>) {
    let passed = Mailbox<Passed>()
    return (
      PressQueue(pause: pause) { passed.put(Passed(key: $0.key.text, token: $0.token, leftOut: $0.leftOut)) }, passed
    )
  }

  private static func press(_ key: ActionKey, _ token: String? = nil, of session: SessionID = session)
    -> PressQueue.Press
  {
    PressQueue.Press(session: session, key: key, token: token)
  }

  @Test func theFirstPassesAtOnceAndTheNewestOfTheOthers() async throws {
    try await onEventLoop {
      let (queue, passed) = Self.queue()
      for _ in 0..<50_000 {
        queue.add(Self.press(.mute(session: Self.name)))
        queue.add(Self.press(.unmute(session: Self.name)))
      }
      // They are too many to be shown.
      try #require(passed.waiting.count == 1)
      #expect(await passed.next()?.key == "mute.\(Self.name)")
      #expect(await passed.next() == Passed(key: "unmute.\(Self.name)", leftOut: 99_998))
      try await EventSource.pause(.milliseconds(5))
      #expect(passed.waiting.isEmpty)
    }
  }

  @Test func eachWishOfEachCallHasItsTurn() async throws {
    try await onEventLoop {
      let (queue, passed) = Self.queue()
      let other = SessionID()
      queue.add(Self.press(.custom("a", session: Self.name)))
      for number in 0..<3 {
        for key in ["a", "b"] { queue.add(Self.press(.custom(key, session: Self.name))) }
        queue.add(Self.press(.return(session: Self.name), "\(number)"))
        queue.add(Self.press(.tap, "\(number)"))
        queue.add(Self.press(.tap, of: other))
      }
      #expect(
        await passed.next(5) == [
          Passed(key: "app-a.\(Self.name)"), Passed(key: "app-a.\(Self.name)", leftOut: 2),
          Passed(key: "app-b.\(Self.name)", leftOut: 2), Passed(key: "default", token: "2", leftOut: 5),
          Passed(key: "default", leftOut: 2),
        ])
    }
  }

  @Test func whoeverPressesSlowlyDoesNotWait() async throws {
    try await onEventLoop {
      let (queue, passed) = Self.queue()
      for number in 1...3 {
        queue.add(Self.press(.custom("a", session: Self.name)))
        #expect(passed.waiting.count == number)
        try await EventSource.pause(.milliseconds(20))
      }
    }
  }
}
