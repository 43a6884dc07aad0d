// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import Glibc
import OngoingCall

/// `ongoingcallctl`, as a whole.
public enum ControlTool {
  /// Does what this process's command line says, and ends the process.
  public static func main() -> Never {
    StandardStream.reserveDescriptors()
    let typed: [String]
    do { typed = try given() } catch { end(with: error, json: asksForJSON(CommandLine.arguments)) }
    var wantsJSON = asksForJSON(typed)
    var arguments: [String] = []
    do {
      if typed == ["--version"] { try answer(DaemonName.version) }
      if var command = PlainCommands.read(typed) {
        try command.run()
        exit(ExitStatus.success.rawValue)
      }
      let keys: [String]
      (arguments, keys) = try OptionsFirst.split(VerbFirst.rearranged(typed))
      wantsJSON = asksForJSON(arguments)
      try Root.checkVerb(in: arguments)
      var command = try Root.parseVerb(arguments) ?? Root.parseAsRoot(arguments)
      if var typing = command as? SendKeys {
        typing.keys = keys
        command = typing
      }
      try command.run()
      exit(ExitStatus.success.rawValue)
    } catch let failure as CommandFailure {
      end(with: failure, json: wantsJSON)
    } catch let error as CallsError {
      end(with: CommandFailure(error), json: wantsJSON)
    } catch {
      if Root.exitCode(for: error) != .success, let failure = LaunchedProgram.failure(arguments) {
        end(with: failure, json: wantsJSON)
      }
      end(withParserError: error, json: wantsJSON)
    }
  }

  /// What needs no verb.
  private static func answer(_ text: String) throws(CommandFailure) -> Never {
    try StandardStream.output.write(line: text)
    exit(ExitStatus.success.rawValue)
  }

  private static func asksForJSON(_ arguments: [String]) -> Bool {
    arguments.prefix { $0 != "--" }.contains("--json")
  }

  /// The command line without the program's name. Swift would put U+FFFD where an argument is not UTF-8.
  private static func given() throws(CommandFailure) -> [String] {
    var result: [String] = []
    for index in 1..<max(1, Int(CommandLine.argc)) {
      guard let raw = CommandLine.unsafeArgv[index] else { break }
      guard let text = String(validatingCString: raw) else {
        throw .usage(
          "argument \(index), “\(shown(String(cString: raw)))”, is not UTF-8",
          remedy: "D-Bus carries only UTF-8; "
            + (VerbFirst.rearranged(result).first == "send-keys"
              ? "type other bytes in “ongoingcallctl attach”" : "to name such a file, make a symbolic link to it"))
      }
      result.append(text)
    }
    return result
  }

  private static func end(with failure: CommandFailure, json: Bool) -> Never {
    if json {
      try? StandardStream.error.write(record: failure.json.answer)
    } else {
      try? StandardStream.error.write(line: failure.text)
    }
    exit(failure.status.rawValue)
  }

  /// ArgumentParser's errors, of which help and version are two.
  private static func end(withParserError error: any Error, json: Bool) -> Never {
    guard Root.exitCode(for: error) != .success else {
      do {
        let text = HelpCompletion.added(to: Root.fullMessage(for: error), verbs: Root.verbNames)
        try StandardStream.output.write(line: text)
      } catch {
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
