// SPDX-License-Identifier: Apache-2.0
import CallModel

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
  /// The far end asks the user to call this address instead of being in this call.
  case transferRequested(address: String)
  /// The request was answered, or it lapsed.
  case transferRequestEnded
  /// The far end did not call whom it was asked to call; the call goes on. The detail is a line for people.
  case transferFailed(detail: String)
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
    case .launched: EventName.launched.rawValue
    case .ringing: EventName.ringing.rawValue
    case .joined: EventName.joined.rawValue
    case .connectionLost: EventName.connectionLost.rawValue
    case .connectionRestored: EventName.connectionRestored.rawValue
    case .mutedChanged: EventName.mutedChanged.rawValue
    case .onHoldChanged: EventName.onHoldChanged.rawValue
    case .holdRefused: EventName.holdRefused.rawValue
    case .transferRequested: EventName.transferRequested.rawValue
    case .transferRequestEnded: EventName.transferRequestEnded.rawValue
    case .transferFailed: EventName.transferFailed.rawValue
    case .recordingStarted: EventName.recordingStarted.rawValue
    case .recordingStopped: EventName.recordingStopped.rawValue
    case .audioChanged: EventName.audioChanged.rawValue
    case .returnRequested: EventName.returnRequested.rawValue
    case .hangUpRequested: EventName.hangUpRequested.rawValue
    case .notificationAction: EventName.notificationAction.rawValue
    case .ended(let end): end.event.rawValue
    }
  }

  /// The names of all events.
  public static let names = Set(EventName.allCases.map(\.rawValue))
}
