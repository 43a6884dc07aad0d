// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Hears what becomes of a call. Every method has an implementation that does nothing.
///
/// A listener is called for one event at a time, in the order in which they happened, and for each event once. It may
/// take its time: nobody else waits for it, and up to 1024 events wait for it. All of the library may be used in it,
/// ``OngoingCallService/launch(_:)`` and ``OngoingCallService/abort(_:)`` too. An actor can be a listener.
public protocol SessionStatusListener: AnyObject, Sendable {
  /// The call is up.
  func onSessionJoined() async
  /// The user, or the far end, ended the call. The last callback, as are the other three that have an `end`.
  func onSessionLeft(_ end: CallSession.End) async
  /// Nobody else was in the call for as long as was allowed.
  func onSessionTimedOut(_ end: CallSession.End) async
  /// The connection is gone for now; ``onConnectionRestored()`` or an end follows.
  func onConnectionLost(_ why: CallSession.Interruption) async
  /// The connection is back.
  func onConnectionRestored() async
  /// The call broke.
  func onConnectionClosed(_ end: CallSession.End) async
  /// The call never came about: nobody has answered, it was declined, or could not be placed.
  func onLaunchFailed(_ end: CallSession.End) async
  /// This process was adopted, and is to end its call and itself within `grace`; after that it gets SIGTERM. It may
  /// abort instead (``OngoingCallService/abort(_:)``): then it is released, and lives on.
  func onHangUpRequested(grace: Duration) async
  /// The far end does not let itself be put on hold, or be taken back: it is as it was.
  /// - Parameter detail: a line for people.
  func onHoldRefused(detail: String) async
  /// What is said and heard is written to this file from now on.
  func onRecordingStarted(_ file: String) async
  /// The recording has ended.
  /// - Parameters:
  ///   - why: who, or what, has ended it.
  ///   - detail: a line for people, or "".
  func onRecordingStopped(_ why: CallSession.RecordingEnd, detail: String) async
  /// Other sound devices are used than before, or than were asked for.
  func onAudioDevicesChanged(_ devices: CallSession.AudioDevices) async
  /// The user wants to see the call again.
  /// - Parameter activationToken: lets a window come to the front (xdg-activation), where the desktop gives one.
  func onReturnRequested(_ activationToken: String?) async
  /// A button of the application's own was pressed in the notification.
  func onNotificationAction(_ key: String) async
  /// Every event, those above too, after its own method was called. An application that is to be back in its call after
  /// a crash remembers the event's ``CallSession/Event/sequence`` here, for ``CallSession/attach(token:after:)``.
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
