// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// A reader's place in the events of all sessions.
///
/// The daemon counts its events from 1 and leaves no gap, so a gap in what a reader hears is an event that it missed.
/// The cursor does no I/O. It says what to ask the daemon (``question``), takes the answers and the signals, and returns
/// what they tell that is new: each event once, in order.
///
/// A daemon that has lost its records counts from 1 again. Two things show that: the time of an event that the reader
/// knows has changed, or the daemon has not counted as far as the reader.
package struct EventCursor: Sendable, Equatable {
  package enum Item: Sendable, Equatable {
    case event(SessionHappening)
    /// The events up to this one were missed, and the daemon has forgotten them.
    case forgotten(UInt64)
    /// Another daemon counts from 1 again; the reader had come as far as this.
    case startedAnew(after: UInt64)
  }

  package enum Question: Sendable, Equatable {
    /// `EventsSince`, to be answered by ``answer(_:)``.
    case events(since: UInt64)
    /// The manager's `Sequence`, to be answered by ``answer(newest:)``.
    case newest
  }

  /// The sequence number of the newest event that was returned, or that the reader did not want.
  package private(set) var last: UInt64
  /// What to ask the daemon next; nil where nothing is missing. It stays until it is answered.
  package private(set) var question: Question?

  private struct Known: Equatable {
    var sequence: UInt64
    var time: UInt64
  }

  /// The newest event that the daemon would tell this reader again.
  private var known: Known?
  /// It was asked for, was not told, and is asked for once more.
  private var asksAgain = false
  private let session: String?

  /// - Parameters:
  ///   - sequence: the events that the reader wants begin after this one.
  ///   - session: the only session whose events the daemon is sure to tell this reader; nil is all. A sandboxed reader
  ///     hears the signals of the others, and cannot ask for them.
  package init(after sequence: UInt64, of session: String? = nil) {
    (last, question, self.session) = (sequence, .events(since: sequence), session)
  }

  /// Events may have been missed.
  package mutating func mayHaveMissed() {
    question = question ?? .events(since: last)
  }

  /// The daemon may be another one. The event that is known is asked for once more, to compare its time.
  package mutating func daemonMayBeAnother() {
    asksAgain = false
    question = .events(since: known.map { $0.sequence - 1 } ?? last)
  }

  /// An `Event` signal.
  ///
  /// - Parameter isWhole: it has all the details that the reader wants.
  package mutating func hear(_ happening: SessionHappening, isWhole: Bool = true) -> [Item] {
    guard question == nil, happening.sequence > last else { return [] }
    guard isWhole, happening.sequence - last == 1 else {
      mayHaveMissed()
      return []
    }
    return take([happening])
  }

  package mutating func answer(_ events: [SessionHappening]) -> [Item] {
    question = nil
    let again = known.flatMap { known in
      events.first { $0.sequence == known.sequence && $0.name != BusName.eventsForgotten }
    }
    if let again, again.time != known?.time { return startAnew() }
    // A daemon that counts on may have nothing to tell, or nothing that this reader may see.
    let countsOn = again != nil || events.contains { $0.sequence >= last }
    if last > 0, !countsOn, !asksAgain { question = .newest }
    asksAgain = false
    return take(events)
  }

  package mutating func answer(newest: UInt64) -> [Item] {
    question = nil
    guard newest >= last else { return startAnew() }
    // Another daemon may have counted as far since its last answer: then it has an event of the known one's number.
    if let known { (question, asksAgain) = (.events(since: known.sequence - 1), true) }
    return []
  }

  private mutating func startAnew() -> [Item] {
    defer { (last, known, asksAgain, question) = (0, nil, false, .events(since: 0)) }
    return [.startedAnew(after: last)]
  }

  private mutating func take(_ events: [SessionHappening]) -> [Item] {
    var items: [Item] = []
    for event in events where event.sequence > last {
      last = event.sequence
      guard event.name != BusName.eventsForgotten else {
        items.append(.forgotten(last))
        continue
      }
      if session == nil || event.session == session { known = Known(sequence: last, time: event.time) }
      items.append(.event(event))
    }
    return items
  }
}
