// SPDX-License-Identifier: Apache-2.0

/// A link that asks for a call, as web pages and mails have them. Whoever wrote it is not trusted: what is left of it is
/// whom to call, and nothing else of how.
package struct CallLink: Equatable, Sendable {
  package static let schemes = ["sip", "sips", "tel", "callto"]
  /// The longest callee, in bytes: as long as a person can look it over.
  package static let maximumLength = 128

  /// Whom to call, as `Launch` takes it: a `sip:` or `sips:` address, or a number. It is ASCII.
  package let callee: String

  package enum Invalid: Error, Equatable, CustomStringConvertible {
    case scheme(String)
    case tooLong
    case encoding
    case questionMark
    case noNumber(String)
    case serviceCode(String)
    case address(CallURI.Invalid)

    package var description: String {
      switch self {
      case .scheme(let scheme):
        "“\(OptionProblem.shown(scheme))” links cannot be called; expected one of "
          + CallLink.schemes.map { $0 + ":" }.joined(separator: ", ")
      case .tooLong: "whom it calls is longer than \(CallLink.maximumLength) bytes, too long to be looked over"
      case .encoding: "it is percent-encoded twice, or what is encoded is not text"
      case .questionMark: "it has a question mark in front of “@”, so that whom it calls is not clear"
      case .noNumber(let text): "“\(OptionProblem.shown(text))” is neither a number nor an address"
      case .serviceCode(let code):
        "“\(OptionProblem.shown(code))” has “*” or “#”: it may be a code that changes settings at your provider, such as "
          + "call forwarding"
      case .address(.forbiddenCharacter(let value, _)):
        "whom it calls has the character \(CallURI.Invalid.name(of: value)), which no address has; it may be there to "
          + "make it look like another address"
      case .address(let problem): "\(problem)"
      }
    }
  }

  package init(_ text: String) throws(Invalid) {
    guard text.utf8.count <= CallURI.maximumLength else { throw .address(.tooLong(text.utf8.count)) }
    let colon = text.firstIndex(of: ":") ?? text.endIndex
    let scheme = text[..<colon].lowercased()
    guard colon != text.endIndex else { throw .address(.noScheme) }
    guard Self.schemes.contains(scheme) else { throw .scheme(String(text[...colon])) }
    var rest = text[text.index(after: colon)...]
    // As many pages have it, though it is wrong.
    if rest.hasPrefix("//") { rest = rest.dropFirst(2) }
    let body = try Self.decoded(Self.withoutHeaders(rest))
    let isNumber = scheme == "tel" || scheme == "callto" && !body.contains("@")
    callee = isNumber ? try Self.number(body) : try Self.address(scheme == "callto" ? "sip" : scheme, body)
    guard callee.utf8.count <= Self.maximumLength else { throw .tooLong }
  }

  /// Header fields say how to call: in whose place, for whom, with what to show.
  private static func withoutHeaders(_ rest: Substring) throws(Invalid) -> Substring {
    let part = rest.prefix { $0 != "?" }
    // It would be a part of the user's name (RFC 3261, 25.1).
    guard part.contains("@") || !rest.dropFirst(part.count).contains("@") else { throw .questionMark }
    return part
  }

  /// Once. What is still encoded then would be decoded by somebody else.
  private static func decoded(_ text: Substring) throws(Invalid) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == UInt8(ascii: "%") else {
        bytes.append(byte)
        continue
      }
      let digits = String(decoding: rest.prefix(2), as: UTF8.self)
      guard digits.utf8.count == 2, digits.allSatisfy(\.isHexDigit), let value = UInt8(digits, radix: 16) else {
        throw .address(.malformedEscape("%" + digits))
      }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    guard let decoded = String(validating: bytes, as: UTF8.self), !decoded.contains("%"), !decoded.contains("?") else {
      throw .encoding
    }
    return decoded
  }

  private static func number(_ body: String) throws(Invalid) -> String {
    guard !body.contains(where: { "*#".contains($0) }) else { throw .serviceCode(body) }
    guard case .number(let number)? = try? CallTarget("tel:" + body.filter { $0 != " " }) else { throw .noNumber(body) }
    return number
  }

  private static func address(_ scheme: String, _ body: String) throws(Invalid) -> String {
    guard body.count(where: { $0 == "@" }) <= 1 else { throw .address(.malformedHost(body)) }
    let uri: CallURI
    do { uri = try CallURI("\(scheme):\(body)") } catch { throw .address(error) }
    guard let parts = SIPAddress(uri) else { throw .address(.noHost) }
    if let user = parts.user, user.contains(where: { "*#".contains($0) }) { throw .serviceCode(user) }
    let user = parts.user.map { $0 + "@" } ?? ""
    return "\(scheme):\(user)\(parts.host)"
      + parts.parameters.split(separator: ";").filter(isKept).map { ";" + $0 }.joined()
  }

  /// Parameters say where a call goes, and how. These make it neither another nor less private.
  private static func isKept(_ parameter: Substring) -> Bool {
    let text = parameter.lowercased()
    return text == "transport=tls" || text == "user=phone" || text == "user=ip"
  }
}
