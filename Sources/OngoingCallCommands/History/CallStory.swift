// SPDX-License-Identifier: Apache-2.0
import CallModel

/// All that the journal has of one call, in order.
struct CallStory {
  struct Step: Equatable {
    /// µs, CLOCK_REALTIME
    var time: UInt64
    /// nil for a note of the daemon's.
    var event: CallEvent?
    var note: String
  }

  let id: String
  private let steps: [Step]
  private let title: String
  private let uri: String
  private let unit: String
  private let command: String
  private let process: String?
  private let end: PastCall?
  /// Whether it goes on; nil where that is unknown.
  private let isLive: Bool?

  /// nil where there is nothing of it.
  init?(_ id: String, _ entries: [JournalEntry], now isLive: @autoclosure () -> Bool?) {
    guard !entries.isEmpty else { return nil }
    self.id = id
    steps = entries.map { Step(time: $0.time, event: CallEvent($0), note: Self.note($0["MESSAGE"] ?? "", of: id)) }
    title = entries.lazy.compactMap { $0[JournalField.title] }.first ?? ""
    uri = entries.lazy.compactMap { $0[JournalField.uri] }.first ?? ""
    command = entries.lazy.compactMap { $0[JournalField.command] }.first ?? ""
    process = entries.lazy.compactMap { $0[JournalField.process] }.last
    // What was started to return to the call has units of its own.
    let units = entries.lazy.compactMap { $0[JournalField.aboutUnit] }
    unit = units.first { EngineUnit.session(inUnit: $0) == id && $0.allSatisfy(Self.isPlain) } ?? ""
    end = entries.lazy.reversed().compactMap(PastCall.init).first
    self.isLive = end == nil ? isLive() : false
  }

  /// Whether a unit's name may have it (systemd.unit(5)); none of them ends a quotation in a shell.
  private static func isPlain(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || ":-_.@\\".contains(character))
  }

  /// The daemon begins what it says of a call with the call's id.
  private static func note(_ message: String, of id: String) -> String {
    message.hasPrefix("\(id): ") ? String(message.dropFirst(id.count + 2)) : message
  }

  private var peer: String {
    let (title, uri) = (shown(title, limit: 80), shown(uri, limit: 120))
    if !command.isEmpty {
      let line = shown(command, limit: 120)
      return command.hasPrefix(self.title) || title.isEmpty ? line : "\(title) (\(line))"
    }
    return uri.isEmpty || title == uri ? (title.isEmpty ? id : title) : title.isEmpty ? uri : "\(title) (\(uri))"
  }

  // MARK: For people

  func text(_ style: TextStyle) -> String {
    var lines = ["\(shown(id, limit: 20)) \(style.bold(peer))"]
    if let first = steps.first {
      lines.append("  " + HumanTime.local(microseconds: first.time) + (process.map { ", process \(shown($0))" } ?? ""))
    }
    lines.append("")
    var lost: UInt64?
    for step in steps {
      lines.append("  " + style.faint(elapsed(step)) + "  " + line(step, &lost, style))
    }
    lines += ["", style.bold(sentence)]
    if !command.isEmpty {
      lines.append(style.faint("Output, and messages of the engine: ongoingcallctl logs \(shown(id, limit: 20))"))
    } else if !unit.isEmpty {
      lines.append(style.faint("Messages of its engine: journalctl --user --unit='\(shown(unit))'"))
    }
    return lines.joined(separator: "\n")
  }

  /// Since the first step: `+    1.204 s`
  private func elapsed(_ step: Step) -> String {
    let first = steps.first?.time ?? step.time
    let milliseconds = (step.time > first ? step.time - first : 0) / 1000
    let fraction = String(milliseconds % 1000)
    let text = "\(milliseconds / 1000)." + String(repeating: "0", count: 3 - fraction.count) + fraction
    return "+" + String(repeating: " ", count: max(0, 9 - text.count)) + text + " s"
  }

  /// - Parameter lost: when the connection was lost that is not restored yet.
  private func line(_ step: Step, _ lost: inout UInt64?, _ style: TextStyle) -> String {
    guard let event = step.event else { return style.faint(shown(step.note)) }
    switch event.name {
    case EventName.connectionLost.rawValue:
      lost = step.time
      return style.warning(event.words)
    case EventName.connectionRestored.rawValue:
      defer { lost = nil }
      let pause = lost.map { " after " + Self.short(step.time > $0 ? step.time - $0 : 0) } ?? ""
      return style.good(event.words) + pause
    case EventName.joined.rawValue: return style.good(event.words)
    default: return event.endsTheCall ? style.bold(event.words) : event.words
    }
  }

  /// `0.8 s`, `2m 03s`
  private static func short(_ microseconds: UInt64) -> String {
    guard microseconds < 60_000_000 else { return HumanTime.duration(microseconds: microseconds) }
    return "\(microseconds / 1_000_000).\(microseconds / 100_000 % 10) s"
  }

  /// What became of it, in one sentence.
  var sentence: String {
    let hasJoined = steps.contains { $0.event?.name == EventName.joined.rawValue }
    let losses = steps.count { $0.event?.name == EventName.connectionLost.rawValue }
    let troubles =
      losses == 0 ? "" : losses == 1 ? ", lost its connection once" : ", lost its connection \(losses) times"
    guard let end else {
      return switch isLive {
      case true?: "\(subject) goes on."
      case false?:
        "\(subject) is over, but the journal has no record of its end: the machine or your systemd user manager stopped "
          + "abruptly."
      case nil: "The journal does not say whether \(subject.lowercased()) has ended."
      }
    }
    let why = end.reason.isEmpty ? nil : end.why
    let detail = end.detail.isEmpty ? "" : " (\(shown(end.detail, limit: 100)))"
    let began = command.isEmpty ? "joined" : "started"
    guard hasJoined || end.duration != nil else {
      return
        "\(subject) was never \(began): \(why ?? "no reason given")\(detail), \(after(end.endedAt)) after its launch."
    }
    let verb = command.isEmpty ? "lasted" : "ran for"
    let lasted = end.duration.map { "\(verb) \(HumanTime.duration(microseconds: $0))" } ?? "was \(began)"
    if end.hasExited { return "\(subject) \(lasted)\(troubles), and exited\(detail)." }
    let cause = why.map { "because \($0)\(detail)" } ?? "for an unknown reason\(detail)"
    return "\(subject) \(lasted)\(troubles), and ended \(cause)."
  }

  private var subject: String { command.isEmpty ? "The call" : "The program" }

  private func after(_ time: UInt64) -> String {
    let first = steps.first?.time ?? time
    return Self.short(time > first ? time - first : 0)
  }

  // MARK: For programs

  var json: JSON {
    [
      "id": .string(id),
      "title": .string(title),
      "uri": .string(uri),
      "unit": .string(unit),
      "command": .string(command),
      "pid": process.flatMap { Int64($0) }.map(JSON.integer) ?? .null,
      "live": isLive.map(JSON.bool) ?? .null,
      "end": end.map(\.json) ?? .null,
      "timeline": .array(steps.map(\.json)),
      "sentence": .string(sentence),
    ]
  }
}

extension CallStory.Step {
  fileprivate var json: JSON {
    [
      "time-usec": .unsigned(time),
      "event": event.map { .string($0.name) } ?? .null,
      "reason": event?.reason.map(JSON.string) ?? .null,
      "detail": event?.detail.map(JSON.string) ?? .null,
      "message": .string(note),
    ]
  }
}
