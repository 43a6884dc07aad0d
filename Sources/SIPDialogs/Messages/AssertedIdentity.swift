// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// Whom a server says that the call is with (RFC 3325, RFC 5876), for people. It is a text and not an address to call:
/// what a server asserts is as good as the server.
struct AssertedIdentity: Sendable, Equatable, CustomStringConvertible {
  let description: String

  /// In bytes, of either part.
  private static let longest = 200

  /// nil where there is none, or whoever it is does not want to be known.
  init?(_ message: SIPMessage) {
    let privacy = (message["Privacy"] ?? "").utf8.split(separator: UInt8(ascii: ";"))
    guard !privacy.contains(where: { ["id", "user"].contains(ArraySlice($0.text).trimmed.text.asciiLowercased) }),
      let field = message.all("P-Asserted-Identity").lazy.compactMap(Self.parts).first
    else { return nil }
    description = [field.name, field.address].filter { !$0.isEmpty }.joined(separator: " ")
  }

  private static func parts(_ value: String) -> (name: String, address: String)? {
    let text = ArraySlice(value).trimmed
    let (quoted, rest) = text.quotedPrefix().map { ($0.0.text, $0.1.trimmed) } ?? ("", text)
    let open = rest.firstIndex(of: UInt8(ascii: "<"))
    let name = quoted.isEmpty ? open.map { rest[..<$0].trimmed.text } ?? "" : quoted
    let address = open.map { rest[($0 + 1)...].prefix { $0 != UInt8(ascii: ">") }.text } ?? rest.text
    let number = address.utf8.prefix { $0 != UInt8(ascii: ";") }
    guard let shown = (try? SIPURI(address))?.plain ?? (isTelephone(number) ? number.text : nil) else { return nil }
    return (shortened(DisplayText(name).description), shortened(DisplayText(shown).description))
  }

  private static func isTelephone(_ text: Substring.UTF8View) -> Bool {
    text.count > 4 && text.prefix(4).text.asciiLowercased == "tel:"
      && text.dropFirst(4).allSatisfy { $0.isDigit || $0.isOne(of: "+-.()*#") }
  }

  private static func shortened(_ text: String) -> String {
    guard text.utf8.count > longest else { return text }
    var result = ""
    for character in text {
      guard result.utf8.count + character.utf8.count <= longest else { break }
      result.append(character)
    }
    return result + "…"
  }
}

extension SIPURI {
  /// For people: without what is for servers.
  fileprivate var plain: String { "\(SIPURI(scheme: scheme, user: user, host: host, port: port))" }
}
