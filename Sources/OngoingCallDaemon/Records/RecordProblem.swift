// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel

/// Why a record is left out. Its text says what was found, and what was expected.
enum RecordProblem: Error, Equatable, CustomStringConvertible {
  case file(FileProblem)
  /// Written in part, or not by the daemon.
  case notWhole
  case version(Int)
  case missing(String)
  case unfit(String)
  /// One of the things that hold in every record does not.
  case contradiction(String)

  var description: String {
    switch self {
    case .file(let problem): problem.description
    case .notWhole: "it is not one whole JSON object of the daemon's: it was cut off, or changed"
    case .version(let version):
      "it is of version \(version), of another ongoingcalld; this one reads version \(SessionRecord.version)"
    case .missing(let key): "“\(DisplayText(key))” is missing in it"
    case .unfit(let key): "“\(DisplayText(key))” has a value of another kind, or one that there is not"
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
  /// What cannot be in the record of session `name`, in a line for people; nil where all is well.
  func contradiction(name: String) -> String? {
    let ours = spec.unit(of: id)
    if id != name { return "the session in it is “\(DisplayText(String(id.prefix(64))))”, not the file's" }
    if SessionID(id) == nil { return "its id is none" }
    if let problem = spec.problem { return problem }
    if unit != ours {
      return "its unit is “\(DisplayText(String(unit.prefix(128))))”; its session's is \(ours)"
    }
    if let problem = life.contradiction { return problem }
    if life.hangUpGrace != spec.hangUpGrace { return "whether its process was adopted is told in two ways" }
    if life.hasJoined != (joinedAt > 0) { return "whether and when it was joined do not fit" }
    return contradictionOfEvents
  }

  private var contradictionOfEvents: String? {
    if events.count > Limit.eventsInRecord { return "it has \(events.count) events; at most \(Limit.eventsInRecord)" }
    if let problem = events.contradiction { return problem }
    if events.contains(where: { $0.session != id }) { return "it has another session's events" }
    let ends = events.count { TerminalEvent(rawValue: $0.name) != nil }
    let last = events.last.flatMap { TerminalEvent(rawValue: $0.name) }
    guard ends == (life.end == nil ? 0 : 1), last == life.end?.event else {
      return "its events tell of another end than it had"
    }
    return nil
  }
}

extension EventHistory {
  /// What cannot be in a history; nil where all is well.
  var contradiction: String? {
    if sequence > Limit.sequence || events.last.map({ $0.sequence > sequence }) == true {
      return "its newest event is not the newest"
    }
    return events.contradiction
  }
}

extension [RecordedEvent] {
  /// What cannot be in a list of events, oldest first; nil where all is well.
  var contradiction: String? {
    for (earlier, later) in zip([0] + map(\.sequence), map(\.sequence)) where later <= earlier {
      return "event \(later) comes after event \(earlier)"
    }
    if let last, last.sequence > Limit.sequence { return "event \(last.sequence) is beyond all that can have happened" }
    for event in self {
      if SessionID(event.session) == nil { return "event \(event.sequence) is of no session" }
      if !SessionEvent.names.contains(event.name) { return "event \(event.sequence) has a name that there is not" }
      for text in [event.reason, event.detail].compactMap(\.self) where DisplayText(text).description != text {
        return "event \(event.sequence) has text that cannot be shown"
      }
    }
    return nil
  }
}
