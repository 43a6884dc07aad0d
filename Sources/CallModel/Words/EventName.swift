// SPDX-License-Identifier: Apache-2.0

/// What a session's events are called. The raw values are part of the D-Bus API and the journal.
public enum EventName: String, Sendable, CaseIterable {
  case launched = "session-launched"
  case ringing = "session-ringing"
  case joined = "session-joined"
  case connectionLost = "connection-lost"
  case connectionRestored = "connection-restored"
  case mutedChanged = "muted-changed"
  case onHoldChanged = "on-hold-changed"
  case holdRefused = "hold-refused"
  case transferRequested = "transfer-requested"
  case transferRequestEnded = "transfer-request-ended"
  case transferFailed = "transfer-failed"
  case recordingStarted = "recording-started"
  case recordingStopped = "recording-stopped"
  case audioChanged = "audio-changed"
  case returnRequested = "return-requested"
  case hangUpRequested = "hang-up-requested"
  case notificationAction = "notification-action"

  // Those of ``TerminalEvent``.
  case left = "session-left"
  case timedOut = "session-timed-out"
  case connectionClosed = "connection-closed"
  case launchFailed = "launch-failed"
}
