// SPDX-License-Identifier: Apache-2.0
import CallModel

/// An engine's report about its call. A report is always complete, never a difference.
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
  /// The file to which the call is being recorded, or nil.
  public var recording: String?
  /// Whom the call is with, as a server says that the engine trusts: for people. nil: it says nothing.
  public var connectedTo: String?
  /// What another call of the same engine needs to hand its far end to this one's; nil if that is not possible.
  public var transferTarget: String?
  /// The far end asks for a transfer to this address, and the user has not decided.
  public var transferRequest: String?

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
