// SPDX-License-Identifier: Apache-2.0

extension SIPMessage {
  /// The SDP of the body, or of the part of it that is one; nil where there is none.
  var descriptionOfSession: [UInt8]? {
    do { return try sessionDescription() } catch { return nil }
  }

  /// The text of the first Reason that has one, for people (RFC 3326).
  var reasonText: String? {
    reasons.lazy.compactMap { reason in reason.text ?? reason.cause.map { "\(reason.name) \($0)" } }.first
  }
}
