// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallSession
import Glibc
import OngoingCall
import OngoingCallNames

/// `ongoingcallctl`, as a whole.
public enum ControlTool {
  /// Does what this process's command line says, and ends the process.
  public static func main() -> Never {
    StandardStream.reserveDescriptors()
    let wantsJSON = CommandLine.arguments.prefix { $0 != "--" }.contains("--json")
    do {
      let arguments = try arguments()
      try Root.checkVerb(in: arguments)
      var command = try Root.parseAsRoot(arguments)
      try command.run()
      exit(ExitStatus.success.rawValue)
    } catch let failure as CommandFailure {
      end(with: failure, json: wantsJSON)
    } catch let error as CallsError {
      end(with: CommandFailure(error), json: wantsJSON)
    } catch {
      end(withParserError: error, json: wantsJSON)
    }
  }

  /// The command line without the program's name. Swift would put U+FFFD where an argument is not UTF-8.
  private static func arguments() throws(CommandFailure) -> [String] {
    var result: [String] = []
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let raw = CommandLine.unsafeArgv[index] else { break }
      guard let text = String(validatingCString: raw) else {
        throw .usage(
          "argument \(index), “\(shown(String(cString: raw)))”, is not UTF-8",
          remedy: "D-Bus carries UTF-8 only; a file of that name can be reached through a symbolic link")
      }
      result.append(text)
    }
    return result
  }

  private static func end(with failure: CommandFailure, json: Bool) -> Never {
    try? StandardStream.error.write(line: json ? failure.json.answer : failure.text)
    exit(failure.status.rawValue)
  }

  /// ArgumentParser's errors, of which help and version are two.
  private static func end(withParserError error: any Error, json: Bool) -> Never {
    guard Root.exitCode(for: error) != .success else {
      do { try StandardStream.output.write(line: Root.fullMessage(for: error)) } catch {
        end(with: error, json: json)
      }
      exit(ExitStatus.success.rawValue)
    }
    if json { end(with: .usage(Root.message(for: error)), json: true) }
    var text = Root.fullMessage(for: error)
    if text.hasPrefix("Error: ") { text.removeFirst("Error: ".count) }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
      // What was typed is repeated in it.
      String(line.prefix { $0 == " " }) + DisplayText(String(line)).description
    }
    try? StandardStream.error.write(line: "ongoingcallctl: " + lines.joined(separator: "\n"))
    exit(ExitStatus.usage.rawValue)
  }
}

/// The command line.
struct Root: ParsableCommand {
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
    subcommands: [
      Launch.self, Abort.self, HangUp.self, Status.self, List.self, Mute.self, Unmute.self, Hold.self,
      Resume.self,
      Dtmf.self,
    ])

  /// ArgumentParser calls an unknown verb an unexpected argument.
  static func checkVerb(in arguments: [String]) throws(CommandFailure) {
    guard let verb = arguments.first, !verb.hasPrefix("-"), verb != "help" else { return }
    let verbs = configuration.subcommands.map { $0._commandName }
    guard !verbs.contains(verb) else { return }
    throw .usage(
      "there is no verb “\(shown(verb, limit: 40))”; there are \(verbs.joined(separator: ", "))",
      remedy: "“ongoingcallctl --help” says what they do")
  }
}
