// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallSession {
  /// An event of a call.
  public struct Event: Sendable, Hashable {
    /// What happened. Later versions may add cases, so a switch needs a `default`.
    public enum Kind: Sendable, Hashable {
      /// The call is being placed.
      case launched
      /// The far end is ringing.
      case ringing
      /// The call is up.
      case joined
      /// The connection was lost, and may be restored.
      case connectionLost(Interruption)
      /// The connection was restored.
      case connectionRestored
      /// The microphone was muted (true) or unmuted.
      case mutedChanged(Bool)
      /// The far end was put on hold (true) or resumed.
      case onHoldChanged(Bool)
      /// The far end refused to be put on hold, or to be resumed; nothing has changed. The detail is a line for people.
      case holdRefused(detail: String)
      /// The far end asks the user to call this address instead: ``CallSession/answerTransfer(to:accepting:)``.
      case transferRequested(address: String)
      /// The request was answered, or it lapsed.
      case transferRequestEnded
      /// The far end did not call whom it was asked to call; the call goes on. The detail is a line for people.
      case transferFailed(detail: String)
      /// Both sides of the call are being recorded to this file.
      case recordingStarted(file: String)
      /// The recording stopped. The detail is a line for people, or "".
      case recordingStopped(RecordingEnd, detail: String)
      /// The sound devices in use changed, or differ from those that were chosen.
      case audioChanged(AudioDevices)
      /// The user wants to return to the call. The token lets a window come to the front (xdg-activation).
      case returnRequested(activationToken: String?)
      /// One of the application's own buttons in the notification was pressed: its key.
      case notificationAction(String)
      /// The user wants this adopted process to exit. It must do so by itself within this time.
      case hangUpRequested(grace: Duration)
      /// Events before this one are missing: the application was away for too long, or did not take them. At most 1024
      /// events are kept. ``CallSession/state`` is correct nevertheless.
      case eventsForgotten
      /// An event that this version does not know, by its name in the D-Bus API.
      case other(String)

      // The last event of every call is one of these.

      /// The user, or the far end, ended the call.
      case left(End)
      /// Nobody else was in the call for the allowed time.
      case timedOut(End)
      /// The call was dropped.
      case connectionClosed(End)
      /// The call could not be launched.
      case launchFailed(End)
    }

    /// The number of the event among those of all of the user's calls: see ``CallSession/attach(token:after:)``.
    public let sequence: UInt64
    /// When it happened: microseconds since 1970-01-01 00:00 UTC.
    public let time: UInt64
    /// What happened.
    public let kind: Kind

    /// How the call ended; nil if this is not its last event.
    public var end: End? {
      switch kind {
      case .left(let end), .timedOut(let end), .connectionClosed(let end), .launchFailed(let end): end
      default: nil
      }
    }
  }

  /// Why the connection of a call is interrupted. Later daemons may add reasons.
  public struct Interruption: RawRepresentable, Sendable, Hashable {
    /// Its name in the D-Bus API.
    public let rawValue: String

    /// Creates one from its name in the D-Bus API, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The network was lost, or changed.
    public static let network = Interruption(rawValue: "network")
    /// The engine crashed and is being replaced.
    public static let engineCrash = Interruption(rawValue: "engine-crash")
    /// The engine stopped answering and is being replaced.
    public static let engineHang = Interruption(rawValue: "engine-hang")
    /// The machine sleeps.
    public static let suspend = Interruption(rawValue: "suspend")
    /// The far end does not answer.
    public static let farEnd = Interruption(rawValue: "far-end")
  }

  /// How a call ended.
  public struct End: Sendable, Hashable {
    /// The reason.
    public let reason: EndReason
    /// A line for people, or "".
    public let detail: String
    /// A program's exit status, or 128 plus the number of the signal that killed it; nil if there is none.
    public let exitStatus: Int?

    /// Creates one, as for a test of an app.
    public init(reason: EndReason, detail: String = "", exitStatus: Int? = nil) {
      (self.reason, self.detail, self.exitStatus) = (reason, detail, exitStatus)
    }
  }

  /// Why a call ended. Later daemons may add reasons.
  public struct EndReason: RawRepresentable, Sendable, Hashable {
    /// Its name in the D-Bus API.
    public let rawValue: String

    /// Creates one from its name in the D-Bus API, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// What a person is told: an English sentence, by which OngoingCall's translations are looked up (gettext's domain
    /// `ongoingcall`). Nil if this version does not know the reason.
    public var sentence: String? { CallModel.EndReason(rawValue: rawValue)?.sentence }

    /// ``OngoingCallService/abort(_:)``, or an abort from elsewhere.
    public static let aborted = EndReason(rawValue: "aborted")
    /// ``CallSession/leaveSession()``, the notification's button, or `ongoingcallctl hangup`.
    public static let hungUp = EndReason(rawValue: "hung-up")
    /// The far end ended the call.
    public static let removed = EndReason(rawValue: "removed")
    /// The program, or the adopted process, exited.
    public static let exited = EndReason(rawValue: "exited")
    /// Nobody else was in the call for the allowed time.
    public static let alone = EndReason(rawValue: "alone")
    /// The connection could not be restored in time.
    public static let network = EndReason(rawValue: "network")
    /// The engine failed and could not be replaced.
    public static let engineFailed = EndReason(rawValue: "engine-failed")
    /// The user's services were stopped, at the last logout or at shutdown.
    public static let logout = EndReason(rawValue: "logout")
    /// The engine had no daemon for too long, and left.
    public static let leaseExpired = EndReason(rawValue: "lease-expired")
    /// The far end refused to take the call up again.
    public static let rejected = EndReason(rawValue: "rejected")
    /// No engine handles this kind of call.
    public static let engineNotFound = EndReason(rawValue: "engine-not-found")
    /// The call was refused, by the far end or by a server.
    public static let refused = EndReason(rawValue: "refused")
    /// The far end is in another call.
    public static let busy = EndReason(rawValue: "busy")
    /// The far end declined.
    public static let declined = EndReason(rawValue: "declined")
    /// The far end, or its server, cannot be reached.
    public static let unreachable = EndReason(rawValue: "unreachable")
    /// The address does not exist.
    public static let notFound = EndReason(rawValue: "not-found")
    /// The user may not do this.
    public static let notPermitted = EndReason(rawValue: "not-permitted")
    /// It rang, and nobody answered in time.
    public static let noAnswer = EndReason(rawValue: "no-answer")
    /// The far end did not respond in time.
    public static let timedOut = EndReason(rawValue: "timed-out")
    /// The daemon has forgotten the call and why it ended.
    public static let forgotten = EndReason(rawValue: "forgotten")
  }
}

extension CallSession.Interruption: CustomStringConvertible {
  public var description: String { rawValue }
}

extension CallSession.EndReason: CustomStringConvertible {
  public var description: String { rawValue }
}
