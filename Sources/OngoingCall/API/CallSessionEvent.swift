// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallSession {
  /// Something that happened to a call.
  public struct Event: Sendable, Hashable {
    /// What happened. Later versions may have further cases: whoever switches over them needs a `default`.
    public enum Kind: Sendable, Hashable {
      /// The call is being placed.
      case launched
      /// It rings at the far end.
      case ringing
      /// The call is up.
      case joined
      /// The connection is gone for now.
      case connectionLost(Interruption)
      /// It is back.
      case connectionRestored
      /// Whether the microphone is off.
      case mutedChanged(Bool)
      /// Whether the far end is on hold.
      case onHoldChanged(Bool)
      /// The far end does not let itself be put on hold, or be taken back: it is as it was. The detail is a line for
      /// people.
      case holdRefused(detail: String)
      /// What is said and heard is written to this file from now on.
      case recordingStarted(file: String)
      /// It is not any more; the detail is a line for people, or "".
      case recordingStopped(RecordingEnd, detail: String)
      /// Other sound devices are used than before, or than were asked for.
      case audioChanged(AudioDevices)
      /// The user wants to see the call again. The token lets a window come to the front (xdg-activation).
      case returnRequested(activationToken: String?)
      /// A button of the application's own was pressed in the notification: its key.
      case notificationAction(String)
      /// Of an adopted process: the user wants it to end, which it is to do within this time, by itself.
      case hangUpRequested(grace: Duration)
      /// Events are missing before this one, because the application was away for longer than they are kept, or did not
      /// take them: at most 1024 are. ``CallSession/state`` is right all the same.
      case eventsForgotten
      /// One that this version does not know, by its name in the D-Bus API.
      case other(String)

      // One of these is the last event of every call, whose end it is.

      /// The user, or the far end, ended the call.
      case left(End)
      /// Nobody else was in the call for as long as was allowed.
      case timedOut(End)
      /// The call broke.
      case connectionClosed(End)
      /// The call never came about.
      case launchFailed(End)
    }

    /// Counts the events of all of the user's calls, in order: see ``CallSession/attach(token:after:)``.
    public let sequence: UInt64
    /// When it happened: microseconds since 1970-01-01 00:00 UTC.
    public let time: UInt64
    /// What happened.
    public let kind: Kind

    /// How the call ended, where this is its last event.
    public var end: End? {
      switch kind {
      case .left(let end), .timedOut(let end), .connectionClosed(let end), .launchFailed(let end): end
      default: nil
      }
    }
  }

  /// Why the connection of a call is interrupted. A later daemon may have further ones.
  public struct Interruption: RawRepresentable, Sendable, Hashable {
    /// Its name in the D-Bus API.
    public let rawValue: String

    /// One by its name in the D-Bus API, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The network is gone, or another one.
    public static let network = Interruption(rawValue: "network")
    /// What carries the call crashed, and is being replaced.
    public static let engineCrash = Interruption(rawValue: "engine-crash")
    /// What carries the call answered no more, and is being replaced.
    public static let engineHang = Interruption(rawValue: "engine-hang")
    /// The machine sleeps.
    public static let suspend = Interruption(rawValue: "suspend")
    /// The far end does not answer.
    public static let farEnd = Interruption(rawValue: "far-end")
  }

  /// How a call ended.
  public struct End: Sendable, Hashable {
    /// Why.
    public let reason: EndReason
    /// A line for people, or "".
    public let detail: String
    /// A program's exit status, or 128 plus the number of the signal that killed it.
    public let exitStatus: Int?
  }

  /// Why a call ended. A later daemon may have further ones.
  public struct EndReason: RawRepresentable, Sendable, Hashable {
    /// Its name in the D-Bus API.
    public let rawValue: String

    /// One by its name in the D-Bus API, known or not.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// ``OngoingCallService/abort(_:)``, or somebody else's abort.
    public static let aborted = EndReason(rawValue: "aborted")
    /// ``CallSession/leaveSession()``, the notification's button, or `ongoingcallctl hangup`.
    public static let hungUp = EndReason(rawValue: "hung-up")
    /// The far end ended the call.
    public static let removed = EndReason(rawValue: "removed")
    /// The program, or the adopted process, has ended.
    public static let exited = EndReason(rawValue: "exited")
    /// Nobody else was in the call for as long as was allowed.
    public static let alone = EndReason(rawValue: "alone")
    /// The connection did not come back in time.
    public static let network = EndReason(rawValue: "network")
    /// What carried the call failed, and could not be replaced.
    public static let engineFailed = EndReason(rawValue: "engine-failed")
    /// The user's services were stopped: at the last logout, or for the machine's shutdown.
    public static let logout = EndReason(rawValue: "logout")
    /// What carried the call heard of no daemon for too long, and left.
    public static let leaseExpired = EndReason(rawValue: "lease-expired")
    /// The far end refused to take the call up again.
    public static let rejected = EndReason(rawValue: "rejected")
    /// No engine takes such a call.
    public static let engineNotFound = EndReason(rawValue: "engine-not-found")
    /// The call was refused, by the far end or by a server.
    public static let refused = EndReason(rawValue: "refused")
    /// The far end is in another call.
    public static let busy = EndReason(rawValue: "busy")
    /// The far end declined.
    public static let declined = EndReason(rawValue: "declined")
    /// The far end, or its server, cannot be reached.
    public static let unreachable = EndReason(rawValue: "unreachable")
    /// Nobody has that address.
    public static let notFound = EndReason(rawValue: "not-found")
    /// The user may not do this.
    public static let notPermitted = EndReason(rawValue: "not-permitted")
    /// It rang, and nobody answered in time.
    public static let noAnswer = EndReason(rawValue: "no-answer")
    /// There was no answer at all in time.
    public static let timedOut = EndReason(rawValue: "timed-out")
    /// The daemon has forgotten the call, and with it why it ended.
    public static let forgotten = EndReason(rawValue: "forgotten")
  }
}

extension CallSession.Interruption: CustomStringConvertible {
  public var description: String { rawValue }
}

extension CallSession.EndReason: CustomStringConvertible {
  public var description: String { rawValue }
}
