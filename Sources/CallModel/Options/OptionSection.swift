// SPDX-License-Identifier: Apache-2.0

// The rows of a table as a section of a file (systemd.syntax(7)): a key for each row.

/// Written in capitals, as people know them.
private let acronyms: Set<String> = ["ca", "ice", "stun", "turn"]

extension OptionRow {
  /// Its name in a file: `OutboundProxy` of `outbound-proxy`.
  package var fileKey: String {
    name.split(separator: "-").map {
      acronyms.contains(String($0)) ? $0.uppercased() : $0.prefix(1).uppercased() + $0.dropFirst()
    }.joined()
  }

  /// As a file has it; nil where it is left open.
  package func text(of options: Options) -> String? {
    switch write(options) {
    case .string(let text)?: text
    case .bool(let flag)?: flag ? "yes" : "no"
    case let list?: list.asStrings?.joined(separator: " ")
    case nil: nil
    }
  }

  private func value(_ text: String) throws(OptionProblem) -> BusValue {
    // As systemd has lists: words.
    if type == BusValue.strings([]).signature {
      return .strings(text.split(whereSeparator: \.isWhitespace).map(String.init))
    }
    guard type == BusValue.bool(true).signature else { return .string(text) }
    guard let flag = OptionNotation.flag.read(text) else {
      throw OptionProblem("“\(OptionProblem.shown(text))” is not \(OptionNotation.flag.expected)")
    }
    return .bool(flag)
  }

  fileprivate func set(_ options: inout Options, _ text: String) throws(OptionProblem) {
    try read(try value(text), &options)
  }
}

extension OptionTable {
  /// Takes over what a section assigns. Of two assignments of a key the later counts, and an empty one is the default.
  /// Sections and keys that begin with “X-” are left out.
  ///
  /// - Parameter options: new ones.
  /// - Returns: what is wrong, by lines.
  package func read(
    _ assignments: [ConfigurationFile.Assignment], of section: String, into options: inout Options
  ) -> [ConfigurationFile.Problem] {
    var problems: [ConfigurationFile.Problem] = []
    var last: [String: ConfigurationFile.Assignment] = [:]
    for assignment in assignments where !assignment.section.hasPrefix("X-") && !assignment.key.hasPrefix("X-") {
      guard assignment.section == section else {
        let text = "unknown section [\(assignment.shown.section)]; expected [\(section)]"
        problems.append(.init(line: assignment.line, text: text))
        continue
      }
      last[assignment.key] = assignment
    }
    for row in rows {
      guard let assignment = last.removeValue(forKey: row.fileKey), !assignment.value.isEmpty else { continue }
      do throws(OptionProblem) { try row.set(&options, assignment.value) } catch {
        problems.append(.init(line: assignment.line, text: "\(row.fileKey)=: \(error.text)"))
      }
    }
    let known = rows.map(\.fileKey).sorted().joined(separator: ", ")
    for assignment in last.values {
      let text = "[\(section)] has no key “\(assignment.shown.key)”; its keys are \(known)"
      problems.append(.init(line: assignment.line, text: text))
    }
    return problems
  }
}

extension ConfigurationFile {
  /// The text of a file with another value of a key, or without the key. The other lines stay as they are.
  package static func changing(_ text: String, section: String, key: String, to value: String?) -> String {
    // As bytes: a line may end with “\r\n”, which is one character.
    var lines = text.utf8.split(separator: 10, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    let assignments = ConfigurationFile(Array(text.utf8)).assignments.filter { $0.section == section }
    let old = assignments.filter { $0.key == key }
    let new = value.map { "\(key)=\($0)" }
    guard let place = old.last ?? (new == nil ? nil : assignments.last) else {
      let start = text.isEmpty || text.hasSuffix("\n") ? text : text + "\n"
      return new.map { "\(start)[\(section)]\n\($0)\n" } ?? text
    }
    // From the last line on, so that the numbers of those before stay right.
    if old.isEmpty {
      lines.insert(contentsOf: new.map { [$0] } ?? [], at: place.lines.upperBound)
    } else {
      for assignment in old.reversed() {
        let range = assignment.lines.lowerBound - 1...assignment.lines.upperBound - 1
        lines.replaceSubrange(range, with: assignment == place ? new.map { [$0] } ?? [] : [])
      }
    }
    return lines.joined(separator: "\n")
  }
}
