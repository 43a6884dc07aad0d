// SPDX-License-Identifier: Apache-2.0

/// `host [":" port]` (RFC 3261, 25.1).
struct HostPort: Equatable {
  /// In lower case; IPv6 without brackets, and in one spelling.
  var host: String
  var port: UInt16?

  init(_ text: ArraySlice<UInt8>) throws(SIPSyntaxError) {
    var rest: ArraySlice<UInt8>
    if text.first == UInt8(ascii: "[") {
      guard let close = text.firstIndex(of: UInt8(ascii: "]")) else { throw .host(text.text) }
      let written = text[(text.startIndex + 1)..<close].text.asciiLowercased
      guard let address = NumericAddress(written), address.isIPv6 else { throw .host(written) }
      host = "\(address)"
      rest = text[(close + 1)...]
    } else {
      let name = text.prefix { $0 != UInt8(ascii: ":") }
      host = name.trimmed.text.asciiLowercased
      guard Self.isName(host) || NumericAddress(host) != nil else { throw .host(host) }
      rest = text[name.endIndex...]
    }
    rest = rest.trimmed
    guard !rest.isEmpty else { return }
    let digits = rest.dropFirst().trimmed
    guard rest.first == UInt8(ascii: ":"), let port = digits.number(UInt16.self), port > 0 else {
      throw .port(digits.text)
    }
    self.port = port
  }

  /// Labels, the last of which begins with a letter. Underscores are not allowed in host names, but are common.
  static func isName(_ host: String) -> Bool {
    guard host.utf8.count <= 255 else { return false }
    var labels = host.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    if labels.count > 1, labels.last?.isEmpty == true { labels.removeLast() }
    guard labels.last?.first?.isLetter == true else { return false }
    return labels.allSatisfy { label in
      (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
        && label.allSatisfy { $0.isLetter || $0.isDigit || $0.isOne(of: "-_") }
    }
  }

  static func text(_ host: String, _ port: UInt16?) -> String {
    (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + (port.map { ":\($0)" } ?? "")
  }
}
