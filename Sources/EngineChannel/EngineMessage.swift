// SPDX-License-Identifier: Apache-2.0
public import CallLife
public import CallModel

/// What an engine says to the daemon.
public enum EngineMessage: Sendable, Equatable {
  /// The whole state of the call, said whenever something of it changes and in answer to `report`.
  ///
  /// `resume` is opaque to the daemon: what a new process of this engine needs to take the call up again.
  case state(EngineReport, resume: String?)
  case media(MediaCounters)
  case pong(UInt64)
  case error(EngineError)
  /// Of a type this version does not know: to be ignored.
  case unknown(type: String)
}

/// An engine's answer to a request it cannot carry out. The call goes on.
public struct EngineError: Sendable, Equatable, Error {
  public enum Code: String, Sendable {
    /// The engine cannot do this, ever.
    case unsupported
    /// The request was malformed, or a value in it was.
    case invalid
    /// It went wrong this time.
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
