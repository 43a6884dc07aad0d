// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The characters that the caller's terminal shows, as the locale says.
enum CharacterSet {
  /// Whether they are those of Unicode. Where no locale is set at all they are taken to be: a service or a bare ssh has
  /// none, and UTF-8 is what it is read as. The name is believed also where this machine does not have the locale.
  static let isUnicode: Bool = {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(CallerEnvironment.value(of:))
    guard let name = names.first(where: { !$0.isEmpty }) else { return true }
    let codeset = name.split(separator: "@", omittingEmptySubsequences: false)[0].split(separator: ".").dropFirst().last
    if let codeset { return codeset.lowercased().filter { $0 != "-" } == "utf8" }
    guard isSet, name != "C", name != "POSIX" else { return false }
    return nl_langinfo(Int32(CODESET)).map { String(cString: $0) } == "UTF-8"
  }()

  /// The locale's own tables, for characters' bytes and widths.
  static let isSet = setlocale(LC_CTYPE, "") != nil

  /// The bytes of a text, with a stand-in for each character that cannot be shown.
  static func bytes(_ text: String) -> [UInt8] {
    guard !isUnicode, !text.utf8.allSatisfy({ $0 < 0x80 }) else { return Array(text.utf8) }
    var result: [UInt8] = []
    for scalar in text.unicodeScalars {
      if scalar.isASCII { result.append(UInt8(scalar.value)) } else { result += bytes(scalar) }
    }
    return result
  }

  private static func bytes(_ scalar: Unicode.Scalar) -> [UInt8] {
    var buffer = [CChar](repeating: 0, count: Int(CLINUX_CHARACTER_SIZE))
    let length = isSet ? clinux_encode_character(scalar.value, &buffer) : 0
    if length > 0 { return buffer[..<length].map(UInt8.init(bitPattern:)) }
    return Array((standIns[scalar] ?? "?").utf8)
  }

  private static let standIns: [Unicode.Scalar: String] = [
    "“": "\"", "”": "\"", "„": "\"", "‘": "'", "’": "'", "…": "...", "●": "*", "○": "o", "·": "-", "–": "-", "—": "-",
    "→": "->", "×": "x", "\u{A0}": " ", "\u{202F}": " ",
  ]

  /// How many columns of a terminal a text takes.
  static func width(_ text: some StringProtocol) -> Int {
    if text.utf8.allSatisfy({ $0 < 0x80 }) { return text.utf8.count }
    guard isSet else { return text.count }
    return text.unicodeScalars.reduce(0) { $0 + Int(clinux_character_width($1.value)) }
  }

  /// The beginning of a text that takes at most `columns`, with an ellipsis where it is cut.
  static func cut(_ text: String, to columns: Int) -> String {
    guard width(text) > columns else { return text }
    let ellipsis = isUnicode ? "…" : "..."
    var result = ""
    var room = columns - width(ellipsis)
    for character in text {
      room -= width(String(character))
      if room < 0 { break }
      result.append(character)
    }
    return columns < width(ellipsis) ? "" : result + ellipsis
  }
}
