// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct Logs: LookingCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show the output of a call's program.",
    discussion: """
      The output of a program without a terminal is in your journal, with what its engine says of it, also after the call \
      has ended. “attach” shows the terminal of a program that was launched with --terminal. Of a call to an address, \
      logs shows the messages of its engine.

      With --json, each line is one object: {"version":1,"line":{"time-usec":…,"message":…}}.
      """)

  @Argument(
    help:
      "The call's ID, a unique beginning of it, or its name (default: the only call, else the one that ended last).",
    completion: SessionCompletion.past)
  var id: String?
  @Flag(name: .shortAndLong, help: "Show new lines as they come, until the call ends.")
  var follow = false
  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp(
      "Show at most this many of the last lines (default: 10000; with --follow: 10).", valueName: "number"))
  var lines: Int?
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Show only lines since this time: “2024-05-01 14:00”, “yesterday”, “-2h” (systemd.time(7)).", valueName: "time"))
  var since: String?
  @OptionGroup var common: CommonOptions

  static func canMean(_ session: SessionInfo) -> Bool { !session.command.isEmpty && !session.terminal }

  mutating func validate() throws {
    guard (lines ?? 0) >= 0, (lines ?? 0) <= JournalReader.maximumEntries else {
      throw ValidationError("--lines must be 0 to \(JournalReader.maximumEntries)")
    }
    guard !common.quiet else { throw ValidationError("--quiet cannot be used with logs") }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let (id, unit, info) = try source(client)
    if let info, info.terminal {
      throw CommandFailure(
        .failure, BusErrorName.notSupported, "the program of \(id) has a terminal, which shows its output",
        remedy: "attach to it: ongoingcallctl attach \(id)")
    }
    let isOver = info?.hasEnded ?? true
    let journal = UnitLog(unit, newest: lines, since: since, style: common.json ? .json : .text)
    if follow, !isOver {
      try journal.follow(id, client)
      return .said
    }
    guard !common.json else {
      try journal.write()
      return .said
    }
    let text = try journal.text()
    if text.isEmpty { try common.hint("ongoingcallctl: the program of \(id) has written nothing to the journal") }
    var answer = Answer(text, json: nil)
    answer.isLong = true
    return answer
  }

  /// The unit whose messages are to be shown, and what the daemon knows of the call.
  private func source(_ client: CallsClient) throws -> (String, unit: String, SessionInfo?) {
    let sessions = try client.unlessAway { try client.sessions() } ?? []
    if id == nil || !sessions.meant(by: id ?? "").isEmpty, id != nil || sessions.contains(where: { !$0.hasEnded }) {
      let id = try choose(self.id, with: client)
      if let info = sessions.first(where: { $0.id == id }), !info.unit.isEmpty { return (id, info.unit, info) }
    }
    let id = try choose(past: id, with: client)
    let entries = try common.journal.entries(
      ["\(JournalField.session)=\(id)"], newest: 100, fields: [JournalField.engine])
    guard let engine = entries.lazy.compactMap({ $0[JournalField.engine] }).first else {
      throw CommandFailure.unknown(id)
    }
    return (id, EngineUnit.name(engine: engine, session: id), nil)
  }
}
