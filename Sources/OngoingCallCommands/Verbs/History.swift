// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel
import OngoingCall

struct History: CallCommand {
  static let configuration = CommandConfiguration(
    abstract: "List calls that have ended: when, how long, why, and with whom.",
    discussion: """
      The newest first, from your journal, which outlives ongoingcalld, logouts and restarts of the machine.
      “ongoingcallctl why ID” tells the whole story of one.

      Only what ongoingcalld.service has written counts, by journald's word. An ongoingcalld that is started by hand, \
      outside of that unit, leaves no history.

      With --json each of the calls has id, title, uri, engine, ended-at-usec, joined, duration-usec (null where it was \
      not joined), event, end-reason and end-detail, as the D-Bus API names them.
      """)

  @Option(
    name: [.customShort("n"), .long],
    help: ArgumentHelp("At most so many, 1 to 10000.", valueName: "number"))
  var lines = 100
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "Only those that ended since then: “2024-05-01 14:00”, “yesterday”, “-2h” (systemd.time(7)).", valueName: "time"))
  var since: String?
  @OptionGroup var common: CommonOptions

  mutating func validate() throws {
    guard (1...JournalReader.maximumEntries).contains(lines) else {
      throw ValidationError("--lines takes 1 to \(JournalReader.maximumEntries)")
    }
  }

  func perform(with client: CallsClient) throws -> Answer {
    let calls =
      try common.journal.entries(PastCall.matches, newest: lines, since: since, fields: PastCall.fields)
      .compactMap(PastCall.init).reversed() as [PastCall]
    let table = TextTable(
      header: ["ENDED", "ID", "LASTED", "WHY", "WITH"],
      rows: calls.map {
        [
          HumanTime.minute(microseconds: $0.endedAt), shown($0.id, limit: 20), $0.shownDuration,
          CharacterSet.cut($0.shownReason, to: 44), $0.shownPeer,
        ]
      })
    var answer = Answer(
      calls.isEmpty ? "no calls have ended" : table.text(common.style, columns: Screen.columns),
      json: ["calls": .array(calls.map(\.json))])
    answer.isLong = !calls.isEmpty
    return answer
  }
}

extension CommonOptions {
  var journal: JournalReader { limit.map { JournalReader(limit: $0) } ?? JournalReader() }
}
