// SPDX-License-Identifier: Apache-2.0

extension UInt8 {
  var isDigit: Bool { self >= 0x30 && self <= 0x39 }
  var isLetter: Bool { (self | 0x20) >= 0x61 && (self | 0x20) <= 0x7A }
  var isHexDigit: Bool { isDigit || ((self | 0x20) >= 0x61 && (self | 0x20) <= 0x66) }
  var isBlank: Bool { self == 0x20 || self == 0x09 }
  /// Blanks and tabs are none.
  var isControl: Bool { (self < 0x20 && self != 0x09) || self == 0x7F }

  /// RFC 3261, 25.1: `token`.
  var isTokenCharacter: Bool { isDigit || isLetter || isOne(of: "-.!%*_+`'~") }

  /// RFC 3261, 25.1: `unreserved`.
  var isUnreserved: Bool { isDigit || isLetter || isOne(of: "-_.!~*'()") }

  func isOne(of characters: StaticString) -> Bool {
    characters.withUTF8Buffer { $0.contains(self) }
  }
}

extension Collection<UInt8> {
  var text: String { String(decoding: self, as: UTF8.self) }
}

extension ArraySlice<UInt8> {
  init(_ text: String) { self = Array(text.utf8)[...] }

  var trimmed: ArraySlice<UInt8> {
    var rest = self
    while let first = rest.first, first.isBlank { rest.removeFirst() }
    while let last = rest.last, last.isBlank { rest.removeLast() }
    return rest
  }

  /// Splits at separators that are neither in a quoted string nor, if requested, in angle brackets.
  func split(at separator: UInt8, brackets: Bool = false) -> [ArraySlice<UInt8>] {
    var parts: [ArraySlice<UInt8>] = []
    var (start, quoted, escaped, inside) = (startIndex, false, false, false)
    for index in indices {
      let byte = self[index]
      if escaped {
        escaped = false
      } else if quoted {
        if byte == UInt8(ascii: "\\") { escaped = true } else if byte == UInt8(ascii: "\"") { quoted = false }
      } else if inside {
        inside = byte != UInt8(ascii: ">")
      } else if byte == UInt8(ascii: "\"") {
        quoted = true
      } else if brackets && byte == UInt8(ascii: "<") {
        inside = true
      } else if byte == separator {
        parts.append(self[start..<index])
        start = index + 1
      }
    }
    parts.append(self[start...])
    return parts
  }

  /// A quoted string at the start, without quotes and escapes, and what follows it; nil if it is not closed.
  func quotedPrefix() -> (content: [UInt8], rest: ArraySlice<UInt8>)? {
    guard first == UInt8(ascii: "\"") else { return nil }
    var (content, index) = ([UInt8](), startIndex + 1)
    while index < endIndex {
      switch self[index] {
      case UInt8(ascii: "\""): return (content, self[(index + 1)...])
      case UInt8(ascii: "\\"):
        index += 1
        guard index < endIndex else { return nil }
        content.append(self[index])
      default: content.append(self[index])
      }
      index += 1
    }
    return nil
  }

  /// A number that consists of digits only and fits.
  func number<Number: FixedWidthInteger>(_ type: Number.Type = Number.self) -> Number? {
    guard !isEmpty, allSatisfy(\.isDigit) else { return nil }
    return Number(text)
  }
}

extension String {
  /// ASCII only: no other letter becomes an ASCII letter.
  var asciiLowercased: String { utf8.map { $0 >= 0x41 && $0 <= 0x5A ? $0 | 0x20 : $0 }.text }

  /// Whether both are equal except for the case of ASCII letters.
  func isSame(as other: String) -> Bool {
    func lower(_ byte: UInt8) -> UInt8 { byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte }
    return utf8.count == other.utf8.count && utf8.elementsEqual(other.utf8) { lower($0) == lower($1) }
  }

  var asciiUppercased: String { utf8.map { $0 >= 0x61 && $0 <= 0x7A ? $0 & 0xDF : $0 }.text }

  var quoted: String {
    var bytes: [UInt8] = [UInt8(ascii: "\"")]
    for byte in utf8 {
      if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { bytes.append(UInt8(ascii: "\\")) }
      bytes.append(byte)
    }
    return bytes.text + "\""
  }

  /// Without line endings and control characters, which would end a header field or break the far end's parser.
  var withoutControls: String {
    for byte in utf8 where byte.isControl { return utf8.map { $0.isControl ? 0x20 : $0 }.text }
    return self
  }

  /// For errors, so that one address does not fill a log.
  var excerpt: String { utf8.count <= 80 ? self : prefix(80) + "…" }
}
