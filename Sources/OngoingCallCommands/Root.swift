// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import OngoingCallNames

/// The command line.
struct Root: ParsableCommand {
  private static let verbs: [(name: String, command: any ParsableCommand.Type)] = [
    ("launch", Launch.self), ("abort", Abort.self), ("hangup", HangUp.self), ("status", Status.self),
    ("list", List.self), ("attach", Attach.self), ("return", Return.self), ("mute", Mute.self), ("unmute", Unmute.self),
    ("hold", Hold.self), ("resume", Resume.self), ("dtmf", Dtmf.self), ("notification", Notification.self),
    ("channel", Channel.self),
  ]

  static let configuration = CommandConfiguration(
    commandName: "ongoingcallctl",
    abstract: "Keep calls that outlive their terminal or window.",
    discussion: """
      The calls are kept by ongoingcalld, a service of your systemd user manager, which is started when it is needed.
      An ID may be cut down to a beginning that is unique, and left out where there is only one call.

      With --json an answer is one object on one line: {"version":1,"session":{…}}, or of status without ID and of \
      list {"version":1,"sessions":[…]}; an error, on standard error, is \
      {"version":1,"error":{"name":…,"message":…,"remedy":…,"exit-status":…}}. Keys may be added, nothing else changes.

      Exit statuses:
      \(ExitStatus.table)
      """,
    version: DaemonName.version,
    subcommands: (verb(CommandLine.arguments.dropFirst()).map { [$0] } ?? verbs).map(\.command))

  /// The verb that a command line begins with. ArgumentParser looks into all the commands that it is given, which
  /// takes longer than to ask the daemon: where the verb is known, it is given no other.
  private static func verb(_ arguments: some Collection<String>) -> (name: String, command: any ParsableCommand.Type)? {
    verbs.first { $0.name == arguments.first }
  }

  /// ArgumentParser calls an unknown verb an unexpected argument.
  static func checkVerb(in arguments: [String]) throws(CommandFailure) {
    guard let first = arguments.first, !first.hasPrefix("-"), first != "help", verb(arguments) == nil else { return }
    throw .usage(
      "there is no verb “\(shown(first, limit: 40))”; there are \(verbs.map(\.name).joined(separator: ", "))",
      remedy: "“ongoingcallctl --help” says what they do")
  }
}
