// SPDX-License-Identifier: Apache-2.0

extension OfferAnswer {
  /// The answer that a message brings.
  mutating func accept(_ message: SIPMessage) throws(NegotiationError) -> MediaPlan {
    try accept(answer: message.body, contentType: message["Content-Type"])
  }

  /// The next description says where this end is now.
  mutating func move(to end: LocalEnd) {
    (local.address, local.port, local.controlPort) = (end.address, end.mediaPort, end.controlPort)
  }
}

extension SIPMessage {
  /// The text of the first Reason that has one, for people (RFC 3326).
  var reasonText: String? {
    reasons.lazy.compactMap { reason in reason.text ?? reason.cause.map { "\(reason.name) \($0)" } }.first
  }
}
