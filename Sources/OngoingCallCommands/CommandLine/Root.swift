// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel

/// The command line.
struct Root: ParsableCommand {
  private static let verbs: [(name: String, command: any ParsableCommand.Type)] = [
    ("launch", Launch.self), ("open", Open.self), ("abort", Abort.self), ("hangup", HangUp.self),
    ("status", Status.self), ("list", List.self), ("watch", Watch.self), ("history", History.self),
    ("why", Why.self), ("logs", Logs.self), ("attach", Attach.self), ("detach", Detach.self),
    ("send-keys", SendKeys.self), ("return", Return.self), ("mute", Mute.self), ("unmute", Unmute.self),
    ("hold", Hold.self), ("resume", Resume.self), ("dtmf", Dtmf.self), ("transfer", Transfer.self),
    ("audio", Audio.self), ("record", Record.self),
    ("notification", Notification.self), ("rename", Rename.self), ("channel", Channel.self),
    ("account", AccountCommand.self), ("doctor", Doctor.self),
  ]

  static let configuration = CommandConfiguration(
    commandName: ToolName.control,
    abstract: "Launch and control calls that outlive their terminal or window.",
    discussion: """
      ongoingcalld keeps the calls. It is a service of your systemd user manager, and starts when it is needed.
      You can shorten an ID to a unique beginning, give the call's name instead (launch --name), and leave it out if \
      there is only one call. If several calls match, ongoingcallctl asks on a terminal, and fails in a script.

      With --json, an answer is one object on one line, such as {"version":1,"session":{…}}. Besides “version” it has:
        session        most verbs
        answer         open, in a sandbox
        sessions       list, and status without ID
        event          watch, for each event
        calls          history
        call           why
        line           logs, for each line
        devices        audio list
        account        account add, show, edit, enable, disable and password
        accounts       account list
        test           account test: account, ok and steps; each step has step, ok and detail
        worst, checks  doctor; each check has check, verdict, found and remedy
        error          errors, on standard error: name, message, remedy and exit-status
      Later versions may add keys; they change nothing else.

      Exit statuses:
      \(ExitStatus.table)
      """,
    version: DaemonName.version,
    subcommands: (verb(VerbFirst.rearranged(Array(CommandLine.arguments.dropFirst()))).map { [$0] } ?? verbs).map(
      \.command))

  static let verbNames = verbs.map(\.name)

  /// The verb that a command line begins with. ArgumentParser looks into all the commands that it is given, which
  /// takes longer than to ask the daemon: where the verb is known, it is given no other.
  private static func verb(_ arguments: [String]) -> (name: String, command: any ParsableCommand.Type)? {
    verbs.first { $0.name == arguments.first }
  }

  /// The verb with its options, read without the rest of the tree. nil where only the whole of it can say what is wrong,
  /// or helps.
  static func parseVerb(_ arguments: [String]) -> (any ParsableCommand)? {
    guard let verb = verb(arguments), !VerbFirst.isNesting(verb.name) else { return nil }
    return parse(verb.command, arguments.dropFirst())
  }

  private static func parse<Verb: ParsableCommand>(
    _ verb: Verb.Type, _ arguments: ArraySlice<String>
  ) -> (any ParsableCommand)? { try? verb.parse(Array(arguments)) }

  /// ArgumentParser calls an unknown verb an unexpected argument.
  static func checkVerb(in arguments: [String]) throws(CommandFailure) {
    let asked = arguments.first == "help" ? Array(arguments.dropFirst()) : arguments
    guard let first = asked.first, !first.hasPrefix("-"), verb(asked) == nil else { return }
    let guess = Suggestion.verb(for: first, of: verbNames).map { "; did you mean “\($0)”?" }
    throw .usage(
      "unknown verb “\(shown(first, limit: 40))”\(guess ?? "")",
      remedy: "the verbs are \(verbNames.joined(separator: ", ")); “\(ToolName.control) --help” describes them")
  }
}

/// Options that every verb takes may be given before it, as `git` and `systemctl` have it.
enum VerbFirst {
  private static let flags = ["--json", "--quiet", "-q", "--no-pager"]
  private static let options = ["--color", "--timeout"]
  /// Written out: ArgumentParser takes longer to make a verb's name of its type than the bus to answer.
  private static let nesting = ["channel", "audio", "record", "transfer", "account"]

  static func isNesting(_ verb: String) -> Bool { nesting.contains(verb) }

  /// With the options that are before the verb after it.
  static func rearranged(_ arguments: [String]) -> [String] {
    var before: [String] = []
    var rest = arguments[...]
    while let first = rest.first {
      if flags.contains(first) || options.contains(where: { first.hasPrefix($0 + "=") }) {
        before.append(rest.removeFirst())
      } else if options.contains(first), rest.count > 1 {
        before += rest.prefix(2)
        rest = rest.dropFirst(2)
      } else {
        break
      }
    }
    guard let verb = rest.first, !verb.hasPrefix("-") else { return arguments }
    // A verb's own verbs come first.
    let isNested = nesting.contains(verb) && rest.dropFirst().first?.hasPrefix("-") == false
    let words = rest.prefix(isNested ? 2 : 1)
    return words + before + rest.dropFirst(words.count)
  }
}
