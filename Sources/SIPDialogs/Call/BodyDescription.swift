// SPDX-License-Identifier: Apache-2.0

extension SIPMessage {
  /// The SDP of the body, or of the part of it that is one; nil where there is none.
  var descriptionOfSession: String? {
    guard let description = try? sessionDescription() else { return nil }
    return String(decoding: description, as: UTF8.self)
  }

  /// The text of the first Reason that has one, for people (RFC 3326).
  var reasonText: String? {
    reasons.lazy.compactMap { reason in reason.text ?? reason.cause.map { "\(reason.name) \($0)" } }.first
  }
}
