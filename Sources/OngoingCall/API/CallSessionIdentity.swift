// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension CallSession {
  /// Asks whom the call is with, as the server of its account says: a name, an address, or both, such as
  /// `Reception sip:100@example.org`. It may be another one than was called, and may change during the call, as after a
  /// transfer at the other end. Nil if the server says nothing, or the call is adopted.
  ///
  /// It is a text to show, and no more certain than the server. In a sandbox, it is nil where it tells the account.
  public func connectedTo() async throws(CallsError) -> String? {
    let info = try await ask { id throws(CallsError) in try .session(id) }
    return info.connectedTo.isEmpty ? nil : info.connectedTo
  }
}
