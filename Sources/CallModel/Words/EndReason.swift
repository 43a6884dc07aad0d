// SPDX-License-Identifier: Apache-2.0

/// Why a session ended. The raw values are part of the D-Bus API, the engine protocol and the journal.
public enum EndReason: String, Sendable, CaseIterable, Codable {
  // The user or the far end ended the call.
  case aborted
  case hungUp = "hung-up"
  /// The far end ended the call.
  case removed
  /// The program of a `command` session exited, with an exit status; or the adopted process exited.
  case exited

  /// Nobody else was in the call for the allowed time.
  case alone

  // The call was dropped.
  case network
  case engineFailed = "engine-failed"
  case logout
  case leaseExpired = "lease-expired"
  /// The far end refused to let the call be taken up again.
  case rejected

  // The call could not be launched.
  case engineNotFound = "engine-not-found"
  case refused
  case busy
  case declined
  case unreachable
  /// The address does not exist.
  case notFound = "not-found"
  case notPermitted = "not-permitted"
  /// It rang, but nobody answered in time.
  case noAnswer = "no-answer"
  /// The call did not get as far as ringing in time.
  case timedOut = "timed-out"
}

extension EndReason {
  /// What a person is told. It is also the key of its translations (gettext's msgid; see `packaging/po`).
  package var sentence: String {
    switch self {
    case .aborted: "The call was ended on this computer."
    case .hungUp: "You hung up."
    case .removed: "The other side hung up."
    case .exited: "The program exited."
    case .alone: "Nobody else was left in the call."
    case .network: "The network connection was lost."
    case .engineFailed: "The program that carried the call failed."
    case .logout: "You logged out."
    case .leaseExpired: "The service that keeps calls stopped."
    case .rejected: "The other side did not resume the call."
    case .engineNotFound: "No program for this kind of call is installed."
    case .refused: "The other side refused the call."
    case .busy: "The line is busy."
    case .declined: "The other side declined the call."
    case .unreachable: "The other side cannot be reached."
    case .notFound: "This address does not exist."
    case .notPermitted: "The call is not permitted."
    case .noAnswer: "Nobody answered."
    case .timedOut: "The other side did not respond in time."
    }
  }
}

/// The event that ends a session. Every session has exactly one.
public enum TerminalEvent: String, Sendable, CaseIterable, Codable {
  case left = "session-left"
  case timedOut = "session-timed-out"
  case connectionClosed = "connection-closed"
  case launchFailed = "launch-failed"

  public init(reason: EndReason, hasJoined: Bool) {
    switch reason {
    case .aborted, .hungUp, .exited: self = .left
    case .removed: self = hasJoined ? .left : .launchFailed
    case .alone: self = .timedOut
    case .network, .engineFailed, .logout, .leaseExpired, .rejected, .engineNotFound, .refused, .busy,
      .declined, .unreachable, .notFound, .notPermitted, .noAnswer, .timedOut:
      self = hasJoined ? .connectionClosed : .launchFailed
    }
  }
}

/// How a session ended.
public struct SessionEnd: Sendable, Equatable, Codable {
  public var event: TerminalEvent
  public var reason: EndReason
  /// One line for people, for example "486 Busy here"; empty if there is nothing to add.
  public var detail: String
  /// The program's exit status (0…255), or 128 plus the number of the signal that killed it; `command` sessions only.
  public var exitStatus: Int?

  public init(event: TerminalEvent, reason: EndReason, detail: String = "", exitStatus: Int? = nil) {
    self.event = event
    self.reason = reason
    self.detail = detail
    self.exitStatus = exitStatus
  }
}
