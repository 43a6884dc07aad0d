// SPDX-License-Identifier: Apache-2.0

/// The syntax of a configuration file (systemd.syntax(7)): sections, assignments, comments, lines that are continued.
package struct ConfigurationFile: Equatable, Sendable {
  /// A line that was left out, and why.
  package struct Problem: Error, Equatable, Sendable, Codable {
    /// From 1; of a continued line, where it begins. 0 is the file as a whole.
    package var line: Int
    package var text: String

    package init(line: Int, text: String) { (self.line, self.text) = (line, text) }
  }

  package struct Assignment: Equatable, Sendable {
    package var section: String
    package var key: String
    package var value: String
    /// Where it begins, and where it ends, from 1.
    package var lines: ClosedRange<Int>

    package var line: Int { lines.lowerBound }

    /// As much of each as fits into a warning.
    package var shown: (section: String, key: String, value: String) {
      func safe(_ text: String) -> String { DisplayText(String(text.prefix(80))).description }
      return (safe(section), safe(key), safe(value))
    }
  }

  package private(set) var assignments: [Assignment] = []
  package private(set) var problems: [Problem] = []
  private var section: Substring?

  package init(_ contents: [UInt8]) {
    var continued: (text: String, line: Int)?
    let lines = contents.split(separator: 10, omittingEmptySubsequences: false)
    for (index, bytes) in lines.enumerated() {
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
        take(Self.trimmed((start + text)[...]), line...index + 1)
      }
    }
    if let continued { take(Self.trimmed(continued.text[...]), continued.line...lines.count) }
  }

  private mutating func take(_ text: Substring, _ lines: ClosedRange<Int>) {
    let line = lines.lowerBound
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
        Assignment(section: String(section), key: String(key), value: String(value), lines: lines))
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
