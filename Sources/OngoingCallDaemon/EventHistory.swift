// SPDX-License-Identifier: Apache-2.0

/// The newest events of all sessions, for clients that were away.
struct EventHistory: Codable, Equatable {
  private(set) var events: [RecordedEvent] = []
  /// The sequence number of the newest event; 0 before the first.
  private(set) var sequence: UInt64 = 0

  init() {}

  /// From what earlier daemons recorded, in any order and with duplicates.
  init(_ recorded: [RecordedEvent]) {
    for event in recorded.sorted(by: { $0.sequence < $1.sequence }) where event.sequence > sequence {
      // After a gap, what is before it cannot be told in full any more.
      if event.sequence != sequence + 1 { events.removeAll() }
      append(event)
    }
  }

  /// Forgets all, and goes on after `sequence`: what came until then cannot be told.
  mutating func skip(to sequence: UInt64) {
    events.removeAll()
    self.sequence = sequence
  }

  mutating func append(_ event: RecordedEvent) {
    events.append(event)
    sequence = event.sequence
    if events.count > Limit.events { events.removeFirst(events.count - Limit.events) }
  }

  /// The newest event that is not known any more; 0 where all are.
  var forgotten: UInt64 { events.first.map { $0.sequence - 1 } ?? sequence }

  func since(_ sequence: UInt64) -> [RecordedEvent] {
    events.filter { $0.sequence > sequence }
  }
}
