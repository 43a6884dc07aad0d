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
    let details = happening.details
    if let event = TerminalEvent(rawValue: happening.name) {
      let end = CallSession.End(
        reason: .init(rawValue: happening.reason ?? ""), detail: details[EventDetail.detail]?.asString ?? "",
        exitStatus: happening.exitStatus)
      self.init(event, end)
      return
    }
    self =
      switch happening.name {
      case EventName.launched.rawValue: .launched
      case EventName.ringing.rawValue: .ringing
      case EventName.joined.rawValue: .joined
      case "connection-lost": .connectionLost(.init(rawValue: happening.reason ?? ""))
      case EventName.connectionRestored.rawValue: .connectionRestored
      case "muted-changed": .mutedChanged(details[EventDetail.muted]?.asBool ?? false)
      case "on-hold-changed": .onHoldChanged(details[EventDetail.onHold]?.asBool ?? false)
      case "hold-refused": .holdRefused(detail: details[EventDetail.detail]?.asString ?? "")
      case "recording-started": .recordingStarted(file: details[EventDetail.file]?.asString ?? "")
      case "recording-stopped":
        .recordingStopped(
          .init(rawValue: happening.reason ?? ""), detail: details[EventDetail.detail]?.asString ?? "")
      case "audio-changed": .audioChanged(CallSession.AudioDevices(details))
      case "return-requested": .returnRequested(activationToken: details[EventDetail.activationToken]?.asString)
      case "notification-action": .notificationAction(details[EventDetail.action]?.asString ?? "")
      case "hang-up-requested":
        .hangUpRequested(grace: .microseconds(Int64(clamping: details[EventDetail.grace]?.asUInt64 ?? 0)))
      case BusName.eventsForgotten: .eventsForgotten
      default: .other(happening.name)
      }
  }
}
