// SPDX-License-Identifier: Apache-2.0
import CallModel
import DiceTestSupport
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

/// What a reader is told, whatever it hears and the daemon answers.
struct EventCursorTests {
  typealias Item = EventCursor.Item

  /// One of the session “a”, at a time of its own unless it is given.
  static func event(_ sequence: UInt64, at time: UInt64? = nil, of session: String = "a") -> SessionHappening {
    SessionHappening(sequence: sequence, time: time ?? sequence &* 10, session: session, name: "muted-changed")
  }

  static func forgotten(_ sequence: UInt64) -> SessionHappening {
    SessionHappening(sequence: sequence, time: 0, session: "", name: BusName.eventsForgotten)
  }

  /// One that has been told these, and misses nothing.
  static func cursor(_ events: SessionHappening..., of session: String? = nil) -> EventCursor {
    var cursor = EventCursor(after: 0, of: session)
    _ = cursor.answer(events)
    return cursor
  }

  @Test func itBeginsByAsking() {
    var cursor = EventCursor(after: 7)
    #expect(cursor.question == .events(since: 7))
    #expect(cursor.hear(Self.event(8)) == [])
    #expect(cursor.question == .events(since: 7))
    #expect(cursor.answer([Self.event(8), Self.event(9)]) == [.event(Self.event(8)), .event(Self.event(9))])
    #expect(cursor.question == nil && cursor.last == 9)
  }

  static let signals: [(SessionHappening, Bool, [Item], EventCursor.Question?)] = [
    // What is next is taken; what was told already is not.
    (event(3), true, [.event(event(3))], nil),
    (event(2), true, [], nil),
    (event(0), true, [], nil),
    // What is missing, or has more to it, is asked for.
    (event(4), true, [], .events(since: 2)),
    (event(.max), true, [], .events(since: 2)),
    (event(3), false, [], .events(since: 2)),
    (event(2), false, [], nil),
  ]

  @Test(arguments: signals)
  func aSignal(_ happening: SessionHappening, _ isWhole: Bool, _ items: [Item], _ question: EventCursor.Question?) {
    var cursor = Self.cursor(Self.event(1), Self.event(2))
    #expect(cursor.hear(happening, isWhole: isWhole) == items)
    #expect(cursor.question == question)
  }

  /// To `EventsSince(1)`, after the daemon has changed.
  static let answers: [([SessionHappening], [Item], EventCursor.Question?)] = [
    ([event(2)], [], nil),
    ([event(2), event(3)], [.event(event(3))], nil),
    // The same number at another time is another event.
    ([event(2, at: 21)], [.startedAnew(after: 2)], .events(since: 0)),
    ([event(2, at: 21), event(3)], [.startedAnew(after: 2)], .events(since: 0)),
    ([forgotten(2)], [], nil),
    ([forgotten(5), event(6)], [.forgotten(5), .event(event(6))], nil),
    // What is left out may be one that this reader may not see, or may never have been.
    ([event(4)], [.event(event(4))], nil),
    ([], [], .newest),
  ]

  @Test(arguments: answers)
  func anAnswerAfterAChange(_ events: [SessionHappening], _ items: [Item], _ question: EventCursor.Question?) {
    var cursor = Self.cursor(Self.event(1), Self.event(2))
    cursor.daemonMayBeAnother()
    #expect(cursor.question == .events(since: 1))
    // Nothing is taken from a daemon that may be another.
    #expect(cursor.hear(Self.event(3)) == [])
    #expect(cursor.answer(events) == items)
    #expect(cursor.question == question)
  }

  @Test(arguments: [(0, true), (1, true), (2, false), (3, false)])
  func howFarTheDaemonHasCounted(_ newest: UInt64, _ isAnother: Bool) {
    var cursor = Self.cursor(Self.event(1), Self.event(2))
    cursor.daemonMayBeAnother()
    _ = cursor.answer([])
    #expect(cursor.answer(newest: newest) == (isAnother ? [.startedAnew(after: 2)] : []))
    #expect(cursor.question == .events(since: isAnother ? 0 : 1))
    guard isAnother else {
      // It may have counted that far between the two answers.
      var other = cursor
      #expect(cursor.answer([]) == [] && cursor.question == nil)
      #expect(other.answer([Self.event(2, at: 21)]) == [.startedAnew(after: 2)])
      return
    }
    #expect(cursor.answer([Self.event(1, at: 99)]) == [.event(Self.event(1, at: 99))])
    #expect(cursor.question == nil && cursor.last == 1)
  }

  /// A number that a reader has brought along says nothing of a time.
  @Test func aNumberFromElsewhere() {
    var cursor = EventCursor(after: 9)
    #expect(cursor.answer([]) == [] && cursor.question == .newest)
    var other = cursor
    #expect(other.answer(newest: 9) == [] && other.question == nil)
    #expect(cursor.answer(newest: 8) == [.startedAnew(after: 9)])
  }

  /// The events of others, which a sandboxed reader hears and cannot ask for, prove nothing.
  @Test func whatIsNotToldAgainIsNotCompared() {
    var cursor = Self.cursor(Self.event(1), of: "a")
    #expect(cursor.hear(Self.event(2, of: "b")) == [.event(Self.event(2, of: "b"))])
    cursor.daemonMayBeAnother()
    #expect(cursor.question == .events(since: 0))
    #expect(cursor.answer([Self.event(1)]) == [] && cursor.question == nil)
    cursor.daemonMayBeAnother()
    #expect(cursor.answer([Self.event(1, at: 11)]) == [.startedAnew(after: 2)])
  }

  @Test func whatIsForgottenIsToldOnce() {
    var cursor = EventCursor(after: 3)
    #expect(cursor.answer([Self.forgotten(40), Self.event(41)]) == [.forgotten(40), .event(Self.event(41))])
    cursor.mayHaveMissed()
    #expect(cursor.answer([Self.forgotten(41)]) == [] && cursor.question == nil)
  }

  // MARK: At random

  @Test(arguments: 0..<200, [nil, "a"])
  func everyEventIsToldOnceAndInOrder(_ seed: UInt64, _ session: String?) {
    var random = Dice(seed)
    var world = World(session: session)
    for _ in 0..<150 { world.step(&random) }
    world.cursor.daemonMayBeAnother()
    world.answerAll()
    world.check()
  }
}

/// A daemon that loses events, records and its life, and a reader of it.
private struct World {
  var cursor: EventCursor
  private let session: String?
  /// All that have happened, for each daemon that began to count.
  private var epochs: [[SessionHappening]] = [[]]
  private var forgotten: UInt64 = 0
  private var time: UInt64 = 0
  private var told: [EventCursor.Item] = []
  /// Events were told since the last start, so that the reader can compare one.
  private var knowsEvent = false
  private var hasLostRecords = false

  init(session: String?) { (cursor, self.session) = (EventCursor(after: 0, of: session), session) }

  private var newest: UInt64 { UInt64(epochs[epochs.count - 1].count) }
  private func isVisible(_ event: SessionHappening) -> Bool { session == nil || event.session == session }

  private mutating func happen(_ random: inout Dice) -> SessionHappening {
    time += 1
    let event = EventCursorTests.event(newest + 1, at: time, of: Bool.random(using: &random) ? "a" : "b")
    epochs[epochs.count - 1].append(event)
    return event
  }

  private mutating func take(_ items: [EventCursor.Item]) {
    told += items
    for item in items {
      switch item {
      case .event(let event): knowsEvent = knowsEvent || isVisible(event)
      case .forgotten: break
      case .startedAnew: knowsEvent = false
      }
    }
  }

  mutating func answerAll() {
    while let question = cursor.question { answer(question) }
    hasLostRecords = false
  }

  private mutating func answer(_ question: EventCursor.Question) {
    switch question {
    case .newest: take(cursor.answer(newest: newest))
    case .events(let since):
      var events = epochs[epochs.count - 1].filter { $0.sequence > max(since, forgotten) && isVisible($0) }
      if since < forgotten { events.insert(EventCursorTests.forgotten(forgotten), at: 0) }
      take(cursor.answer(events))
    }
  }

  mutating func step(_ random: inout Dice) {
    switch Int.random(in: 0..<20, using: &random) {
    case 0..<10:
      let event = happen(&random)
      // Signals get lost, and come twice.
      for _ in 0..<Int.random(in: 0...2, using: &random) { take(cursor.hear(event)) }
    case 10, 11:
      if let event = epochs[epochs.count - 1].randomElement(using: &random) { take(cursor.hear(event)) }
    case 12, 13:
      // Where a reader has nothing to compare, a daemon that forgets and counts as far is not told from another.
      guard knowsEvent, !hasLostRecords else { return }
      forgotten = UInt64.random(in: forgotten...newest, using: &random)
    case 14: cursor.daemonMayBeAnother()
    case 15:
      epochs.append([])
      (forgotten, hasLostRecords) = (0, true)
      // What a sandboxed reader cannot see cannot be compared; then only the number tells.
      let most = session == nil ? 60 : Int(cursor.last) - 1
      for _ in 0..<Int.random(in: 0...max(0, most), using: &random) { _ = happen(&random) }
      cursor.daemonMayBeAnother()
      if session != nil { answerAll() }
    default: if Bool.random(using: &random) { answerAll() } else if let next = cursor.question { answer(next) }
    }
  }

  func check() {
    var runs: [[EventCursor.Item]] = [[]]
    for item in told {
      if case .startedAnew = item { runs.append([]) } else { runs[runs.count - 1].append(item) }
    }
    for (index, run) in runs.enumerated() { check(run, isLast: index == runs.count - 1) }
  }

  private func check(_ run: [EventCursor.Item], isLast: Bool) {
    var given: [SessionHappening] = []
    var missing: [ClosedRange<UInt64>] = []
    var last: UInt64 = 0
    for item in run {
      switch item {
      case .event(let event):
        given.append(event)
        last = event.sequence
      case .forgotten(let sequence):
        missing.append(last + 1...sequence)
        last = sequence
      case .startedAnew: break
      }
    }
    let epoch = isLast ? epochs.last : epochs.first { given.first.map($0.contains) ?? false }
    guard let epoch else {
      #expect(given.isEmpty)
      return
    }
    let expected = epoch.filter { event in
      isVisible(event) && (isLast || event.sequence <= last) && !missing.contains { $0.contains(event.sequence) }
    }
    #expect(given.filter(isVisible) == expected)
    #expect(given.allSatisfy(epoch.contains))
    #expect(zip(given, given.dropFirst()).allSatisfy { $0.sequence < $1.sequence })
  }
}
