// SPDX-License-Identifier: Apache-2.0
public import CallLife
public import CallModel

/// A message from an engine to the daemon.
public enum EngineMessage: Sendable, Equatable {
  /// The complete state of the call. Send it whenever the state changes, and in answer to `report`.
  ///
  /// `resume` is opaque to the daemon. It holds what a new process of this engine needs to take up the call.
  case state(EngineReport, resume: String?)
  case media(MediaCounters)
  /// The program that the engine runs, for people: its process and its terminal. Send it whenever that changes, but not
  /// more often than a person can read, and in answer to `report`.
  case program(ProgramStatus)
  /// How far the digits are that were asked for. Send it when digits are taken, before the next `pong`, and whenever
  /// one has been sent.
  case digits(DigitCount)
  case pong(UInt64)
  /// How the registration of the account fares. Send it whenever that changes, and in answer to `report`.
  case registration(EngineRegistration)
  case error(EngineError)
  /// A message of a type that this version does not know. Ignore it.
  case unknown(type: String)
}

/// An engine's answer to a request that it cannot carry out. The call goes on.
public struct EngineError: Sendable, Equatable, Error {
  public enum Code: String, Sendable {
    /// The engine can never do this.
    case unsupported
    /// The request is malformed, or has an invalid value.
    case invalid
    /// The request failed this time.
    case failed
  }

  public var code: Code
  /// The type of the request.
  public var request: String
  public var message: String

  public init(_ code: Code, request: String, message: String) {
    self.code = code
    self.request = request
    self.message = message
  }
}
