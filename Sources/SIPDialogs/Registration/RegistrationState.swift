// SPDX-License-Identifier: Apache-2.0
public import CallModel

/// Inputs of a registration.
public enum RegistrationInput: Sendable, Equatable {
  case register
  /// Go on with the registration of a process that is gone.
  case takeUp(RegistrationRecord)
  /// Remove it from the server.
  case leave

  /// The answer to ``RegistrationEffect/resolve(_:_:)``: at least one target, the best one first.
  case resolved([Target])
  case notResolved(String)
  /// The answer to ``RegistrationEffect/open(_:preferring:)``. No port for media belongs to it.
  case opened(LocalEnd)
  case notOpened(String)

  case response(SIPMessage, transaction: Int, from: String)
  case failed(transaction: Int, TransactionFailure)
  /// There is a route again, or a different one.
  case pathFound
  /// The connection to this peer is gone.
  case lostConnection(Target)
  /// A deadline may have passed.
  case tick
}

/// Effects of a registration, to be carried out in order.
public enum RegistrationEffect: Sendable, Equatable {
  /// Save its record before later effects are carried out.
  case report(RegistrationReport)
  case resolve(SIPURI, Target.Transport?)
  /// Opens a path to the first of these targets that is reachable, from the same port if it is free.
  case open([Target], preferring: LocalEnd?)
  case send(SIPMessage, LocalEnd, transaction: Int)
}

public struct RegistrationReport: Sendable, Equatable {
  public var state: RegistrationState
  public var record: RegistrationRecord
}

public enum RegistrationState: Sendable, Equatable {
  case registering
  /// The server knows this end until then, in milliseconds of the clock. The routes are the server's, for requests that
  /// begin a dialog (RFC 3608).
  case registered(until: Int64, routes: [String])
  /// It is tried again then; nil: not at all, because the server has refused it for good.
  case failed(RegistrationFailure, retryAt: Int64?)
  /// It has been removed, or that was tried long enough.
  case ended
}

/// Why there is no registration.
public struct RegistrationFailure: Sendable, Equatable {
  /// What worked up to there: each stage needs the previous ones.
  public enum Stage: String, Sendable, CaseIterable { case name, connection, certificate, password, registration }

  public var stage: Stage
  public var reason: EndReason
  /// One line for people.
  public var detail: String

  public init(stage: Stage, reason: EndReason, detail: String) {
    (self.stage, self.reason, self.detail) = (stage, reason, detail)
  }
}
