// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

struct EndReasonTests {
  static let events: [(EndReason, joined: TerminalEvent, never: TerminalEvent)] = [
    (.aborted, .left, .left),
    (.hungUp, .left, .left),
    (.removed, .left, .launchFailed),
    (.exited, .left, .left),
    (.alone, .timedOut, .timedOut),
    (.network, .connectionClosed, .launchFailed),
    (.engineFailed, .connectionClosed, .launchFailed),
    (.logout, .connectionClosed, .launchFailed),
    (.leaseExpired, .connectionClosed, .launchFailed),
    (.rejected, .connectionClosed, .launchFailed),
    (.engineNotFound, .connectionClosed, .launchFailed),
    (.refused, .connectionClosed, .launchFailed),
    (.busy, .connectionClosed, .launchFailed),
    (.declined, .connectionClosed, .launchFailed),
    (.unreachable, .connectionClosed, .launchFailed),
    (.notFound, .connectionClosed, .launchFailed),
    (.notPermitted, .connectionClosed, .launchFailed),
    (.noAnswer, .connectionClosed, .launchFailed),
    (.timedOut, .connectionClosed, .launchFailed),
  ]

  @Test(arguments: events)
  func reasonsHaveTheirEvents(_ reason: EndReason, _ joined: TerminalEvent, _ never: TerminalEvent) {
    for (hasJoined, expected) in [(true, joined), (false, never)] {
      var life = SessionLife()
      _ = life.handle(.engineStarted)
      if hasJoined { _ = life.handle(.report(EngineReport(.joined))) }
      _ = life.handle(.report(EngineReport(.ended(reason, detail: "d", exitStatus: 4))))
      #expect(life.end == SessionEnd(event: expected, reason: reason, detail: "d", exitStatus: 4))
    }
  }

  @Test func everyReasonIsInTheTable() {
    #expect(Set(Self.events.map(\.0)) == Set(EndReason.allCases))
  }
}
