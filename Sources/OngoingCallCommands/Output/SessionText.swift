// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// Text from outside for one line of a terminal: safe, and no longer than `limit` characters.
func shown(_ text: String, limit: Int = 200) -> String { DisplayText(text, limit: limit).description }

/// Sessions as people read them.
extension SessionInfo {
  var shownTitle: String { shown(title.isEmpty ? uri : title, limit: 80) }

  /// By which a person calls it: its name, where it has one.
  var handle: String { shown(name.isEmpty ? id : name) }

  /// What tells it from others: `sip:standup@example.org`, `sleep 1000`, `Nap (sleep 1000)`,
  /// `Notes (cat, 24×80, 2 attached)`.
  var shownWhat: String {
    let line = shown(CommandText.short(command), limit: 80)
    let isNamedAfterIt = command.first.map { CommandText.name(of: $0) == title } ?? false
    let head = isNamedAfterIt ? line : shownTitle
    let rest = [isNamedAfterIt || command.isEmpty ? nil : line, hasEnded ? nil : program?.shownTerminal]
    let more = rest.compactMap(\.self).joined(separator: ", ")
    return more.isEmpty ? head : "\(head) (\(more))"
  }

  /// What goes on, in a sentence.
  var noun: String { command.isEmpty && !adopted ? "call" : "program" }

  var shownProcess: String? { program?.process.map { "\($0)" } }

  /// `joined`, `joined, muted`, `ended: busy`
  var shownState: String {
    var words = state.isEmpty ? "unknown" : shown(state, limit: 20)
    if hasEnded, !endReason.isEmpty { words += ": " + shown(endReason, limit: 30) }
    if !hasEnded, muted { words += ", muted" }
    if !hasEnded, onHold { words += ", on hold" }
    if !hasEnded, !transferRequest.isEmpty { words += ", transfer requested" }
    if !hasEnded, !recording.isEmpty { words += ", recording" }
    return words
  }

  /// To abort an adopted process would let it go on.
  var commandToEnd: String { "ongoingcallctl \(adopted ? "hangup" : "abort") \(shown(id))" }

  var shownEngine: String { adopted ? "(adopted)" : shown(engine, limit: 80) }

  var shownDuration: String { hasJoined ? HumanTime.duration(microseconds: duration) : "-" }

  /// Why it ended: `busy (486 Busy Here)`
  var shownEnd: String {
    let reason = endReason.isEmpty ? "unknown reason" : shown(endReason, limit: 30)
    return endDetail.isEmpty ? reason : "\(reason) (\(shown(endDetail)))"
  }

  var shownLifetime: String? { survivesLogout.map { $0 ? "survives logout" : "ends at your last logout" } }

  /// Where its notification is: `notification shown by dunst`; without one, how to end the call. Of most servers, nobody
  /// knows whether they show what they take.
  var shownNotification: String? {
    guard let notification else { return nil }
    let server = notification.server.isEmpty ? "" : " by \(shown(notification.server, limit: 40))"
    return switch notification.state {
    case "shown": shownByServer(notification, server)
    case "dismissed": "notification dismissed; it will come back"
    case "waiting": "notification is being posted\(server)"
    case "none": "no notification can be shown; to end the call: \(commandToEnd)"
    default: "notification " + shown(notification.state, limit: 20)
    }
  }

  private func shownByServer(_ notification: NotificationStatus, _ by: String) -> String {
    switch notification.isHeldBack {
    case false?: "notification shown\(by)"
    case true?: "notification held back\(by): do not disturb; to end the call: \(commandToEnd)"
    case nil: "notification handed to \(by.isEmpty ? "the desktop" : shown(notification.server, limit: 40))"
    }
  }

  /// What state it is in, for the eye.
  func bullet(_ style: TextStyle) -> String {
    switch SessionState(rawValue: state) {
    case .joined: style.good("●")
    case .ended: endedWell ? "○" : style.bad("●")
    default: style.warning("●")
    }
  }

  private var endedWell: Bool {
    switch EndReason(rawValue: endReason) {
    case .aborted, .hungUp, .removed, .exited, .alone: true
    default: false
    }
  }

  /// At one glance, on several lines.
  func block(_ style: TextStyle = .plain) -> String {
    var lines = ["\(bullet(style)) \(shown(id)) \(style.bold(shownTitle))"]
    func add(_ label: String, _ value: String) {
      lines.append(String(repeating: " ", count: max(0, 10 - label.count)) + label + ": " + value)
    }
    add("State", SessionState(rawValue: state) == .joined ? style.good(shownState) : style.bold(shownState))
    if !name.isEmpty { add("Name", shown(name)) }
    if !command.isEmpty { add("Command", shown(CommandText.whole(command))) }
    if !hasEnded, let shownProcess { add("Process", shownProcess) }
    if !hasEnded, let size = program?.shownTerminal { add("Terminal", size) }
    if !uri.isEmpty { add("Address", shown(uri)) }
    if !account.isEmpty { add("Account", shown(account)) }
    if !applicationID.isEmpty { add("App", shown(applicationID)) }
    if !shownEngine.isEmpty { add("Engine", shownEngine) }
    if !unit.isEmpty { add("Unit", shown(unit)) }
    if launchedAt != 0 { add("Launched", HumanTime.local(microseconds: launchedAt)) }
    if hasJoined { add("Joined", HumanTime.local(microseconds: joinedAt)) }
    if hasJoined { add("Duration", shownDuration) }
    if !hasEnded, let shownLifetime { add("Lifetime", shownLifetime) }
    if let media { add("Media", media.line(style)) }
    if !hasEnded { for (label, value) in media?.details ?? [] { add(label, value) } }
    if !connectedTo.isEmpty { add("Connected", "to \(shown(connectedTo)), as the server says") }
    if !transferRequest.isEmpty {
      add("Transfer", style.warning("the other side asks you to call \(shown(transferRequest))"))
    }
    if !recording.isEmpty { add("Recording", style.warning(shown(recording))) }
    if !hasEnded, let shownNotification { add("Desktop", shownNotification) }
    if hasEnded { add("Ended", shownEnd) }
    return lines.joined(separator: "\n")
  }
}
