// SPDX-License-Identifier: Apache-2.0

extension Dialog {
  /// A request within the dialog (RFC 3261, 12.2.1.1).
  func request(_ method: String, sequence: UInt32, branch: String) -> SIPMessage {
    let strict = routes.first.flatMap { try? NameAddress($0).uri }.flatMap { $0.isLooseRouter ? nil : $0 }
    // A strict router reads its own name from the request line, and the far end's from the last Route (RFC 2543).
    let uri = strict.map { $0.forRequest } ?? remoteTarget
    let passed = strict == nil ? routes : routes.dropFirst() + ["<\(remoteTarget)>"]
    var request = SIPMessage(
      request: method, uri: uri.description, end: end, branch: branch, from: "\(local);tag=\(localTag)",
      to: remoteTag.isEmpty ? remote : "\(remote);tag=\(remoteTag)", callID: callID, sequence: sequence)
    for route in passed { request.add("Route", route) }
    return request
  }

  /// The ACK of a 2xx, which is a transaction of its own (13.2.2.4).
  func acknowledgement(sequence: UInt32, branch: String) -> SIPMessage {
    request("ACK", sequence: sequence, branch: branch)
  }
}

extension SIPMessage {
  static let agent = "OngoingCall"
  static let allowed = ["INVITE", "ACK", "CANCEL", "BYE", "OPTIONS", "UPDATE", "PRACK", "INFO", "REFER", "NOTIFY"]
  static let extensions = ["timer", "100rel", "replaces"]

  /// Creates a request with the fields that every request has.
  init(
    request method: String, uri: String, end: LocalEnd, branch: String, from: String, to: String, callID: String,
    sequence: UInt32
  ) {
    self.init(method: method, uri: uri)
    add("Via", "SIP/2.0/\(end.target.transport.viaName) \(end.hostPort);rport;branch=\(branch)")
    add("Max-Forwards", "70")
    add("From", from)
    add("To", to)
    add("Call-ID", callID)
    add("CSeq", "\(sequence) \(method)")
    add("User-Agent", Self.agent)
  }

  mutating func add(contactOf user: String, at end: LocalEnd) {
    // Requests for it are to come over the connection, because of NAT or without a certificate (RFC 5626, 4.3).
    let transport = end.target.transport == .udp ? "" : ";transport=\(end.target.transport.rawValue);ob"
    add("Contact", "<sip:\(user)@\(end.hostPort)\(transport)>")
  }

  /// Adds the abilities of this end to requests and responses that state them.
  mutating func addAbilities() {
    add("Allow", Self.allowed.joined(separator: ", "))
    add("Supported", Self.extensions.joined(separator: ", "))
  }

  mutating func add(description: String) {
    add("Content-Type", "application/sdp")
    body = Array(description.utf8)
  }

  /// A response to a request (8.2.6.2), with this end's tag if the request has none yet.
  static func response(_ status: Int, _ phrase: String, to request: SIPMessage, tag: String) -> SIPMessage {
    var response = SIPMessage(.response(status: status, phrase: phrase))
    for name in ["Via", "Record-Route"] {
      for header in request.headers where header.name.lowercased() == name.lowercased() {
        response.add(name, header.value)
      }
    }
    for name in ["From", "To", "Call-ID", "CSeq"] {
      guard let value = request[name] else { continue }
      let needsTag = name == "To" && request.to?.tag == nil && status > 100
      response.add(name, needsTag ? "\(value);tag=\(tag)" : value)
    }
    response.add("Server", agent)
    return response
  }
}
