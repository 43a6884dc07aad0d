// SPDX-License-Identifier: Apache-2.0
import CallModel

/// What an engine says of its call. A report is the whole truth at its time, never a difference.
public struct EngineReport: Sendable, Equatable {
  public enum State: Sendable, Equatable {
    case connecting
    case ringing
    case joined
    case reconnecting(InterruptionCause)
    case ended(EndReason, detail: String, exitStatus: Int?)
  }

  public var state: State
  public var muted: Bool
  public var onHold: Bool
  /// Nobody else is in the call.
  public var alone: Bool
  /// The file that the call is recorded to; nil where it is not.
  public var recording: String?

  public init(
    _ state: State, muted: Bool = false, onHold: Bool = false, alone: Bool = false, recording: String? = nil
  ) {
    self.state = state
    self.muted = muted
    self.onHold = onHold
    self.alone = alone
    self.recording = recording
  }
}
