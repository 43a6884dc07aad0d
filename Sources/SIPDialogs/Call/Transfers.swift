// SPDX-License-Identifier: Apache-2.0

/// Who is to call whom instead of this call (RFC 3515, RFC 5589).
struct Transfers: Sendable, Equatable, Codable {
  /// The far end has been asked to call somebody else.
  struct Outgoing: Sendable, Equatable, Codable {
    /// An address, maybe with the dialog that it is to replace.
    var target: String
    /// The CSeq of the REFER, which notices name.
    var sequence: UInt32
  }

  /// The far end asks this end to call somebody else. Its user decides.
  struct Incoming: Sendable, Equatable, Codable {
    enum Answer: String, Sendable, Codable {
      case accepted, declined
      /// The other call is up.
      case done
      case failed
    }

    /// As in ``Outgoing/target``, and who asks.
    var target: String
    var sequence: UInt32
    var isAccepted = false
  }

  var outgoing: Outgoing?
  var incoming: Incoming?
  /// The call that has taken this one's place, by the address that the far end has asked for.
  var done: String?
}

extension SIPURI {
  /// The value of a header of the address, without its escapes.
  func header(_ name: String) -> String? {
    for field in (headers ?? "").utf8.split(separator: UInt8(ascii: "&")) {
      let key = field.prefix { $0 != UInt8(ascii: "=") }
      guard key.text.asciiLowercased == name.asciiLowercased, key.endIndex < field.endIndex else { continue }
      return Self.plain(field[field.index(after: key.endIndex)...])
    }
    return nil
  }

  /// nil if it has escapes of what no header may have.
  private static func plain(_ text: Substring.UTF8View) -> String? {
    var (bytes, rest) = ([UInt8](), text)
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      guard let digits = String(rest.prefix(2)), let value = UInt8(digits, radix: 16), !value.isControl else {
        return nil
      }
      bytes.append(value)
      rest = rest.dropFirst(2)
    }
    return bytes.text
  }

  /// With further headers, escaped.
  func adding(headers fields: [(name: String, value: String)]) -> SIPURI {
    var uri = self
    let texts = fields.map { "\($0.name)=" + Self.escaped(ArraySlice($0.value)) { $0.isUnreserved } }
    uri.headers = ([headers].compactMap { $0 } + texts).joined(separator: "&")
    return uri
  }
}

extension SIPMessage {
  /// The status of a notice about a transfer: its body begins like a response.
  var noticedStatus: (status: Int, text: String)? {
    guard let type = contentType, type.type == "message", type.subtype == "sipfrag" else { return nil }
    let line = body.prefix { $0 != UInt8(ascii: "\r") && $0 != UInt8(ascii: "\n") }
    let words = ArraySlice(line).split(separator: UInt8(ascii: " "), maxSplits: 2)
    guard words.count >= 2, words[0].text == "SIP/2.0", words[1].count == 3, let status = words[1].number(Int.self)
    else { return nil }
    let phrase = words.count > 2 ? " " + words[2].text.excerpt : ""
    return (status, "\(status)\(phrase)")
  }

  /// The server of a subscription will send no more notices (RFC 6665, 4.1.3).
  var isLastNotice: Bool {
    self["Subscription-State"]?.asciiLowercased.hasPrefix("terminated") == true
  }

  /// Whether a notice is about the REFER of this number. One without a number is about the only one.
  func isNotice(of sequence: UInt32) -> Bool {
    guard let event = self["Event"] else { return false }
    let parts = event.utf8.split(separator: UInt8(ascii: ";")).map { ArraySlice($0.text).trimmed.text.asciiLowercased }
    guard parts.first == "refer" else { return false }
    return parts.dropFirst().first { $0.hasPrefix("id=") }.map { $0 == "id=\(sequence)" } ?? true
  }
}
