// SPDX-License-Identifier: Apache-2.0

/// Why the connection of a call is interrupted.
public enum InterruptionCause: String, Sendable, CaseIterable, Codable {
  case network
  case engineCrash = "engine-crash"
  case engineHang = "engine-hang"
  case suspend
  case farEnd = "far-end"
}

/// The events of a session, in order.
public enum SessionEvent: Sendable, Equatable {
  case launched
  case ringing
  case joined
  case connectionLost(InterruptionCause)
  case connectionRestored
  case mutedChanged(Bool)
  case onHoldChanged(Bool)
  /// The far end refused to be put on hold, or to be resumed; nothing has changed. The detail is a line for people.
  case holdRefused(detail: String)
  /// Both sides of the call are being recorded to this file.
  case recordingStarted(file: String)
  case recordingStopped(RecordingEnd, detail: String)
  /// The sound devices in use changed, or differ from those that were chosen.
  case audioChanged(AudioUse)
  /// The user wants to return to the call. The token, if there is one, lets a window come to the front.
  case returnRequested(activationToken: String?)
  /// The user wants an adopted process to exit. It must do so by itself within these seconds.
  case hangUpRequested(grace: UInt32)
  /// One of the application's own buttons in the notification was pressed.
  case notificationAction(String)
  case ended(SessionEnd)

  /// The event's name in the D-Bus API and in the journal.
  public var name: String {
    switch self {
    case .launched: "session-launched"
    case .ringing: "session-ringing"
    case .joined: "session-joined"
    case .connectionLost: "connection-lost"
    case .connectionRestored: "connection-restored"
    case .mutedChanged: "muted-changed"
    case .onHoldChanged: "on-hold-changed"
    case .holdRefused: "hold-refused"
    case .recordingStarted: "recording-started"
    case .recordingStopped: "recording-stopped"
    case .audioChanged: "audio-changed"
    case .returnRequested: "return-requested"
    case .hangUpRequested: "hang-up-requested"
    case .notificationAction: "notification-action"
    case .ended(let end): end.event.rawValue
    }
  }

  /// The names of all events.
  public static let names: Set<String> = Set(
    [
      .launched, .ringing, .joined, .connectionLost(.network), .connectionRestored, .mutedChanged(true),
      .onHoldChanged(true), .holdRefused(detail: ""), .recordingStarted(file: ""),
      .recordingStopped(.stopped, detail: ""), .audioChanged(AudioUse()), .returnRequested(activationToken: nil),
      .hangUpRequested(grace: 0),
      .notificationAction(""),
    ].map(\SessionEvent.name) + TerminalEvent.allCases.map(\.rawValue))
}
