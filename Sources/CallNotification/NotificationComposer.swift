// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Composes the notification of a live session.
public struct NotificationComposer: Sendable {
  public var session: SessionView
  public var custom: CustomNotification
  public var channel: NotificationChannel
  /// Installed with the desktop file, in the theme to which all others fall back.
  public static let defaultIcon = "org.ongoingcall.OngoingCall"

  public init(_ session: SessionView, custom: CustomNotification = .init(), channel: NotificationChannel = .default) {
    self.session = session
    self.custom = custom
    self.channel = channel
  }

  /// - Parameter command: the command that ends the call in a terminal, for servers without buttons.
  public func content(for server: ServerTraits, _ phrases: Phrases, endedBy command: String) -> NotificationContent {
    let title = ShownText.line(custom.title ?? session.title, bytes: ShownText.summaryBytes)
    var lines = [state(phrases)]
    if !session.address.isEmpty, !title.contains(session.address) {
      lines.append(ShownText.line(session.address, bytes: ShownText.summaryBytes))
    }
    if session.resistsEnd { lines.append(phrases.resistsEnd) }
    if !server.showsActions { lines.append(phrases.howToEnd(command)) }
    let text = custom.text.map { ShownText.lines($0, bytes: ShownText.bodyBytes) }
    let body = ([text].compactMap(\.self) + lines).joined(separator: "\n")
    return NotificationContent(
      // Without a body, a long text must not hide the call's state and how to end it.
      summary: server.showsBody ? title : ([title] + lines).joined(separator: " · "),
      body: server.showsBody ? (server.readsMarkup ? Markup.escape(body) : body) : "",
      icon: custom.icon ?? Self.defaultIcon,
      actions: server.showsActions ? actions(server, phrases) : [],
      urgency: session.resistsEnd ? Importance.max.urgency : (custom.priority ?? channel.importance).urgency,
      category: custom.category ?? "call",
      privacyScope: (custom.visibility ?? channel.lockscreenVisibility).privacyScope,
      isResident: !custom.autoCancels,
      isTransient: false,
      playsSound: channel.sound,
      tag: "ongoingcall-\(session.id)",
      call: session.id,
      isOngoing: custom.isOngoing,
      news: news(title, text))
  }

  private func state(_ phrases: Phrases) -> String {
    let state =
      switch session.state {
      case .launching: session.hasRung ? phrases.ringing : phrases.calling
      case .joined, .ended: session.joinedAt.map(phrases.joined(since:)) ?? phrases.calling
      case .reconnecting: phrases.reconnecting
      case .leaving: phrases.leaving
      }
    let marks = [
      (session.muted, phrases.muted), (session.onHold, phrases.onHold), (session.isRecorded, phrases.recording),
    ]
    return (marks.filter(\.0).map(\.1) + [state]).joined(separator: " · ")
  }

  /// The user hears a call that is answered or ends, and knows what they have pressed themselves.
  private func news(_ title: String, _ text: String?) -> UInt64 {
    TextFingerprint.of(title, text ?? "", session.state == .reconnecting ? "reconnecting" : "", "\(session.resistsEnd)")
  }

  private func actions(_ server: ServerTraits, _ phrases: Phrases) -> [NotificationContent.Action] {
    let id = session.id
    // A click also tells clients that listen, whose reaction is unknown; the button is shown only if it has a known
    // effect.
    var actions: [NotificationContent.Action] = [.init(key: .tap, label: phrases.return)]
    if session.canReturn, !server.has(.showsTapAsButton) {
      actions.append(.init(key: .return(session: id), label: phrases.return))
    }
    if session.canMute {
      actions.append(
        session.muted
          ? .init(key: .unmute(session: id), label: phrases.unmute)
          : .init(key: .mute(session: id), label: phrases.mute))
    }
    // Always the last of the call's own, so that the hand finds it, and nothing presses it by accident.
    actions.append(.init(key: .hangUp(session: id), label: phrases.hangUp))
    return actions
      + custom.actions.prefix(ShownText.customActions).map {
        .init(key: .custom($0.key, session: id), label: ShownText.line($0.label, bytes: ShownText.labelBytes))
      }
  }
}
