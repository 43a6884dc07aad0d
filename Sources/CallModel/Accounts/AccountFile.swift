// SPDX-License-Identifier: Apache-2.0

/// An account as a file (ongoingcall-accounts(5)).
extension Account {
  package static let section = "Account"

  /// Reads a file. An account of which a line is wrong is none: what the line was to say may be what keeps calls private.
  ///
  /// - Returns: the account, or what is wrong, in the order of the lines.
  package static func read(_ contents: [UInt8]) -> (account: Account?, problems: [ConfigurationFile.Problem]) {
    let file = ConfigurationFile(contents)
    var problems = file.problems
    var account = Account()
    let assignments = file.assignments.filter { assignment in
      guard assignment.mayHavePassword else { return true }
      problems.append(.init(line: assignment.line, text: passwordProblem(assignment.shown.key)))
      return false
    }
    problems += table.read(assignments, of: section, into: &account)
    if problems.isEmpty, let problem = account.problem {
      let key = table[problem.option]?.fileKey ?? problem.option
      problems.append(.init(line: 0, text: "\(key)=: \(problem.text)"))
    }
    return (problems.isEmpty ? account : nil, problems.sorted { $0.line < $1.line })
  }

  private static func passwordProblem(_ key: String) -> String {
    "“\(key)=”: a password must not be in this file; remove the line, and keep the password where PasswordPlace= says"
  }

  /// A new file.
  package var fileText: String {
    let lines = Self.table.rows.compactMap { row in row.text(of: self).map { "\(row.fileKey)=\($0)\n" } }
    return "[\(Self.section)]\n" + lines.joined()
  }

  /// The text of this account's file where it is to be of another account; whatever else is in the text stays.
  package func changing(_ text: String, to changed: Account) -> String {
    var text = text
    for row in Self.table.rows {
      let value = row.text(of: changed)
      guard value != row.text(of: self) else { continue }
      text = ConfigurationFile.changing(text, section: Self.section, key: row.fileKey, to: value)
    }
    return text
  }
}

extension ConfigurationFile.Assignment {
  fileprivate var mayHavePassword: Bool {
    let name = key.lowercased()
    return name.contains("passw") && name != "passwordplace" || name == "secret"
  }
}
