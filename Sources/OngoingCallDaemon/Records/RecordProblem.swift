// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel

/// Why a record is ignored. The text says what was found and what was expected.
enum RecordProblem: Error, Equatable, CustomStringConvertible {
  case file(FileProblem)
  /// It is incomplete, or was not written by the daemon.
  case notWhole
  case version(Int)
  case missing(String)
  case unfit(String)
  /// It breaks a rule that holds for every record.
  case contradiction(String)

  var description: String {
    switch self {
    case .file(let problem): problem.description
    case .notWhole: "it is not one complete JSON object of the daemon; it was truncated or changed"
    case .version(let version):
      "it has version \(version) of another ongoingcalld; this one reads version \(SessionRecord.version)"
    case .missing(let key): "“\(DisplayText(key))” is missing"
    case .unfit(let key): "“\(DisplayText(key))” has a wrong type or an unknown value"
    case .contradiction(let text): text
    }
  }

  init(_ error: DecodingError) {
    func path(_ context: DecodingError.Context, _ last: (any CodingKey)? = nil) -> String {
      (context.codingPath + [last].compactMap(\.self)).map(\.stringValue).joined(separator: ".")
    }
    self =
      switch error {
      case .keyNotFound(let key, let context): .missing(path(context, key))
      case .valueNotFound(_, let context): .unfit(path(context))
      case .typeMismatch(_, let context), .dataCorrupted(let context):
        context.codingPath.isEmpty ? .notWhole : .unfit(path(context))
      @unknown default: .notWhole
      }
  }
}

// MARK: - What holds in every record

extension SessionRecord {
  /// Returns what contradicts the record of session `name`, in a line for people; nil if it is consistent.
  func contradiction(name: String) -> String? {
    let ours = spec.unit(of: id)
    if id != name { return "its session is “\(DisplayText(String(id.prefix(64))))”, not that of the file name" }
    if SessionID(id) == nil { return "its id is invalid" }
    if let problem = spec.problem { return problem }
    if unit != ours {
      return "its unit is “\(DisplayText(String(unit.prefix(128))))”; its session's is \(ours)"
    }
    if let problem = life.contradiction { return problem }
    if life.hangUpGrace != spec.hangUpGrace { return "its values contradict each other about adoption" }
    if life.hasJoined != (joinedAt > 0) { return "its values contradict each other about when it was joined" }
    if let newName, !newName.isEmpty {
      do throws(OptionProblem) { try CallSettings.check(name: newName) } catch { return "its new \(error)" }
    }
    return contradictionOfEvents
  }

  private var contradictionOfEvents: String? {
    if events.count > Limit.eventsInRecord { return "it has \(events.count) events; at most \(Limit.eventsInRecord)" }
    if let problem = events.contradiction { return problem }
    if events.contains(where: { $0.session != id }) { return "it has events of another session" }
    let ends = events.count { TerminalEvent(rawValue: $0.name) != nil }
    let last = events.last.flatMap { TerminalEvent(rawValue: $0.name) }
    guard ends == (life.end == nil ? 0 : 1), last == life.end?.event else {
      return "its events contradict its end"
    }
    return nil
  }
}

extension EventHistory {
  /// What is wrong with a history; nil if it is consistent.
  var contradiction: String? {
    if sequence > Limit.sequence || events.last.map({ $0.sequence > sequence }) == true {
      return "its newest event is out of order"
    }
    return events.contradiction
  }
}

extension [RecordedEvent] {
  /// What is wrong with a list of events, oldest first; nil if it is consistent.
  var contradiction: String? {
    for (earlier, later) in zip([0] + map(\.sequence), map(\.sequence)) where later <= earlier {
      return "event \(later) comes after event \(earlier)"
    }
    if let last, last.sequence > Limit.sequence { return "event \(last.sequence) is out of range" }
    for event in self {
      if SessionID(event.session) == nil { return "event \(event.sequence) has an invalid session id" }
      if !SessionEvent.names.contains(event.name) { return "event \(event.sequence) has an unknown name" }
      for text in [event.reason, event.detail].compactMap(\.self) where DisplayText(text).description != text {
        return "event \(event.sequence) has unprintable text"
      }
    }
    return nil
  }
}
