// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct History: LookingCommand {
  static let configuration = CommandConfiguration(
    abstract: "List ended calls: when, how long, why, and with whom.",
    discussion: """
      Lists the newest call first. The list comes from your journal, so it survives restarts of ongoingcalld, logouts \
      and reboots. “ongoingcallctl why ID” shows the story of one call. On a narrow terminal, each call takes three lines.

      Only entries that journald attributes to ongoingcalld.service count. An ongoingcalld that is started by hand, \
      outside this unit, leaves no history.

      With --json, each call has the keys id, title, uri, engine, ended-at-usec, joined, duration-usec (null if the \
      call was never joined), event, end-reason and end-detail, named as in the D-Bus API.
      """)

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("Show at most this many calls, 1 to 10000.", valueName: "number"))
  var lines = 100
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Show only calls that ended since this time: “2024-05-01 14:00”, “yesterday”, “-2h” (systemd.time(7)).",
      valueName: "time"))
  var since: String?
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    guard (1...JournalReader.maximumEntries).contains(lines) else {
      throw ValidationError("--lines must be 1 to \(JournalReader.maximumEntries)")
    }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let calls =
      try common.journal.entries(PastCall.matches, newest: lines, since: since, fields: PastCall.fields)
      .compactMap(PastCall.init).reversed() as [PastCall]
    var answer = Answer(
      calls.isEmpty ? "no calls have ended" : PastCall.list(calls, common.style, columns: Screen.columns),
      json: ["calls": .array(calls.map(\.json))])
    answer.isLong = !calls.isEmpty
    return answer
  }
}

extension CommonOptions {
  var journal: JournalReader { limit.map { JournalReader(limit: $0) } ?? JournalReader() }
}
