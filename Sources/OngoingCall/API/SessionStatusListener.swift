// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Receives the events of a call. Every method has a default implementation that does nothing.
///
/// A listener is called for one event at a time, in order, and once per event. It may take its time: nobody waits for
/// it, and up to 1024 events wait until it is ready. It may use all of the library, including
/// ``OngoingCallService/launch(_:)`` and ``OngoingCallService/abort(_:)``. An actor can be a listener.
public protocol SessionStatusListener: AnyObject, Sendable {
  /// The call is up.
  func onSessionJoined() async
  /// The user, or the far end, ended the call. This and the other three methods with an `end` are last callbacks.
  func onSessionLeft(_ end: CallSession.End) async
  /// Nobody else was in the call for the allowed time.
  func onSessionTimedOut(_ end: CallSession.End) async
  /// The connection was lost; ``onConnectionRestored()`` or an end follows.
  func onConnectionLost(_ why: CallSession.Interruption) async
  /// The connection was restored.
  func onConnectionRestored() async
  /// The call was dropped.
  func onConnectionClosed(_ end: CallSession.End) async
  /// The call could not be launched: nobody answered, it was declined, or it could not be placed.
  func onLaunchFailed(_ end: CallSession.End) async
  /// This adopted process must leave its call and exit within `grace`, or it gets SIGTERM. It may
  /// call ``OngoingCallService/abort(_:)`` instead; then it is released and keeps running.
  func onHangUpRequested(grace: Duration) async
  /// The far end refused to be put on hold, or to be resumed; nothing has changed.
  /// - Parameter detail: a line for people.
  func onHoldRefused(detail: String) async
  /// The far end asks the user to call another address instead: ``CallSession/answerTransfer(to:accepting:)``. The user
  /// also gets a notification with two buttons.
  func onTransferRequested(address: String) async
  /// The far end's request for a transfer was answered, or it lapsed.
  func onTransferRequestEnded() async
  /// The far end did not call whom it was asked to call; the call goes on.
  /// - Parameter detail: a line for people.
  func onTransferFailed(detail: String) async
  /// Both sides of the call are being recorded to this file.
  func onRecordingStarted(_ file: String) async
  /// The recording stopped.
  /// - Parameters:
  ///   - why: the reason.
  ///   - detail: a line for people, or "".
  func onRecordingStopped(_ why: CallSession.RecordingEnd, detail: String) async
  /// The sound devices in use changed, or differ from those that were chosen.
  func onAudioDevicesChanged(_ devices: CallSession.AudioDevices) async
  /// The user wants to return to the call.
  /// - Parameter activationToken: lets a window come to the front (xdg-activation); nil if the desktop gives none.
  func onReturnRequested(_ activationToken: String?) async
  /// One of the application's own buttons in the notification was pressed.
  func onNotificationAction(_ key: String) async
  /// Called for every event, after the event's own method. To return to the call after a crash, save the event's
  /// ``CallSession/Event/sequence`` here for ``CallSession/attach(token:after:)``.
  func onEvent(_ event: CallSession.Event) async
}

/// The defaults: they do nothing.
extension SessionStatusListener {
  public func onSessionJoined() async {}
  public func onSessionLeft(_ end: CallSession.End) async {}
  public func onSessionTimedOut(_ end: CallSession.End) async {}
  public func onConnectionLost(_ why: CallSession.Interruption) async {}
  public func onConnectionRestored() async {}
  public func onConnectionClosed(_ end: CallSession.End) async {}
  public func onLaunchFailed(_ end: CallSession.End) async {}
  public func onHangUpRequested(grace: Duration) async {}
  public func onHoldRefused(detail: String) async {}
  public func onTransferRequested(address: String) async {}
  public func onTransferRequestEnded() async {}
  public func onTransferFailed(detail: String) async {}
  public func onRecordingStarted(_ file: String) async {}
  public func onRecordingStopped(_ why: CallSession.RecordingEnd, detail: String) async {}
  public func onAudioDevicesChanged(_ devices: CallSession.AudioDevices) async {}
  public func onReturnRequested(_ activationToken: String?) async {}
  public func onNotificationAction(_ key: String) async {}
  public func onEvent(_ event: CallSession.Event) async {}

  func hear(_ event: CallSession.Event) async {
    switch event.kind {
    case .joined: await onSessionJoined()
    case .left(let end): await onSessionLeft(end)
    case .timedOut(let end): await onSessionTimedOut(end)
    case .connectionLost(let why): await onConnectionLost(why)
    case .connectionRestored: await onConnectionRestored()
    case .connectionClosed(let end): await onConnectionClosed(end)
    case .launchFailed(let end): await onLaunchFailed(end)
    case .hangUpRequested(let grace): await onHangUpRequested(grace: grace)
    case .holdRefused(let detail): await onHoldRefused(detail: detail)
    case .transferRequested(let address): await onTransferRequested(address: address)
    case .transferRequestEnded: await onTransferRequestEnded()
    case .transferFailed(let detail): await onTransferFailed(detail: detail)
    case .recordingStarted(let file): await onRecordingStarted(file)
    case .recordingStopped(let why, let detail): await onRecordingStopped(why, detail: detail)
    case .audioChanged(let devices): await onAudioDevicesChanged(devices)
    case .returnRequested(let token): await onReturnRequested(token)
    case .notificationAction(let key): await onNotificationAction(key)
    case .launched, .ringing, .mutedChanged, .onHoldChanged, .eventsForgotten, .other: break
    }
    await onEvent(event)
  }
}
