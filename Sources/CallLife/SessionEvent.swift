// SPDX-License-Identifier: Apache-2.0

/// Why the connection of a call is interrupted.
public enum InterruptionCause: String, Sendable, CaseIterable, Codable {
  case network
  case engineCrash = "engine-crash"
  case engineHang = "engine-hang"
  case suspend
  case farEnd = "far-end"
}

/// What a session tells the world, in the order in which it happened.
public enum SessionEvent: Sendable, Equatable {
  case launched
  case ringing
  case joined
  case connectionLost(InterruptionCause)
  case connectionRestored
  case mutedChanged(Bool)
  case onHoldChanged(Bool)
  /// The far end does not let itself be put on hold, or be taken back: it is as it was. The detail is a line for people.
  case holdRefused(detail: String)
  /// What is said and heard is written to the file.
  case recordingStarted(file: String)
  case recordingStopped(RecordingEnd, detail: String)
  /// Other sound devices are used than before, or than were asked for.
  case audioChanged(AudioUse)
  /// The user wants to see the call again. The token, where the desktop gives one, lets a window come to the front.
  case returnRequested(activationToken: String?)
  /// The user wants an adopted process to end, which has so many seconds to do so by itself.
  case hangUpRequested(grace: UInt32)
  /// A button of the application's own was pressed in the notification.
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

  /// Those of all events.
  public static let names: Set<String> = Set(
    [
      .launched, .ringing, .joined, .connectionLost(.network), .connectionRestored, .mutedChanged(true),
      .onHoldChanged(true), .holdRefused(detail: ""), .recordingStarted(file: ""),
      .recordingStopped(.stopped, detail: ""), .audioChanged(AudioUse()), .returnRequested(activationToken: nil),
      .hangUpRequested(grace: 0),
      .notificationAction(""),
    ].map(\SessionEvent.name) + TerminalEvent.allCases.map(\.rawValue))
}
