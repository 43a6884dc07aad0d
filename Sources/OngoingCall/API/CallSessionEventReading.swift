// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallSession.Event {
  init(_ happening: SessionHappening) {
    self.init(sequence: happening.sequence, time: happening.time, kind: Kind(happening))
  }

  /// The end of a session whose last event cannot be had any more.
  init(endOf info: SessionInfo, sequence: UInt64) {
    let end = CallSession.End(reason: .init(rawValue: info.endReason), detail: info.endDetail, exitStatus: nil)
    let event = CallModel.EndReason(rawValue: info.endReason).map {
      TerminalEvent(reason: $0, hasJoined: info.hasJoined)
    }
    // Whatever a daemon says, it is no reason to end the application.
    let (time, isTooLate) = info.joinedAt.addingReportingOverflow(info.duration)
    self.init(
      sequence: sequence, time: isTooLate ? .max : time, kind: Kind(event ?? .connectionClosed, end))
  }

  /// Events are missing up to this one.
  static func eventsForgotten(_ sequence: UInt64) -> Self { Self(sequence: sequence, time: 0, kind: .eventsForgotten) }

  /// The end of a session that the daemon does not know any more.
  static func forgotten(after sequence: UInt64) -> Self {
    let end = CallSession.End(
      reason: .forgotten, detail: "\(DaemonName.executable) does not know the call any more", exitStatus: nil)
    return Self(sequence: sequence, time: 0, kind: .connectionClosed(end))
  }
}

extension CallSession.Event.Kind {
  fileprivate init(_ event: TerminalEvent, _ end: CallSession.End) {
    self =
      switch event {
      case .left: .left(end)
      case .timedOut: .timedOut(end)
      case .connectionClosed: .connectionClosed(end)
      case .launchFailed: .launchFailed(end)
      }
  }

  fileprivate init(_ happening: SessionHappening) {
    let details = happening.known
    let end = CallSession.End(details)
    self =
      switch EventName(rawValue: happening.name) {
      case .launched: .launched
      case .ringing: .ringing
      case .joined: .joined
      case .connectionLost: .connectionLost(.init(rawValue: details.reason ?? ""))
      case .connectionRestored: .connectionRestored
      case .mutedChanged: .mutedChanged(details.muted ?? false)
      case .onHoldChanged: .onHoldChanged(details.onHold ?? false)
      case .holdRefused: .holdRefused(detail: details.detail ?? "")
      case .transferRequested: .transferRequested(address: details.detail ?? "")
      case .transferRequestEnded: .transferRequestEnded
      case .transferFailed: .transferFailed(detail: details.detail ?? "")
      case .recordingStarted: .recordingStarted(file: details.file ?? "")
      case .recordingStopped:
        .recordingStopped(.init(rawValue: details.reason ?? ""), detail: details.detail ?? "")
      case .audioChanged: .audioChanged(CallSession.AudioDevices(details))
      case .returnRequested: .returnRequested(activationToken: details.activationToken)
      case .notificationAction: .notificationAction(details.action ?? "")
      case .hangUpRequested: .hangUpRequested(grace: .microseconds(Int64(clamping: details.grace ?? 0)))
      case .left: .left(end)
      case .timedOut: .timedOut(end)
      case .connectionClosed: .connectionClosed(end)
      case .launchFailed: .launchFailed(end)
      case nil: happening.name == BusName.eventsForgotten ? .eventsForgotten : .other(happening.name)
      }
  }
}

extension CallSession.End {
  fileprivate init(_ details: EventDetails) {
    self.init(
      reason: .init(rawValue: details.reason ?? ""), detail: details.detail ?? "", exitStatus: details.exitStatus)
  }
}
