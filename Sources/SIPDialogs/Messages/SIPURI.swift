// SPDX-License-Identifier: Apache-2.0

/// A SIP address (RFC 3261, 19.1), with its complete grammar (25.1), and some leniency for what people write.
public struct SIPURI: Sendable, Equatable, Hashable, CustomStringConvertible {
  /// The maximum in bytes, before and after escaping.
  public static let maximumLength = 2048

  public enum Scheme: String, Sendable, Codable { case sip, sips }

  public var scheme: Scheme
  /// Escaped as on the wire; including `;phone-context=…` and `?`, if present.
  public var user: String?
  public var password: String?
  /// In lower case; IPv6 without brackets, and in one spelling.
  public var host: String
  public var port: UInt16?
  public var parameters: [Parameter]
  /// What follows the question mark.
  public var headers: String?

  public init(
    scheme: Scheme = .sip, user: String? = nil, host: String, port: UInt16? = nil, parameters: [Parameter] = []
  ) {
    (self.scheme, self.user, self.host, self.port) = (
      scheme, user, NumericAddress.canonical(host.asciiLowercased), port
    )
    self.parameters = parameters
  }

  public init(_ text: String) throws(SIPSyntaxError) { try self.init(ArraySlice(text)) }

  init(_ text: ArraySlice<UInt8>) throws(SIPSyntaxError) {
    guard !text.isEmpty else { throw .empty("address") }
    guard text.count <= Self.maximumLength else {
      throw .tooLong("address", count: text.count, limit: Self.maximumLength)
    }
    if let wrong = text.first(where: { $0.isControl || $0.isBlank || $0.isOne(of: "<>\"") }) {
      throw .character("address", code: wrong)
    }
    guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { throw .scheme("") }
    guard let scheme = Scheme(rawValue: text[..<colon].text.asciiLowercased) else { throw .scheme(text[..<colon].text) }
    self.scheme = scheme
    var rest = text[(colon + 1)...]
    try Self.checkEscapes(rest)
    // Only the user part may contain this character, and it may contain all other separators.
    if let at = rest.firstIndex(of: UInt8(ascii: "@")) {
      let info = rest[..<at]
      let name = info.prefix { $0 != UInt8(ascii: ":") }
      guard !name.isEmpty else { throw .user(info.text) }
      user = Self.escaped(name) { $0.isUnreserved || $0.isOne(of: "%&=+$,;?/") }
      if name.endIndex < info.endIndex {
        password = Self.escaped(info[(name.endIndex + 1)...]) { $0.isUnreserved || $0.isOne(of: "%&=+$,") }
      }
      rest = rest[(at + 1)...]
    }
    if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
      headers = Self.escaped(rest[(mark + 1)...]) { $0 < 0x80 }
      rest = rest[..<mark]
    }
    let authority = rest.prefix { $0 != UInt8(ascii: ";") }
    let place = try HostPort(authority)
    (host, port) = (place.host, place.port)
    parameters = try Self.parameters(rest[authority.endIndex...])
    let count = description.utf8.count
    guard count <= Self.maximumLength else { throw .tooLong("address", count: count, limit: Self.maximumLength) }
  }

  private static func parameters(_ text: ArraySlice<UInt8>) throws(SIPSyntaxError) -> [Parameter] {
    var list: [Parameter] = []
    for part in text.split(separator: UInt8(ascii: ";")) {
      let name = part.prefix { $0 != UInt8(ascii: "=") }
      guard !name.isEmpty else { throw .parameter(part.text) }
      guard list.count < Parameter.maximumCount else {
        throw .tooMany("parameters of an address", limit: Parameter.maximumCount)
      }
      let value = name.endIndex < part.endIndex ? part[(name.endIndex + 1)...] : nil
      list.append(Parameter(escaped(name) { $0 < 0x80 }, value.map { escaped($0) { $0 < 0x80 } }))
    }
    return list
  }

  private static func checkEscapes(_ text: ArraySlice<UInt8>) throws(SIPSyntaxError) {
    for index in text.indices where text[index] == UInt8(ascii: "%") {
      let digits = text[(index + 1)...].prefix(2)
      guard digits.count == 2, digits.allSatisfy(\.isHexDigit) else { throw .escape(text[index...].prefix(3).text) }
    }
  }

  /// Escapes what is not allowed: people write the # of dial strings, and letters of all languages, unescaped.
  static func escaped(_ text: ArraySlice<UInt8>, allowed: (UInt8) -> Bool) -> String {
    var bytes: [UInt8] = []
    for byte in text {
      if allowed(byte) {
        bytes.append(byte)
      } else {
        bytes += [UInt8(ascii: "%"), hexDigits[Int(byte >> 4)], hexDigits[Int(byte & 15)]]
      }
    }
    return bytes.text
  }

  private static let hexDigits = Array("0123456789ABCDEF".utf8)

  public var description: String {
    var text = scheme.rawValue + ":"
    if let user {
      text += user
      if let password { text += ":" + password }
      text += "@"
    }
    text += HostPort.text(host, port)
    for parameter in parameters {
      text += ";" + parameter.name
      if let value = parameter.value { text += "=" + value }
    }
    if let headers { text += "?" + headers }
    return text
  }

  /// Of the parameters, in lower case.
  public var transport: String? {
    guard let value = parameters["transport"]?.asciiLowercased, !value.isEmpty else { return nil }
    return value
  }

  public var isLooseRouter: Bool { parameters.contains("lr") }

  /// Without the parts that a Request-URI must not have (RFC 3261, 19.1.1).
  public var forRequest: SIPURI {
    var uri = self
    uri.headers = nil
    uri.parameters.remove("method")
    return uri
  }
}

extension SIPURI: Codable {
  /// One string, as on the wire: saved data are checked like received data.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = try SIPURI(container.decode(String.self))
    } catch let error as SIPSyntaxError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.description)
    }
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
