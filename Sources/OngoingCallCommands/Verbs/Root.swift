// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel

/// The command line.
struct Root: ParsableCommand {
  private static let verbs: [(name: String, command: any ParsableCommand.Type)] = [
    ("launch", Launch.self), ("abort", Abort.self), ("hangup", HangUp.self), ("status", Status.self),
    ("list", List.self), ("watch", Watch.self), ("history", History.self), ("why", Why.self), ("attach", Attach.self),
    ("return", Return.self), ("mute", Mute.self), ("unmute", Unmute.self), ("hold", Hold.self),
    ("resume", Resume.self), ("dtmf", Dtmf.self), ("audio", Audio.self), ("record", Record.self),
    ("notification", Notification.self), ("channel", Channel.self),
    ("doctor", Doctor.self),
  ]

  static let configuration = CommandConfiguration(
    commandName: ToolName.control,
    abstract: "Keep calls that outlive their terminal or window.",
    discussion: """
      The calls are kept by ongoingcalld, a service of your systemd user manager, which is started when it is needed.
      An ID may be cut down to a beginning that is unique, and left out where there is only one call; where there are \
      several, you are asked on a terminal, and a script gets an error.

      With --json an answer is one object on one line: {"version":1,"session":{…}}, or of status without ID and of \
      list {"version":1,"sessions":[…]}; of watch {"version":1,"event":{…}} for each event; of history \
      {"version":1,"calls":[…]}, of why {"version":1,"call":{…}}; of audio list {"version":1,"devices":[…]}; of doctor \
      {"version":1,"worst":"ok","checks":[{"check":…,"verdict":…,"found":…,"remedy":…}]}; an error, on standard error, is \
      {"version":1,"error":{"name":…,"message":…,"remedy":…,"exit-status":…}}. Keys may be added, nothing else changes.

      Exit statuses:
      \(ExitStatus.table)
      """,
    version: DaemonName.version,
    subcommands: (verb(VerbFirst.rearranged(Array(CommandLine.arguments.dropFirst()))).map { [$0] } ?? verbs).map(
      \.command))

  /// The verb that a command line begins with. ArgumentParser looks into all the commands that it is given, which
  /// takes longer than to ask the daemon: where the verb is known, it is given no other.
  private static func verb(_ arguments: [String]) -> (name: String, command: any ParsableCommand.Type)? {
    verbs.first { $0.name == arguments.first }
  }

  /// ArgumentParser calls an unknown verb an unexpected argument.
  static func checkVerb(in arguments: [String]) throws(CommandFailure) {
    guard let first = arguments.first, !first.hasPrefix("-"), first != "help", verb(arguments) == nil else { return }
    let names = verbs.map(\.name)
    let guess = Suggestion.verb(for: first, of: names).map { "; did you mean “\($0)”?" }
    throw .usage(
      "there is no verb “\(shown(first, limit: 40))”\(guess ?? "")",
      remedy: "the verbs are \(names.joined(separator: ", ")); “\(ToolName.control) --help” says what they do")
  }
}

/// Options that every verb takes may be given before it, as `git` and `systemctl` have it.
enum VerbFirst {
  private static let flags: Set = ["--json", "--quiet", "-q", "--no-pager"]
  private static let options: Set = ["--color", "--timeout"]
  private static let nesting: Set = [Channel._commandName, Audio._commandName, Record._commandName]

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
