// SPDX-License-Identifier: Apache-2.0

/// The file that Flatpak puts into the root of a sandbox, and of the proxy that owns its bus connection:
/// `/.flatpak-info`, a key file (Desktop Entry Specification, "Basic format of the file").
enum FlatpakInfo {
  static let name = ".flatpak-info"
  static let limit = 64 * 1024

  struct Problem: Error, Equatable {
    var text: String
  }

  /// Reads the key `name` of the group `Application`.
  static func application(of contents: [UInt8]) throws(Problem) -> String {
    guard contents.count <= limit, !contents.contains(0), String(validating: contents, as: UTF8.self) != nil else {
      throw Problem(text: "it is not text, or is larger than \(limit) bytes")
    }
    var isInGroup = false
    var names: [Substring] = []
    // Split the bytes: to Swift, a line ending can consist of two characters.
    for line in contents.split(separator: 10).map({ trimmed(Substring(decoding: $0, as: UTF8.self)) }) {
      if line.hasPrefix("[") {
        isInGroup = line == "[Application]"
      } else if isInGroup, let equals = line.firstIndex(of: "="), trimmed(line[..<equals]) == "name" {
        names.append(trimmed(line[line.index(after: equals)...]))
      }
    }
    guard let name = names.first else { throw Problem(text: "it names no application") }
    guard names.count == 1 else { throw Problem(text: "it names \(names.count) applications") }
    guard isApplication(name) else { throw Problem(text: "it names an invalid application") }
    return String(name)
  }

  private static func trimmed(_ text: Substring) -> Substring {
    let isSpace = { (character: Character) in character == " " || character == "\t" || character == "\r" }
    guard let end = text.lastIndex(where: { !isSpace($0) }) else { return "" }
    return text[...end].drop(while: isSpace)
  }

  /// Three or more elements of letters, digits, “_” and “-”, none of which begins with a digit.
  private static func isApplication(_ name: Substring) -> Bool {
    let elements = name.split(separator: ".", omittingEmptySubsequences: false)
    return name.utf8.count <= Sandbox.applicationBytes && elements.count >= 3
      && elements.allSatisfy { element in
        guard let first = element.utf8.first, !(48...57).contains(first) else { return false }
        return element.utf8.allSatisfy(isWord)
      }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte) || byte == 45 || byte == 95
  }
}
