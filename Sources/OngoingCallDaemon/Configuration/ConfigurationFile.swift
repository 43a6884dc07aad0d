// SPDX-License-Identifier: Apache-2.0
import CallModel

/// The syntax of a configuration file (systemd.syntax(7)): sections, assignments, comments, lines that are continued.
struct ConfigurationFile: Equatable, Sendable {
  /// A line that was left out, and why.
  struct Problem: Error, Equatable, Sendable {
    /// From 1; of a continued line, where it begins. 0 is the file as a whole.
    var line: Int
    var text: String
  }

  struct Assignment: Equatable, Sendable {
    var section: String
    var key: String
    var value: String
    var line: Int

    /// As much of each as fits into a warning.
    var shown: (section: String, key: String, value: String) {
      func safe(_ text: String) -> String { DisplayText(String(text.prefix(80))).description }
      return (safe(section), safe(key), safe(value))
    }
  }

  private(set) var assignments: [Assignment] = []
  private(set) var problems: [Problem] = []
  private var section: Substring?

  init(_ contents: [UInt8]) {
    var continued: (text: String, line: Int)?
    for (index, bytes) in contents.split(separator: 10, omittingEmptySubsequences: false).enumerated() {
      guard let whole = String(validating: bytes, as: UTF8.self) else {
        problems.append(Problem(line: index + 1, text: "the line is not UTF-8"))
        continue
      }
      let text = Self.trimmed(whole[...])
      if text.hasPrefix("#") || text.hasPrefix(";") { continue }
      let (start, line) = continued ?? ("", index + 1)
      continued = nil
      if text.hasSuffix("\\") {
        continued = (start + text.dropLast() + " ", line)
      } else {
        take(Self.trimmed((start + text)[...]), line)
      }
    }
    if let continued { take(Self.trimmed(continued.text[...]), continued.line) }
  }

  private mutating func take(_ text: Substring, _ line: Int) {
    if text.isEmpty { return }
    if text.hasPrefix("[") {
      section = text.hasSuffix("]") && text.count > 2 ? text.dropFirst().dropLast() : nil
      if section == nil { problems.append(Problem(line: line, text: "expected [Section]")) }
    } else if let equals = text.firstIndex(of: "="), equals != text.startIndex {
      guard let section else {
        problems.append(Problem(line: line, text: "expected a [Section] before it"))
        return
      }
      let (key, value) = (Self.trimmed(text[..<equals]), Self.trimmed(text[text.index(after: equals)...]))
      assignments.append(
        Assignment(section: String(section), key: String(key), value: String(value), line: line))
    } else {
      problems.append(Problem(line: line, text: "expected Key=Value"))
    }
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop(while: \.isWhitespace)
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
