// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import Glibc
import OngoingCall

/// What every verb takes.
struct CommonOptions: ParsableArguments {
  @Flag(help: "Print JSON, one object per line; errors too, on standard error.")
  var json = false
  @Flag(name: .shortAndLong, help: "Print nothing on success; rely on the exit status.")
  var quiet = false
  @Option(
    help: ArgumentHelp(
      "Use colors: auto (on a terminal, unless $NO_COLOR is set), always or never.", valueName: "when"))
  var color: ColorChoice = .auto
  @Flag(help: "Do not pipe long output into a pager.")
  var noPager = false
  @Option(
    help: ArgumentHelp(
      "How long to wait for ongoingcalld and the session bus (default: 25; launch 60; open 130; abort, hangup, account password and account remove 120; account test 150; doctor 10).",
      valueName: "seconds"))
  var timeout: UInt32?

  mutating func validate() throws {
    guard timeout.map({ (1...3600).contains($0) }) ?? true else {
      throw ValidationError("--timeout must be 1 to 3600 seconds")
    }
    guard !json || !quiet else { throw ValidationError("--json and --quiet cannot be used together") }
  }

  var limit: Duration? { timeout.map { .seconds($0) } }

  /// Of what is said on standard output.
  var style: TextStyle { TextStyle(isColored: !json && color.applies(to: .output)) }

  /// Says something to a person at once, before the answer.
  func say(_ text: String) throws {
    if !json, !quiet { try StandardStream.output.write(line: text) }
  }

  /// Says something to a person only, besides the answer; nothing in scripts.
  func hint(_ text: String) throws {
    guard !json, !quiet, StandardStream.error.isTerminal else { return }
    let style = TextStyle(isColored: color.applies(to: .error))
    try StandardStream.error.write(line: style.faint(text))
  }

  /// Whether a person is there to be asked.
  var mayAsk: Bool {
    !json && !quiet && isatty(STDIN_FILENO) == 1 && StandardStream.error.isTerminalOfTheCaller
  }
}

/// What a verb has to say in the end.
struct Answer {
  /// For people; several lines are possible, none is not said.
  var text: String
  /// For programs; none is not said, where all has been said already.
  var json: JSON?
  /// Said on standard error besides, and the exit status.
  var failure: CommandFailure?
  /// Where there is no failure: that of the program that has ended, if any.
  var exitStatus = ExitStatus.success.rawValue
  /// What was done, to be said where the answer cannot be written; nil where nothing was.
  private(set) var change: String?
  /// Whether the text may be longer than a screen.
  var isLong = false
  /// Said to a person only, after all the rest.
  var hints: [String] = []
  /// Of the call that it is about.
  private(set) var session: SessionInfo?

  init(_ text: String, json: JSON?, failure: CommandFailure? = nil, isOfChange: Bool = false) {
    self.text = text
    self.json = json
    self.failure = failure
    if isOfChange, !text.isEmpty { change = text.split(separator: "\n").joined(separator: ", ") }
  }

  init(_ text: String, session: SessionInfo, failure: CommandFailure? = nil) {
    self.init(text, json: ["session": session.json], failure: failure, isOfChange: true)
    self.session = session
    change = change ?? "the call \(session.id) is \(session.shownState)"
  }
}

extension Answer {
  /// Of a verb that has said all there is to say.
  static var said: Answer { Answer("", json: nil) }
}

/// A verb: it asks the daemon, and answers.
protocol CallCommand: ParsableCommand {
  var common: CommonOptions { get }
  /// Whether the questions of its client start a daemon where none runs.
  static var startsDaemon: Bool { get }
  /// Of several calls, which one can be meant where none is named.
  static func canMean(_ session: SessionInfo) -> Bool
  func perform(with client: CallsClient) throws -> Answer
}

/// A verb that only looks on, which brings back no daemon that the user has stopped.
protocol LookingCommand: CallCommand {}

extension LookingCommand {
  static var startsDaemon: Bool { false }
}

extension CallCommand {
  static var startsDaemon: Bool { true }
  static func canMean(_ session: SessionInfo) -> Bool { true }

  mutating func run() throws {
    let answer = try perform(with: CallsClient(limit: common.limit, startsDaemon: Self.startsDaemon))
    do { try write(answer) } catch let error as CommandFailure {
      throw error.afterwards(self is any LookingCommand ? nil : answer.change)
    }
    for hint in answer.hints { try common.hint(hint) }
    if let failure = answer.failure { throw failure }
    if answer.exitStatus != ExitStatus.success.rawValue { Glibc.exit(answer.exitStatus) }
  }

  private func write(_ answer: Answer) throws {
    if common.json {
      if let json = answer.json { try StandardStream.output.write(record: json.answer) }
    } else if !answer.text.isEmpty, !common.quiet {
      if answer.isLong, !common.noPager {
        try Pager.show(answer.text)
      } else {
        try StandardStream.output.write(line: answer.text)
      }
    }
  }
}

extension CommandFailure {
  /// Of an answer that could not be written: what was to be done has been done all the same.
  func afterwards(_ change: String?) -> CommandFailure {
    guard let change, name == Self.output else { return self }
    var failure = self
    failure.message += "; \(change)"
    return failure
  }
}
