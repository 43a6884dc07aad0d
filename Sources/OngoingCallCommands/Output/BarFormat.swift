// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// How one line tells of the calls: for a bar, a prompt, or a template of one's own.
enum BarFormat {
  case plain
  case tmux
  case i3blocks
  case waybar
  case template(BarTemplate)

  struct Problem: Error, CustomStringConvertible { var description: String }

  init(_ text: String) throws(Problem) {
    switch text {
    case "plain": self = .plain
    case "tmux": self = .tmux
    case "i3blocks": self = .i3blocks
    case "waybar": self = .waybar
    default:
      guard text.contains("{") else {
        throw Problem(
          description:
            "--format “\(shown(text, limit: 40))”: give plain, tmux, i3blocks, waybar, or a template such as "
            + "'{title} {duration}'")
      }
      self = .template(try BarTemplate(text))
    }
  }

  /// How often the line is another one although nothing has happened.
  var tick: BarTick {
    if case .template(let template) = self { template.tick } else { .minute }
  }

  /// Whether it is JSON, or something else that only programs read.
  var isForPrograms: Bool {
    switch self {
    case .i3blocks, .waybar: true
    case .plain, .tmux, .template: false
    }
  }

  func line(_ view: BarView) -> String {
    switch self {
    case .plain: view.summary
    case .template(let template): view.call.map { template.text($0, view) } ?? ""
    case .tmux: tmux(view)
    case .i3blocks: i3blocks(view).text
    case .waybar: waybar(view).text
    }
  }

  /// tmux(1) expands what a command says: a “#” that is doubled is one.
  private func tmux(_ view: BarView) -> String {
    guard let call = view.call else { return "" }
    let color = call.isAsItShouldBe ? "green" : "yellow"
    return "#[fg=\(color)]● \(view.summary.replacing("#", with: "##"))#[default]"
  }

  /// The protocol of i3bar, which i3blocks(1) passes on.
  private func i3blocks(_ view: BarView) -> JSON {
    guard let call = view.call else { return ["full_text": .string("")] }
    return [
      // Version 1.4 ends a text at a quote in it, however it is written.
      "full_text": .string(view.summary.replacing("\"", with: "'")),
      "short_text": .string(call.barDuration),
      "color": .string(call.isAsItShouldBe ? "#5faf5f" : "#d7af00"),
      "markup": .string("none"),
    ]
  }

  /// waybar-custom(5), return-type json; waybar takes texts as markup.
  private func waybar(_ view: BarView) -> JSON {
    guard let call = view.call else {
      return ["text": .string(""), "alt": .string("idle"), "class": .string("idle"), "tooltip": .string("")]
    }
    let marks = [(call.muted, "muted"), (call.onHold, "on-hold"), (!call.recording.isEmpty, "recording")]
    let classes = [call.state] + marks.filter(\.0).map(\.1)
    return [
      "text": .string(Self.escapedForMarkup(view.summary)),
      "alt": .string(call.state),
      "class": .array(classes.map { .string(shown($0, limit: 20)) }),
      "tooltip": .string(view.calls.prefix(10).map { Self.escapedForMarkup($0.barTooltip) }.joined(separator: "\n")),
    ]
  }

  private static func escapedForMarkup(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }
}

enum BarTick: Comparable {
  case never
  case minute
  case second
}

/// The calls, as a bar has room for them.
struct BarView {
  /// Those that have not ended.
  let calls: [SessionInfo]

  /// Of several the one that matters most: one that is talked in, else the one that was launched last.
  var call: SessionInfo? { calls.first { $0.hasJoined && !$0.onHold } ?? calls.last }

  /// `Stand-up 12m, muted (+1)`, or "" where there is no call.
  var summary: String {
    guard let call else { return "" }
    let marks = [(call.muted, "muted"), (call.onHold, "on hold"), (!call.recording.isEmpty, "recording")]
    let words = ([call.barState] + marks.filter(\.0).map(\.1)).joined(separator: ", ")
    return "\(call.barTitle) \(words)" + (calls.count > 1 ? " (+\(calls.count - 1))" : "")
  }
}

extension SessionInfo {
  var barTitle: String { CharacterSet.cut(shownTitle, to: 32) }
  var isAsItShouldBe: Bool { state == "joined" }

  /// How long, where it is joined; else what it does.
  fileprivate var barState: String {
    switch state {
    case "joined": barDuration
    case "launching": "calling"
    case "leaving": "ending"
    default: shown(state, limit: 20)
    }
  }

  /// In minutes: `12m`, `1h 02m`
  var barDuration: String { hasJoined ? HumanTime.minutes(microseconds: duration) : "" }

  fileprivate var barTooltip: String {
    let since = hasJoined ? " since \(HumanTime.clock(microseconds: joinedAt))" : ""
    return "\(shown(id)) \(shownTitle): \(shownState)\(since)"
      + (media.map { ", sound \(MediaQuality($0).rawValue)" } ?? "")
  }
}
