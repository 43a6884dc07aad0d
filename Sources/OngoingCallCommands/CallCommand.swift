// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import Glibc
import OngoingCall

/// What every verb takes.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Answer in JSON, one object on one line; errors too, on standard error.")
  var json = false

  @Option(
    help: ArgumentHelp(
      "How long ongoingcalld may take to answer (default: 25; launch 60, abort and hangup 120).",
      valueName: "seconds"))
  var timeout: UInt32?

  mutating func validate() throws {
    guard timeout.map({ (1...3600).contains($0) }) ?? true else {
      throw ValidationError("--timeout takes 1 to 3600 seconds")
    }
  }

  /// Says something to a person at once, before the answer.
  func say(_ text: String) throws {
    if !json { try StandardStream.output.write(line: text) }
  }
}

/// What a verb has to say in the end.
struct Answer {
  /// For people; several lines are possible, none is not said.
  var text: String
  var json: JSON
  /// Said on standard error besides, and the exit status.
  var failure: CommandFailure?
  /// Where there is no failure: that of the program that has ended, if any.
  var exitStatus = ExitStatus.success.rawValue

  init(_ text: String, json: JSON, failure: CommandFailure? = nil) {
    self.text = text
    self.json = json
    self.failure = failure
  }

  init(_ text: String, session: SessionInfo, failure: CommandFailure? = nil) {
    self.init(text, json: ["session": session.json], failure: failure)
  }
}

/// A verb: it asks the daemon, and answers.
protocol CallCommand: ParsableCommand {
  var common: CommonOptions { get }
  func perform(with client: CallsClient) throws -> Answer
}

extension CallCommand {
  mutating func run() throws {
    let client = CallsClient(limit: common.timeout.map { .seconds($0) })
    let answer = try perform(with: client)
    if common.json {
      try StandardStream.output.write(line: answer.json.answer)
    } else if !answer.text.isEmpty {
      try StandardStream.output.write(line: answer.text)
    }
    if let failure = answer.failure { throw failure }
    if answer.exitStatus != ExitStatus.success.rawValue { Glibc.exit(answer.exitStatus) }
  }
}
