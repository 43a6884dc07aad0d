// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel

/// The command line of `send-keys`, whose options end at the first KEY, as in tmux: what follows is for a program, such
/// as `ls -l`. ArgumentParser takes options from everywhere, and a “-h” from within the value of another option.
/// With many arguments it also takes long: the time grows with their square.
enum OptionsFirst {
  private static let verb = "send-keys"
  private static let flags: Set = ["--literal", "--json", "--quiet", "--no-pager", "--help", "--version"]
  private static let shortFlags: Set<Character> = ["l", "q", "h"]
  private static let options: Set = ["--session", "--color", "--timeout"]

  /// What is for ArgumentParser, and the KEYs.
  static func split(_ arguments: [String]) throws(CommandFailure) -> (parsed: [String], keys: [String]) {
    guard arguments.first == verb else { return (arguments, []) }
    var before = [verb]
    var rest = arguments.dropFirst()
    while let first = rest.first, first.hasPrefix("-"), first != "-", first != "--" {
      rest = rest.dropFirst()
      if !first.hasPrefix("--") {
        before += try short(first, &rest)
      } else if flags.contains(first) || options.contains(where: { first.hasPrefix($0 + "=") }) {
        before.append(first)
      } else if options.contains(first) {
        before += [first] + rest.prefix(1)
        rest = rest.dropFirst()
      } else {
        throw unknown(first)
      }
    }
    return (before, Array(rest.first == "--" ? rest.dropFirst() : rest))
  }

  /// Several options, such as -ql, the last of which may be -t with its value.
  private static func short(_ word: String, _ rest: inout ArraySlice<String>) throws(CommandFailure) -> [String] {
    var result: [String] = []
    var letters = word.dropFirst()
    while let letter = letters.popFirst() {
      guard letter == "t" else {
        guard shortFlags.contains(letter) else { throw unknown(letters.isEmpty ? word : "-\(letter)") }
        result.append("-\(letter)")
        continue
      }
      if letters.first == "=" { letters.removeFirst() }
      guard letters.isEmpty else { return result + ["--session=" + letters] }
      guard let value = rest.popFirst() else { return result + ["-t"] }
      return result + ["--session=" + value]
    }
    return result
  }

  private static func unknown(_ option: String) -> CommandFailure {
    .usage(
      "unknown option “\(shown(option, limit: 40))”",
      remedy: "a KEY that begins with “-” goes after “--”: ongoingcallctl send-keys -- KEY")
  }
}
