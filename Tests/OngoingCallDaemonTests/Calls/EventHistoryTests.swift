// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import OngoingCallDaemon

@Suite struct EventHistoryTests {
  private static let session = SessionID()

  private static func event(_ sequence: UInt64) -> RecordedEvent {
    RecordedEvent(.joined, sequence: sequence, time: 0, session: session)
  }

  private static func sequences(_ events: [RecordedEvent]) -> [UInt64] { events.map(\.sequence) }

  @Test func beforeTheFirstEventThereIsNothing() {
    let history = EventHistory()
    #expect(history.sequence == 0)
    #expect(history.forgotten == 0)
    #expect(history.since(0).isEmpty)
    #expect(EventHistory([]).sequence == 0)
  }

  @Test func tellsWhatCameAfter() {
    var history = EventHistory()
    for sequence in 1...5 { history.append(Self.event(UInt64(sequence))) }
    #expect(history.sequence == 5)
    #expect(history.forgotten == 0)
    #expect(Self.sequences(history.since(0)) == [1, 2, 3, 4, 5])
    #expect(Self.sequences(history.since(3)) == [4, 5])
    #expect(history.since(5).isEmpty)
    #expect(history.since(.max).isEmpty)
  }

  @Test(
    arguments: [
      // What was recorded, what is known of it, and the newest that is forgotten.
      ([3, 1, 2], [1, 2, 3], 0),
      ([1, 2, 2, 3, 1], [1, 2, 3], 0),
      ([1, 2, 5, 6], [5, 6], 4),
      ([4, 5, 6], [4, 5, 6], 3),
      ([1, 3, 5], [5], 4),
      ([0, 1], [1], 0),
      ([0], [], 0),
    ] as [([UInt64], [UInt64], UInt64)])
  func isPutTogetherFromWhatWasRecorded(_ recorded: [UInt64], _ known: [UInt64], _ forgotten: UInt64) {
    let history = EventHistory(recorded.map(Self.event))
    #expect(Self.sequences(history.events) == known)
    #expect(history.forgotten == forgotten)
    #expect(history.sequence == known.last ?? 0)
  }

  @Test func aGapAtTheHighestNumberDoesNotOverflow() {
    let history = EventHistory([Self.event(1), Self.event(.max), Self.event(.max)])
    #expect(history.sequence == .max)
    #expect(Self.sequences(history.events) == [.max])
  }

  @Test func forgetsTheOldest() {
    var history = EventHistory()
    let last = UInt64(Limit.events + 10)
    let all = (1...last).map { RecordedEvent(.joined, sequence: $0, time: 0, session: SessionID()) }
    for event in all {
      history.append(event)
      #expect(history.events.count <= Limit.events)
    }
    #expect(history.forgotten == 10)
    #expect(history.events.count == Limit.events)
    #expect(Self.sequences(history.since(0)) == Array(11...last))
    // The same from what was recorded.
    let again = EventHistory(all.shuffled())
    #expect(again.events == history.events)
    #expect(again.forgotten == 10)
  }

  /// A client that does one thing over and over does not have the others forgotten.
  @Test func ofThoseThatAreAlikeTheOldestGoFirst() {
    var history = EventHistory()
    history.append(Self.event(1))
    let other = RecordedEvent(.mutedChanged(true), sequence: 2, time: 0, session: SessionID())
    history.append(other)
    for sequence in 3...5000 as ClosedRange<UInt64> {
      let event = RecordedEvent(.mutedChanged(sequence % 2 == 0), sequence: sequence, time: 0, session: Self.session)
      history.append(event)
    }
    let newest = (5001 - UInt64(Limit.alikeEvents))...5000
    #expect(Self.sequences(history.since(0)) == [1, 2] + Array(newest))
    #expect(history.forgotten == 0)
    #expect(history.sequence == 5000)
  }
}
