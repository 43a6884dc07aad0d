// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallSession {
  /// Asks the far end to call somebody else instead of being in this call. Returns when the engine has asked. If the
  /// far end does so, the call ends with the reason ``EndReason/hungUp``. If not, the call goes on, and listeners get
  /// ``SessionStatusListener/onTransferFailed(detail:)``, at most three minutes later.
  ///
  /// - Parameter target: an address; or a number or a name, if the call goes through an account.
  public func transfer(to target: String) async throws(CallsError) {
    try await ask { .transfer(to: target, $0) }
  }

  /// Connects the far ends of two joined calls of the same engine. Works like ``transfer(to:)-(String)``. If it
  /// succeeds, both calls end.
  public func transfer(to other: CallSession) async throws(CallsError) {
    guard let other = other.id else { throw .noSession }
    try await ask { .transfer(toSession: other, $0) }
  }

  /// Answers the far end, which asks the user to call ``transferRequest`` instead. Ask the user first: nothing else
  /// protects them from calls that others want.
  ///
  /// If accepted, the daemon launches another call like this one to that address. When that is joined, this call ends;
  /// if it cannot be joined, this call goes on.
  ///
  /// - Parameters:
  ///   - address: the ``transferRequest`` that the user has seen. If the far end asks for another by now, this throws.
  ///   - accepting: whether to call that address.
  /// - Returns: the id of the other call; nil if the request was declined.
  @discardableResult
  public func answerTransfer(to address: String, accepting: Bool) async throws(CallsError) -> String? {
    try await ask { .answerTransfer(accepting, to: address, $0) }
  }
}
