// SPDX-License-Identifier: Apache-2.0

extension CallSession {
  /// Something that happened to a call.
  public struct Event: Sendable, Hashable {
    public enum Kind: Sendable, Hashable {
      /// The call is being placed.
      case launched
      /// It rings at the far end.
      case ringing
      case joined
      case connectionLost(Interruption)
      case connectionRestored
      case mutedChanged(Bool)
      case onHoldChanged(Bool)
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
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    public static let network = Interruption(rawValue: "network")
    public static let engineCrash = Interruption(rawValue: "engine-crash")
    public static let engineHang = Interruption(rawValue: "engine-hang")
    /// The machine sleeps.
    public static let suspend = Interruption(rawValue: "suspend")
    public static let farEnd = Interruption(rawValue: "far-end")
  }

  /// How a call ended.
  public struct End: Sendable, Hashable {
    public let reason: EndReason
    /// A line for people, or "".
    public let detail: String
    /// A program's exit status, or 128 plus the number of the signal that killed it.
    public let exitStatus: Int?
  }

  /// Why a call ended. A later daemon may have further ones.
  public struct EndReason: RawRepresentable, Sendable, Hashable {
    public let rawValue: String

    public init(rawValue: String) { self.rawValue = rawValue }

    /// ``OngoingCallService/abort(_:)``, or somebody else's abort.
    public static let aborted = EndReason(rawValue: "aborted")
    /// ``CallSession/leaveSession()``, the notification's button, or `ongoingcallctl hangup`.
    public static let hungUp = EndReason(rawValue: "hung-up")
    /// The far end ended the call.
    public static let removed = EndReason(rawValue: "removed")
    /// The program, or the adopted process, has ended.
    public static let exited = EndReason(rawValue: "exited")
    public static let alone = EndReason(rawValue: "alone")
    public static let network = EndReason(rawValue: "network")
    public static let engineFailed = EndReason(rawValue: "engine-failed")
    public static let logout = EndReason(rawValue: "logout")
    public static let leaseExpired = EndReason(rawValue: "lease-expired")
    /// The far end refused to take the call up again.
    public static let rejected = EndReason(rawValue: "rejected")
    public static let engineNotFound = EndReason(rawValue: "engine-not-found")
    public static let refused = EndReason(rawValue: "refused")
    public static let busy = EndReason(rawValue: "busy")
    public static let declined = EndReason(rawValue: "declined")
    public static let unreachable = EndReason(rawValue: "unreachable")
    /// Nobody has that address.
    public static let notFound = EndReason(rawValue: "not-found")
    public static let notPermitted = EndReason(rawValue: "not-permitted")
    /// It rang, and nobody answered in time.
    public static let noAnswer = EndReason(rawValue: "no-answer")
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
