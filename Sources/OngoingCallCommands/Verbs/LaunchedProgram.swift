// SPDX-License-Identifier: Apache-2.0
import CallModel

/// A program that was given to `launch` where an address goes, without “--”.
enum LaunchedProgram {
  private static let verb = "launch"
  private static let flags: Set = ["-t", "-d", "-A", "--terminal", "--detach", "--attach", "--wait"]

  /// The line to type instead; nil where the first word is no program, or an address or a number.
  static func line(_ words: [String], after flags: [String] = []) -> String? {
    guard let first = words.first, isProgram(first) else { return nil }
    let terminal = flags.contains("-t") || flags.contains("--terminal") ? [] : ["-t"]
    return CommandText.whole([ToolName.control, verb] + flags + terminal + ["--"] + words)
  }

  static func remedy(_ words: [String]) -> String? {
    line(words).map { "“\(shown(words[0], limit: 40))” is a program; to run it: \($0)" }
  }

  /// Of a command line that cannot be read; nil where it begins with no program.
  static func failure(_ arguments: [String]) -> CommandFailure? {
    guard arguments.first == verb, !arguments.contains("--") else { return nil }
    let given = arguments.dropFirst()
    let before = given.prefix { flags.contains($0) }
    let words = Array(given.dropFirst(before.count))
    guard let line = line(words, after: Array(before)) else { return nil }
    return .usage("“\(shown(words[0], limit: 40))” is a program, which goes after “--”", remedy: "to run it: \(line)")
  }

  private static func isProgram(_ word: String) -> Bool {
    switch try? CallTarget(word) {
    case .address, .number: return false
    case .name, nil: break
    }
    guard let here = try? CallerEnvironment.currentDirectory() else { return false }
    let path = CallerEnvironment.value(of: "PATH")
    return (try? ProgramLookup.find(word, path: path, currentDirectory: here)) != nil
  }
}
