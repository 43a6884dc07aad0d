// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// A line with names in braces; `{{` and `}}` are braces.
struct BarTemplate {
  enum Name: String, CaseIterable {
    case id, title, uri, engine, state, duration, elapsed, since, muted, hold, recording, quality, count, more
  }

  private enum Part {
    case text(String)
    case name(Name)
  }

  private var parts: [Part] = []

  init(_ text: String) throws(BarFormat.Problem) {
    var rest = text[...]
    var plain = ""
    while let character = rest.popFirst() {
      switch character {
      case "{" where rest.first == "{", "}" where rest.first == "}": plain.append(rest.removeFirst())
      case "{":
        guard let end = rest.firstIndex(of: "}") else { throw Self.problem("unclosed “{”") }
        let given = String(rest[..<end])
        guard let name = Name(rawValue: given.filter { !$0.isWhitespace }) else {
          throw Self.problem("unknown name “{\(shown(given, limit: 20))}”")
        }
        parts += [.text(plain), .name(name)]
        plain = ""
        rest = rest[rest.index(after: end)...]
      case "}": throw Self.problem("“}” without “{”")
      default: plain.append(character)
      }
    }
    parts.append(.text(plain))
  }

  private static func problem(_ what: String) -> BarFormat.Problem {
    let names = Name.allCases.map { "{\($0.rawValue)}" }.joined(separator: " ")
    return BarFormat.Problem(description: "--format: \(what); the names are \(names); write {{ and }} for braces")
  }

  var tick: BarTick {
    parts.map { part in
      switch part {
      case .name(.elapsed): .second
      case .name(.duration): .minute
      default: .never
      }
    }.max() ?? .never
  }

  func text(_ call: SessionInfo, _ view: BarView) -> String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .name(let name): value(name, call, view)
      }
    }.joined()
  }

  private func value(_ name: Name, _ call: SessionInfo, _ view: BarView) -> String {
    switch name {
    case .id: shown(call.id, limit: 20)
    case .title: call.shownTitle
    case .uri: shown(call.uri)
    case .engine: shown(call.engine, limit: 20)
    case .state: shown(call.state, limit: 20)
    case .duration: call.barDuration
    case .elapsed: call.hasJoined ? "\(ElapsedTime(seconds: call.duration / 1_000_000))" : ""
    case .since: call.hasJoined ? HumanTime.clock(microseconds: call.joinedAt) : ""
    case .muted: call.muted ? "muted" : ""
    case .hold: call.onHold ? "on hold" : ""
    case .recording: call.recording.isEmpty ? "" : "recording"
    case .quality: call.media.map { MediaQuality($0).rawValue } ?? ""
    case .count: String(view.calls.count)
    case .more: view.calls.count > 1 ? "+\(view.calls.count - 1)" : ""
    }
  }
}
