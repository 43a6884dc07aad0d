// SPDX-License-Identifier: Apache-2.0

extension SIPMessage {
  /// The CANCEL of this INVITE: the same except for the method, and without a body (RFC 3261, 9.1).
  var cancellation: SIPMessage {
    var cancellation = SIPMessage(.request(method: "CANCEL", uri: requestURI ?? ""))
    for name in ["Via", "Max-Forwards", "From", "To", "Call-ID", "Route"] {
      for header in headers where header.name == name { cancellation.add(name, header.value) }
    }
    cancellation.add("CSeq", "\(sequence ?? 0) CANCEL")
    cancellation.add("User-Agent", Self.agent)
    return cancellation
  }
}
