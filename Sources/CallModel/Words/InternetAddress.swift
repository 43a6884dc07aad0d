// SPDX-License-Identifier: Apache-2.0

/// The textual forms of Internet addresses (RFC 3986, 3.2.2).
enum InternetAddress {
  static func isIPv4(_ text: Substring) -> Bool {
    let numbers = text.split(separator: ".", omittingEmptySubsequences: false)
    return numbers.count == 4
      && numbers.allSatisfy {
        (1...3).contains($0.count) && $0.allSatisfy("0123456789".contains) && UInt8($0) != nil
      }
  }

  static func isIPv6(_ text: Substring) -> Bool {
    guard let gap = elision(text) else { return groups(text) == 8 }
    let after = text[gap.upperBound...]
    guard elision(after) == nil, let head = groups(text[..<gap.lowerBound], last: false), let tail = groups(after)
    else { return false }
    return head + tail <= 7
  }

  /// The first “::”.
  private static func elision(_ text: Substring) -> Range<Substring.Index>? {
    text.indices.lazy.compactMap { index -> Range<Substring.Index>? in
      text[index...].hasPrefix("::") ? index..<text.index(index, offsetBy: 2) : nil
    }.first
  }

  /// How many groups of 16 bits `text` has; nil if it is invalid. A trailing IPv4 address counts as two.
  private static func groups(_ text: Substring, last: Bool = true) -> Int? {
    guard !text.isEmpty else { return 0 }
    var parts = text.split(separator: ":", omittingEmptySubsequences: false)
    var count = 0
    if last, let end = parts.last, isIPv4(end) {
      parts.removeLast()
      count = 2
    }
    guard parts.allSatisfy({ (1...4).contains($0.count) && $0.allSatisfy(\.isHexDigit) }) else { return nil }
    return count + parts.count
  }
}
