// SPDX-License-Identifier: Apache-2.0

/// The values of fields; nil or empty if they are missing or malformed.
extension SIPMessage {
  public var isRequest: Bool { method != nil }

  /// For a request; for a response see ``sequenceMethod``.
  public var method: String? {
    guard case .request(let method, _) = start else { return nil }
    return method
  }

  public var requestURI: String? {
    guard case .request(_, let uri) = start else { return nil }
    return uri
  }

  public var status: Int? {
    guard case .response(let status, _) = start else { return nil }
    return status
  }

  public var phrase: String? {
    guard case .response(_, let phrase) = start else { return nil }
    return phrase
  }

  public var callID: String? { self["Call-ID"].flatMap { $0.isEmpty ? nil : $0 } }

  /// Below 2³¹ (RFC 3261, 8.1.1.5).
  public var sequence: UInt32? { sequenceParts?.number }
  public var sequenceMethod: String? { sequenceParts?.method }

  private var sequenceParts: (number: UInt32, method: String)? {
    let parts = words("CSeq")
    guard parts.count == 2, let number = parts[0].number(UInt32.self), number < 1 << 31,
      parts[1].allSatisfy(\.isTokenCharacter)
    else { return nil }
    return (number, parts[1].text)
  }

  public var from: NameAddress? { self["From"].flatMap { try? NameAddress($0) } }
  /// The tag is the far end's, which gets back all of it.
  public var to: NameAddress? {
    self["To"].flatMap { try? NameAddress(ArraySlice($0), limit: Self.maximumLength) }
  }
  public var fromTag: String? { from?.tag }
  public var toTag: String? { to?.tag }

  public var topVia: Via? { all("Via").first.flatMap { try? Via($0) } }
  public var vias: [Via] { all("Via").compactMap { try? Via($0) } }

  /// All addresses of the fields of that name. Throws if one is unreadable, because a route without it leads elsewhere.
  public func addresses(_ name: String) throws(SIPSyntaxError) -> [NameAddress] {
    var list: [NameAddress] = []
    for text in all(name) { list.append(try NameAddress(text)) }
    return list
  }

  /// The readable ones, as below; `*` is ignored.
  public var contacts: [NameAddress] { all("Contact").compactMap { try? NameAddress($0) } }
  public var recordRoutes: [NameAddress] { all("Record-Route").compactMap { try? NameAddress($0) } }
  public var routes: [NameAddress] { all("Route").compactMap { try? NameAddress($0) } }
  public var referTo: NameAddress? { self["Refer-To"].flatMap { try? NameAddress($0) } }

  /// Option tags, in lower case.
  public var requires: [String] { all("Require").map(\.asciiLowercased) }
  public var proxyRequires: [String] { all("Proxy-Require").map(\.asciiLowercased) }
  public var supported: [String] { all("Supported").map(\.asciiLowercased) }
  public var unsupported: [String] { all("Unsupported").map(\.asciiLowercased) }
  /// Methods.
  public var allow: [String] { all("Allow") }

  public var reasons: [Reason] { all("Reason").compactMap { Reason($0) } }
  public var replaces: Replaces? { self["Replaces"].flatMap { Replaces($0) } }
  public var sessionExpires: SessionExpires? { self["Session-Expires"].flatMap { SessionExpires($0) } }

  /// Seconds (RFC 4028, 5).
  public var minimumSessionExpires: UInt32? { leadingNumber("Min-SE") }
  /// Seconds; comments and parameters after them are ignored.
  public var retryAfter: UInt32? { leadingNumber("Retry-After") }
  public var maxForwards: UInt32? { leadingNumber("Max-Forwards") }
  public var expires: UInt32? { leadingNumber("Expires") }

  /// From 1 on (RFC 3262, 7.1).
  public var reliableSequence: UInt32? { leadingNumber("RSeq").flatMap { $0 == 0 ? nil : $0 } }
  public var reliableAcknowledgement: ReliableAcknowledgement? {
    self["RAck"].flatMap { ReliableAcknowledgement($0) }
  }

  public var contentType: ContentType? { self["Content-Type"].flatMap { try? ContentType($0) } }

  private func words(_ name: String) -> [ArraySlice<UInt8>] {
    ArraySlice(self[name] ?? "").split(whereSeparator: \.isBlank)
  }

  private func leadingNumber(_ name: String) -> UInt32? {
    ArraySlice(self[name] ?? "").prefix(while: \.isDigit).number()
  }
}

extension SIPMessage {
  /// Whether a response says that the far end is there. Others are said by servers that do not reach it, too.
  var isOfFarEnd: Bool {
    switch status ?? 0 {
    case ...100, 404, 408, 430, 477, 480: false
    case 500...599: [501, 505, 513].contains(status)
    default: true
    }
  }
}
