// SPDX-License-Identifier: Apache-2.0

/// The address of a call: an absolute URI (RFC 3986), checked before anything is started for it.
public struct CallURI: Hashable, Sendable, CustomStringConvertible {
  /// The longest address, in bytes.
  public static let maximumLength = 2048

  /// As it was given.
  public let description: String
  /// In lower case (RFC 3986, 3.1).
  public let scheme: String

  public enum Invalid: Error, Equatable, CustomStringConvertible {
    case empty
    case tooLong(Int)
    case forbiddenCharacter(UInt32, at: Int)
    case noScheme
    case noHost
    case malformedHost(String)
    case malformedPort(String)
    case malformedEscape(String)
    case password
    case headers
    case malformedNumber(String)

    public var description: String {
      switch self {
      case .empty: "the address is empty"
      case .tooLong(let count):
        "the address is \(count) bytes long; at most \(CallURI.maximumLength) are allowed"
      case .forbiddenCharacter(let value, let offset):
        "the address has a character \(Self.name(of: value)) at byte \(offset), which a URI must not contain; "
          + "percent-encode it"
      case .noScheme: "the address has no scheme; write it like sip:someone@example.org"
      case .noHost: "the address has no host; write it like sip:someone@example.org"
      case .malformedHost(let host):
        "the address's host “\(host)” is not a name, an IPv4 address, or an IPv6 address in brackets"
      case .malformedPort(let port): "the address's port “\(port)” is not a number from 1 to 65535"
      case .malformedEscape(let escape):
        "the address has “\(escape)”; a percent sign must be followed by two hexadecimal digits"
      case .password: "the address contains a password; remove it"
      case .malformedNumber(let number):
        "“\(OptionProblem.shown(number))” is not a number of up to 40 digits, “*” and “#”, with or without “+” before them"
      case .headers: "the address has header fields after “?”; remove them"
      }
    }

    static func name(of character: UInt32) -> String {
      let digits = String(character, radix: 16, uppercase: true)
      return "U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
  }

  public init(_ text: String) throws(Invalid) {
    guard !text.isEmpty else { throw .empty }
    guard text.utf8.count <= Self.maximumLength else { throw .tooLong(text.utf8.count) }
    var offset = 0
    for character in text.unicodeScalars {
      guard Self.isAllowed(character) else { throw .forbiddenCharacter(character.value, at: offset) }
      offset += character.utf8.count
    }
    guard let colon = text.firstIndex(of: ":"), Self.isScheme(text[..<colon]) else { throw .noScheme }
    let scheme = text[..<colon].lowercased()
    let rest = text[text.index(after: colon)...]
    try Self.checkEscapes(rest)
    if scheme == "sip" || scheme == "sips" {
      try Self.checkSIP(rest)
    } else {
      guard !rest.isEmpty else { throw .noHost }
      try Self.checkAuthority(rest)
    }
    self.scheme = scheme
    description = text
  }

  /// The characters of RFC 3986, 2: unreserved, reserved, and the percent sign.
  private static func isAllowed(_ character: Unicode.Scalar) -> Bool {
    switch character {
    case "a"..."z", "A"..."Z", "0"..."9": true
    case "-", ".", "_", "~", ":", "/", "?", "#", "[", "]", "@", "!", "$", "&", "'", "(", ")", "*", "+", ",", ";",
      "=", "%":
      true
    default: false
    }
  }

  private static func isScheme(_ text: Substring) -> Bool {
    guard let first = text.unicodeScalars.first, ("a"..."z").contains(first) || ("A"..."Z").contains(first)
    else { return false }
    return text.unicodeScalars.allSatisfy {
      switch $0 {
      case "a"..."z", "A"..."Z", "0"..."9", "+", "-", ".": true
      default: false
      }
    }
  }

  /// `[user@]host[:port][;parameters]` (RFC 3261, 19.1.1), without a password or header fields.
  private static func checkSIP(_ rest: Substring) throws(Invalid) {
    var hostPart = rest
    if let at = rest.firstIndex(of: "@") {
      guard !rest[..<at].contains(":") else { throw .password }
      hostPart = rest[rest.index(after: at)...]
    }
    // In the user part it is an ordinary character.
    guard !hostPart.contains("?") else { throw .headers }
    hostPart = hostPart.prefix { $0 != ";" }
    guard !hostPart.isEmpty else { throw .noHost }
    let host: Substring
    if hostPart.first == "[" {
      guard let close = hostPart.firstIndex(of: "]") else { throw .malformedHost(String(hostPart)) }
      host = hostPart[...close]
      guard InternetAddress.isIPv6(host.dropFirst().dropLast()) else { throw .malformedHost(String(host)) }
    } else {
      host = hostPart.prefix { $0 != ":" }
      guard !host.isEmpty else { throw .noHost }
      guard isName(host) || InternetAddress.isIPv4(host) else { throw .malformedHost(String(host)) }
    }
    let port = hostPart[host.endIndex...]
    guard port.isEmpty || isPort(port) else { throw .malformedPort(String(port.drop { $0 == ":" })) }
  }

  /// `//[user@]host` (RFC 3986, 3.2). Only the password is checked.
  private static func checkAuthority(_ rest: Substring) throws(Invalid) {
    guard rest.hasPrefix("//") else { return }
    let authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    guard let at = authority.lastIndex(of: "@") else { return }
    guard !authority[..<at].contains(":") else { throw .password }
  }

  private static func checkEscapes(_ rest: Substring) throws(Invalid) {
    var rest = rest
    while let percent = rest.firstIndex(of: "%") {
      let digits = rest[percent...].dropFirst().prefix(2)
      guard digits.count == 2, digits.allSatisfy(\.isHexDigit) else {
        throw .malformedEscape(String(rest[percent...].prefix(3)))
      }
      rest = rest[digits.endIndex...]
    }
  }

  private static func isPort(_ text: Substring) -> Bool {
    let digits = text.dropFirst()
    return text.first == ":" && digits.allSatisfy("0123456789".contains) && (UInt16(digits) ?? 0) > 0
  }

  /// Labels, the last of which begins with a letter, so that a name is never a malformed IPv4 address (RFC 3261, 25.1).
  private static func isName(_ host: Substring) -> Bool {
    var labels = host.split(separator: ".", omittingEmptySubsequences: false)
    if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
    return labels.last?.first?.isLetter == true && labels.allSatisfy(isLabel)
  }

  private static func isLabel(_ label: Substring) -> Bool {
    !label.isEmpty && label.utf8.count <= 63 && label.first != "-" && label.last != "-"
      && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }
  }
}

extension CallURI {
  /// Whom an address calls, for people: without what only programs need. Any other text stays as it is.
  package static func forPeople(_ text: String) -> String {
    guard let uri = try? CallURI(text), ["sip", "sips"].contains(uri.scheme) else { return text }
    let address = text.dropFirst(uri.scheme.utf8.count + 1).prefix { $0 != ";" && $0 != "?" }
    guard let at = address.lastIndex(of: "@"), let colon = address[..<at].firstIndex(of: ":") else {
      return String(address)
    }
    // A password.
    return String(address[..<colon] + address[at...])
  }
}
