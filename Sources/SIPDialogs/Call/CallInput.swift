// SPDX-License-Identifier: Apache-2.0
public import CallModel

/// Inputs of a call.
public enum CallInput: Sendable, Equatable {
  case place
  /// Continue the call of a process that is gone.
  case takeUp(CallTicket)
  case leave(EndReason)
  /// The account is not registered, but its calls need that.
  case abandon(RegistrationFailure)
  case setMuted(Bool)
  case setHeld(Bool)
  /// Ask the far end to call somebody else: an address, or another call's ``CallReport/transferTarget``.
  case transfer(String)
  /// The answer to ``EngineReport/transferRequest``: `accepted` or `declined`, and then `done` or `failed`;
  /// and which request is meant, where that is said.
  case answerTransfer(String, target: String?)

  /// The answer to ``CallEffect/resolve``: at least one target, the best one first.
  case resolved([Target])
  case notResolved(String)
  /// The answer to ``CallEffect/open``.
  case opened(LocalEnd)
  /// The same, but the sound may only go by a relay, and there is none; with the reason, for people.
  case notRelayed(LocalEnd, String)
  /// Others may reach an opened end in other ways from now on.
  case described(LocalEnd)
  /// With the problem, for people.
  case notOpened([Target], String)

  case response(SIPMessage, transaction: Int, from: String)
  case failed(transaction: Int, TransactionFailure)
  /// A response to a request that this process has not sent; the previous process may have.
  case strayResponse(SIPMessage, from: String)
  /// `transaction` identifies it in ``CallEffect/respond``; `from` is a numeric address.
  case request(SIPMessage, transaction: Int, from: String)
  case acknowledged(SIPMessage, from: String)
  /// The connection to that target, by which the far end has answered.
  case lostConnection(Target)

  /// What the media have received from the far end: when last, in the call's milliseconds, and how many packets in
  /// total.
  case heard(at: Int64?, packets: UInt64)
  /// The outgoing stream has new numbers from now on.
  case stream(StreamIdentity)
  /// How often the sequence numbers of the far end's encrypted packets have wrapped around.
  case rollovers(UInt32)
  case secured(HandshakeKeys)
  /// With the problem, for people.
  case notSecured(MediaPlan.Handshake, String)
  case path(PathChange)
  /// A deadline may have passed.
  case tick

  public enum PathChange: Sendable, Equatable {
    case lost
    /// There is a route again, or a different one.
    case found
  }
}

/// Why a request got no response.
public enum TransactionFailure: Sendable, Equatable {
  case timedOut
  /// Nobody listens at that address.
  case refused
  /// It could not be sent, or its connection was lost.
  case unreachable(String)
  /// The other side of a TLS connection has the wrong identity, or does not support TLS; with the reason.
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
