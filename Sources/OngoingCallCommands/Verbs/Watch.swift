// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Watch: LookingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the events of calls as they happen.",
    discussion: """
      Prints one line per event: its sequence number, the time, the call's ID, and what happened. A restart of \
      ongoingcalld leaves no gap. With an ID, watch exits when that call ends; otherwise, stop it with Ctrl-C. watch does not start \
      ongoingcalld.

      With --json, each event is one object on one line: {"version":1,"event":{"sequence":…,"time-usec":…,"session":…,\
      "name":…,"details":{…}}}. The names and details are those of the D-Bus API. If the daemon has forgotten events \
      that you asked for, the event “events-forgotten” takes their place.
      """)

  @Argument(
    help: "The call's ID, a unique beginning of it, or its name (default: all calls).",
    completion: SessionCompletion.known)
  var id: String?
  @Option(
    help: ArgumentHelp(
      "Start after the event with this number; 0 shows all known events (default: new events only).",
      valueName: "sequence"))
  var after: UInt64?
  @OptionGroup var common: CommonOptions

  func perform(with client: CallsClient) throws -> Answer {
    guard !common.quiet else { throw CommandFailure.usage("--quiet cannot be used with watch") }
    // Before the first question: a daemon that answers it and is gone then is not waited for.
    try client.watch()
    let info = try id.map { given in
      let known = try client.unlessAway { try client.existing(try choose(given, with: client)) }
      guard let known else { throw CommandFailure.noSuchSession(given) }
      return known
    }
    let (id, hasEnded) = (info?.id, info?.hasEnded ?? false)
    let reader = try EventReader(client, since: after ?? (hasEnded ? 0 : nil))
    var printer = EventPrinter(client: client, only: id, common: common)
    var isOver = try printer.write(reader.begin(), isNews: false)
    while !isOver && !hasEnded {
      guard let change = try client.nextChange(until: .atOnce) else {
        _ = Wake.next(on: client)
        continue
      }
      var isLast = false
      if change == .daemonChanged, id != nil { isLast = try !isFollowed(client) }
      isOver = try printer.write(reader.take(change))
      if change == .daemonChanged, !isOver, let id, try isLast || isForgotten(id, client) {
        try printer.tellOfTheLoss(of: id)
        isOver = true
      }
    }
    return .said
  }

  /// Whether another daemon follows the one that was there, or may do so.
  private func isFollowed(_ client: CallsClient) throws -> Bool {
    do { return try client.comesBack() } catch {
      // Where nobody can say.
      guard error == .foreignBus || error == .daemonNotInstalled else { throw error }
      return true
    }
  }

  private func isForgotten(_ id: String, _ client: CallsClient) throws -> Bool {
    do { return try client.known(id) == nil } catch {
      guard case .daemonVanished = error else { throw error }
      return false
    }
  }
}

/// Writes events, a line each.
struct EventPrinter {
  private let client: CallsClient
  private let only: String?
  private let isJSON: Bool
  private let style: TextStyle
  private var titles: [String: String] = [:]

  init(client: CallsClient, only: String?, common: CommonOptions) {
    (self.client, self.only) = (client, only)
    (isJSON, style) = (common.json, common.style)
  }

  /// - Parameter isNews: whether it happens while the user looks.
  /// - Returns: whether the only call that is looked at has ended.
  mutating func write(_ items: [EventCursor.Item], isNews: Bool = true) throws -> Bool {
    for item in items {
      switch item {
      case .event(let event):
        guard only == nil || event.session == only else { continue }
        try isJSON
          ? StandardStream.output.write(record: event.json.answer) : StandardStream.output.write(line: line(event))
        if isNews, only != nil, !isJSON, event.name == EventName.returnRequested.rawValue { try comeForward() }
        if only != nil, CallEvent(event).endsTheCall { return true }
      case .forgotten(let sequence):
        guard isJSON else {
          try StandardStream.output.write(line: style.warning("events up to \(sequence) are forgotten"))
          continue
        }
        let event: JSON = ["sequence": .unsigned(sequence), "name": .string(BusName.eventsForgotten)]
        try StandardStream.output.write(record: JSON.object([.init(key: "event", value: event)]).answer)
      case .startedAnew:
        if !isJSON {
          try StandardStream.output.write(line: style.warning("ongoingcalld was stopped; events count from 1 again"))
        }
        // With a daemon its calls are ended; where none was stopped, the number was one that no event has had.
        if let only, try hasEnded(only) { return true }
      }
    }
    return false
  }

  /// A terminal that shows one call is what the user wants to see. Those that cannot raise their window ring.
  private func comeForward() throws {
    if StandardStream.output.isTerminal { try StandardStream.output.write(Array("\u{1B}[1t\u{1B}[5t\u{7}".utf8)) }
  }

  private func hasEnded(_ id: String) throws -> Bool {
    do { return try client.known(id)?.hasEnded ?? true } catch {
      guard case .daemonVanished = error else { throw error }
      return false
    }
  }

  /// Of a call whose end nobody has told: its daemon was stopped.
  func tellOfTheLoss(of id: String) throws {
    if !isJSON { try StandardStream.output.write(line: style.warning("\(id) has ended: ongoingcalld was stopped")) }
  }

  private mutating func line(_ event: SessionHappening) -> String {
    let number = String(event.sequence)
    let what = CallEvent(event)
    let title = title(of: event.session)
    // Of many calls in a long time, those that are gone need not be kept in mind.
    if what.endsTheCall { titles[event.session] = nil }
    let words = what.endsTheCall ? style.bold(what.words) : what.words
    return style.faint(String(repeating: " ", count: max(0, 6 - number.count)) + number) + "  "
      + HumanTime.clock(microseconds: event.time) + "  " + shown(event.session, limit: 20) + "  " + words
      + (title.map { style.faint("  “\($0)”") } ?? "")
  }

  private mutating func title(of session: String) -> String? {
    if let title = titles[session] { return title }
    // No daemon is started to be asked for one.
    guard client.daemonIsThere, let title = try? client.session(session).shownTitle, !title.isEmpty else { return nil }
    titles[session] = title
    return title
  }
}

extension SessionHappening {
  fileprivate var json: JSON {
    [
      "event": [
        "sequence": .unsigned(sequence),
        "time-usec": .unsigned(time),
        "session": .string(session),
        "name": .string(name),
        "details": .object(
          details.sorted { $0.key < $1.key }.map { .init(key: $0.key, value: JSON($0.value)) }),
      ]
    ]
  }
}

extension JSON {
  /// What came by the bus; what is neither a number, a truth, a text nor a list of texts is null.
  init(_ value: BusValue) {
    self =
      switch value {
      case .bool(let value): .bool(value)
      case .byte(let value): .unsigned(UInt64(value))
      case .uint16(let value): .unsigned(UInt64(value))
      case .uint32(let value): .unsigned(UInt64(value))
      case .uint64(let value): .unsigned(value)
      case .int16(let value): .integer(Int64(value))
      case .int32(let value): .integer(Int64(value))
      case .int64(let value): .integer(value)
      case .string(let value), .objectPath(let value): .string(value)
      case .variant(let inner): JSON(inner)
      default: value.asStrings.map { .array($0.map(JSON.string)) } ?? .null
      }
  }
}
