// SPDX-License-Identifier: Apache-2.0
public import CallModel

/// What happens to a call.
public enum CallInput: Sendable, Equatable {
  case place
  /// Go on with the call of a process that is gone.
  case takeUp(CallTicket)
  case leave(EndReason)
  case setMuted(Bool)
  case setHeld(Bool)

  /// The answer to ``CallEffect/resolve``: at least one, the best one first.
  case resolved([Target])
  case notResolved(String)
  /// The answer to ``CallEffect/open``.
  case opened(LocalEnd)
  /// With what was wrong, for people.
  case notOpened([Target], String)

  case response(SIPMessage, transaction: Int, from: String)
  case failed(transaction: Int, TransactionFailure)
  /// A response to no request of this process: one of the process before may have sent it.
  case strayResponse(SIPMessage, from: String)
  /// `transaction` names it in ``CallEffect/respond``; `from` is a numeric address.
  case request(SIPMessage, transaction: Int, from: String)
  case acknowledged(SIPMessage, from: String)

  /// What the media has heard of the far end: when, in the call's milliseconds, and how many packets ever.
  case heard(at: Int64?, packets: UInt64)
  /// The stream that goes out has other numbers from now on.
  case stream(StreamIdentity)
  /// The numbers of the far end's encrypted packets have begun anew so often.
  case rollovers(UInt32)
  case path(PathChange)
  /// A deadline may have passed.
  case tick

  public enum PathChange: Sendable, Equatable {
    case lost
    /// There is a way again, or another one.
    case found
  }
}

/// Why a request got no response.
public enum TransactionFailure: Sendable, Equatable {
  case timedOut
  /// Nobody listens there.
  case refused
  /// It could not be sent, or its connection broke.
  case unreachable(String)
  /// The other side of a TLS connection is not who it should be, or speaks no TLS; with the reason.
  case insecure(String)

  /// For people.
  public var description: String {
    switch self {
    case .timedOut: "no reply"
    case .refused: "nothing answers at that address"
    case .unreachable(let why): why.isEmpty ? "the far end cannot be reached" : why
    case .insecure(let why): "no secure connection: \(why)"
    }
  }
}
