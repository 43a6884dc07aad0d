// SPDX-License-Identifier: Apache-2.0
import CallModel

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
    case .launched: EventName.launched.rawValue
    case .ringing: EventName.ringing.rawValue
    case .joined: EventName.joined.rawValue
    case .connectionLost: EventName.connectionLost.rawValue
    case .connectionRestored: EventName.connectionRestored.rawValue
    case .mutedChanged: EventName.mutedChanged.rawValue
    case .onHoldChanged: EventName.onHoldChanged.rawValue
    case .holdRefused: EventName.holdRefused.rawValue
    case .recordingStarted: EventName.recordingStarted.rawValue
    case .recordingStopped: EventName.recordingStopped.rawValue
    case .audioChanged: EventName.audioChanged.rawValue
    case .returnRequested: EventName.returnRequested.rawValue
    case .hangUpRequested: EventName.hangUpRequested.rawValue
    case .notificationAction: EventName.notificationAction.rawValue
    case .ended(let end): end.event.rawValue
    }
  }

  /// Those of all events.
  public static let names = Set(EventName.allCases.map(\.rawValue))
}
