// SPDX-License-Identifier: Apache-2.0

extension OfferAnswer {
  /// Accepts the answer in a message.
  mutating func accept(_ message: SIPMessage) throws(NegotiationError) -> MediaPlan {
    try accept(answer: message.body, contentType: message["Content-Type"])
  }

  /// The next description contains this end's new address.
  mutating func move(to end: LocalEnd) {
    (local.address, local.port, local.controlPort) = (end.address, end.mediaPort, end.controlPort)
    local.ice = end.ice
  }
}

extension SIPMessage {
  /// The first text of a Reason field, for people (RFC 3326).
  var reasonText: String? {
    reasons.lazy.compactMap { reason in reason.text ?? reason.cause.map { "\(reason.name) \($0)" } }.first
  }
}
