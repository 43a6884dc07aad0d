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
    events.append(event, atMost: Limit.events)
    sequence = event.sequence
  }

  /// The newest event that is not known any more; 0 where all are.
  var forgotten: UInt64 { events.first.map { $0.sequence - 1 } ?? sequence }

  func since(_ sequence: UInt64) -> [RecordedEvent] {
    events.filter { $0.sequence > sequence }
  }
}

extension [RecordedEvent] {
  /// Of those that say the same of one session the oldest go first, so that whatever is done over and over leaves the
  /// others where they are.
  mutating func append(_ event: RecordedEvent, atMost limit: Int) {
    let isAlike = { (other: RecordedEvent) in other.session == event.session && other.name == event.name }
    if lazy.filter(isAlike).count >= Limit.alikeEvents, let oldest = firstIndex(where: isAlike) { remove(at: oldest) }
    append(event)
    if count > limit { removeFirst(count - limit) }
  }
}
