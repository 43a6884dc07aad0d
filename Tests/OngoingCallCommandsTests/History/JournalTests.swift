// SPDX-License-Identifier: Apache-2.0
import CallModel
import FoundationEssentials
import Glibc
import OngoingCall
import OngoingCallTestSupport
import Testing

@testable import OngoingCallCommands

/// `history` and `why`, where journalctl says what a real journal does not say on demand.
@Suite struct JournalTests {
  let folder = TemporaryFolder()

  /// A tool whose journalctl prints `output`, and notes its arguments; no bus is there.
  private func tool(_ output: String, error: String = "", status: Int = 0) -> Tool {
    folder.write(output.utf8, to: "output")
    folder.write(error.utf8, to: "error")
    let script = """
      #!/bin/sh
      printf '%s\\n' "$@" >>'\(folder["arguments"])'
      cat '\(folder["error"])' >&2
      cat '\(folder["output"])'
      exit \(status)
      """
    folder.write(script.utf8, to: "journalctl", mode: 0o700)
    return Tool(["PATH": "\(folder.path):/usr/bin:/bin", "TZ": "UTC"])
  }

  /// What journalctl was given.
  private func arguments() -> [String] {
    let text = FileManager.default.contents(atPath: folder["arguments"]) ?? Data()
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// An entry of the daemon's.
  static func entry(_ seconds: UInt64, _ event: String?, id: String = "abcd0000", _ fields: [String: String] = [:])
    -> String
  {
    var all = [
      "__CURSOR": "x", "__REALTIME_TIMESTAMP": String(1_714_564_800_000_000 + seconds * 1_000_000),
      JournalField.session: id, JournalField.title: "Stand-up", JournalField.uri: "sip:standup@example.org",
      JournalField.aboutUnit: "app-ongoingcall-sip@\(id).service", "MESSAGE": "\(id): said",
    ]
    all[JournalField.event] = event
    all.merge(fields) { $1 }
    return all.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)\n" }.joined() + "\n"
  }

  static let ended =
    entry(
      60, "session-left", [JournalField.reason: "removed", JournalField.duration: "58000000"])
    + entry(
      90, "launch-failed", id: "abce0000", [JournalField.reason: "busy", JournalField.detail: "486 Busy Here"])

  @Test func theNewestFirst() throws {
    let result = try tool(Self.ended).run("history")
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output
        == """
        ENDED             ID        LASTED      WHY                                       WITH
        2024-05-01 12:01  abce0000  not joined  the other side was busy (486 Busy Here)  Stand-up (sip:standup@example.org)
        2024-05-01 12:01  abcd0000  58s         the other side hung up                   Stand-up (sip:standup@example.org)

        """.replacing(
          "WHY                                       WITH", with: "WHY                                      WITH"))
    let arguments = arguments()
    #expect(arguments.prefix(4) == ["--user", "--output=export", "--no-pager", "--lines=100"])
    let ids = [MessageID.left, MessageID.timedOut, MessageID.connectionClosed, MessageID.launchFailed]
    #expect(Set(arguments.suffix(4)) == Set(ids.map { "MESSAGE_ID=\($0)" }))
  }

  @Test(arguments: [1, 40, 41, 60, 70, 80, 100, 200])
  func onAScreen(columns: Int) throws {
    let calls = try JournalExport.entries(in: Array(Self.ended.utf8)).compactMap(PastCall.init)
    #expect(calls.count == 2)
    let lines = PastCall.list(calls, .plain, columns: columns).split(separator: "\n")
    #expect(lines.allSatisfy { $0.count <= max(40, columns) }, "\(lines)")
    #expect(lines.count == (columns < 66 ? 6 : 3))
    guard columns == 40 else { return }
    #expect(lines[0].hasSuffix("  abcd0000  58s"))
    #expect(lines[1...2] == ["  the other side hung up", "  Stand-up (sip:standup@example.org)"])
    #expect(lines[4].hasPrefix("  the other side was busy (486 Busy "))
  }

  @Test func inJSON() throws {
    let result = try tool(Self.ended).run("history", "--json", "-n", "7", "--since", "-2h")
    #expect(
      result.output.hasPrefix(
        #"{"version":1,"calls":[{"id":"abce0000","title":"Stand-up","uri":"sip:standup@example.org","engine":"","#
          + #""ended-at-usec":1714564890000000,"joined":false,"duration-usec":null,"event":"launch-failed","#
          + #""end-reason":"busy","end-detail":"486 Busy Here","command":"","pid":null,"exit-status":null},"#
          + #"{"id":"abcd0000","#))
    #expect(Set(["--lines=7", "--since=-2h", "--until=now"]).isSubset(of: arguments()))
  }

  /// Anybody's entry can have our fields; these two are journald's own.
  @Test(arguments: [["history"], ["why"], ["why", "abcd"], ["why", "abcd0000"]])
  func whatAnybodyCouldHaveWrittenIsNotAskedFor(verb: [String]) throws {
    _ = try tool(Self.ended).run(verb)
    let arguments = arguments()
    let questions = arguments.count { $0 == "--output=export" }
    #expect(questions > 0)
    for author in ["_SYSTEMD_USER_UNIT=ongoingcalld.service", "_UID=\(getuid())"] {
      #expect(arguments.count { $0 == author } == questions)
    }
    #expect(!arguments.contains("+"))
  }

  @Test func nothing() throws {
    let tool = tool("")
    #expect(try tool.run("history").output == "no calls have ended\n")
    #expect(try tool.run("history", "--json").output == #"{"version":1,"calls":[]}"# + "\n")
    let result = try tool.run("why")
    #expect(result.status == 66)
    #expect(result.error.contains("the journal has no ended call"))
    #expect(try tool.run("why", "abcd0000").error.contains("the journal has no call with the ID “abcd0000”"))
    #expect(try tool.run("why", "ab").status == 66)
  }

  // MARK: Why

  static let story =
    entry(0, "session-launched") + entry(1, "session-ringing") + entry(2, "session-joined")
    + entry(10, "connection-lost", [JournalField.reason: "engine-crash"])
    + entry(11, nil, ["MESSAGE": "abcd0000: starting another engine in place of the one that is gone (try 1)"])
    + entry(12, "connection-restored")
    + entry(60, "session-left", [JournalField.reason: "removed", JournalField.duration: "58000000"])

  @Test(arguments: [["abcd0000"], ["ABCD"], []])
  func theStory(arguments: [String]) throws {
    let result = try tool(Self.story).run(["why"] + arguments)
    #expect(result.status == 0, "\(result.error)")
    #expect(
      result.output == """
        abcd0000 Stand-up (sip:standup@example.org)
          2024-05-01 12:00:00 UTC

          +    0.000 s  launched
          +    1.000 s  ringing
          +    2.000 s  joined
          +   10.000 s  connection lost: its engine crashed
          +   11.000 s  starting another engine in place of the one that is gone (try 1)
          +   12.000 s  connection restored after 2.0 s
          +   60.000 s  ended: the other side hung up

        The call lasted 58s, lost its connection once, and ended because the other side hung up.
        Messages of its engine: journalctl --user --unit='app-ongoingcall-sip@abcd0000.service'

        """)
  }

  /// A daemon of an earlier version does not write which way.
  @Test(arguments: [
    ("muted-changed", [JournalField.muted: "1"], "muted"), ("muted-changed", [JournalField.muted: "0"], "unmuted"),
    ("muted-changed", [:], "muted or unmuted"), ("muted-changed", [JournalField.muted: "x"], "muted or unmuted"),
    ("on-hold-changed", [JournalField.onHold: "1"], "on hold"),
    ("on-hold-changed", [JournalField.onHold: "0"], "no longer on hold"),
    ("on-hold-changed", [:], "held or resumed"), ("hang-up-requested", [:], "asked to exit"),
  ])
  func whichWay(event: String, fields: [String: String], words: String) throws {
    let journal = Self.entry(0, "session-launched") + Self.entry(1, event, fields)
    #expect(try tool(journal).run("why", "abcd0000").output.contains("  +    1.000 s  \(words)\n"))
    #expect(arguments().contains { $0.hasPrefix("--output-fields=") && $0.contains(JournalField.muted) })
  }

  @Test func theStoryInJSON() throws {
    let result = try tool(Self.story).run("why", "--json", "abcd0000")
    #expect(result.output.hasPrefix(#"{"version":1,"call":{"id":"abcd0000","title":"Stand-up","#))
    #expect(result.output.contains(#""event":"connection-lost","reason":"engine-crash","detail":null,"#))
    #expect(result.output.contains(#""live":false,"#))
  }

  @Test(arguments: [
    (
      entry(0, "session-launched")
        + entry(31, "launch-failed", [JournalField.reason: "no-answer", JournalField.detail: "408"]),
      "The call was never joined: nobody answered in time (408), 31.0 s after its launch."
    ),
    (
      entry(0, "session-joined") + entry(9, "session-left", [JournalField.reason: "fate"]),
      "The call was joined, and ended because fate."
    ),
    (entry(0, "session-joined") + entry(9, "session-left"), "The call was joined, and ended for an unknown reason."),
    // No bus: nobody can say whether it goes on.
    (entry(0, "session-launched"), "The journal does not say whether the call has ended."),
  ])
  func theLastSentence(journal: String, sentence: String) throws {
    #expect(try tool(journal).run("why", "abcd0000").output.contains(sentence))
  }

  /// It is shown as part of a command to copy: its name must be one that a shell takes as it is.
  @Test func aUnitThatNoUnitCanBeIsNotShown() throws {
    let entries = ["x$(reboot)'", "sip"].map {
      Self.entry(0, "session-joined", [JournalField.aboutUnit: "app-ongoingcall-\($0)@abcd0000.service"])
    }
    let output = try tool(entries.joined()).run("why", "abcd0000").output
    #expect(!output.contains("reboot"))
    #expect(output.contains("app-ongoingcall-sip@abcd0000.service"))
  }

  @Test func aCallThatGoesOnAndOneThatIsGone() throws {
    let bus = try PrivateBus()
    let tool = tool(Self.entry(0, "session-launched")).with("DBUS_SESSION_BUS_ADDRESS=\(bus.address)")
    #expect(try tool.run("why", "abcd0000").output.contains("The call is over, but the journal has no record"))
    let daemon = try ScriptedDaemon(on: bus)
    #expect(try tool.run("why", "abcd0000").output.contains("The call is over, but the journal has no record"))
    daemon.set("abcd0000", ["State": .string("joined")])
    #expect(try tool.run("why", "abcd0000").output.contains("\nThe call goes on.\n"))
  }

  @Test func severalThatBeginAlike() throws {
    let result = try tool(Self.ended).run("why", "abc")
    #expect(result.status == 66)
    #expect(result.error.contains("2 calls have IDs that begin with “abc”: abcd0000, abce0000"))
  }

  // MARK: What a journal may say

  @Test func valuesWithLineBreaksAndOtherBytes() throws {
    let text = "two\nlines \u{1B}[2J"
    let length = (0..<8).map { UInt8(truncatingIfNeeded: text.utf8.count >> ($0 * 8)) }
    let bytes =
      Array("__REALTIME_TIMESTAMP=1714564800000000\nONGOINGCALL_SESSION=abcd0000\nMESSAGE\n".utf8) + length
      + Array(text.utf8) + [0x0A] + Array("ONGOINGCALL_TITLE=".utf8) + [0xFF, 0x0A, 0x0A]
    let entries = try JournalExport.entries(in: bytes)
    #expect(entries.count == 1)
    #expect(entries[0]["MESSAGE"] == text)
    #expect(entries[0][JournalField.title] == "\u{FFFD}")
    for cut in bytes.indices { _ = try? JournalExport.entries(in: Array(bytes[..<cut])) }
    let huge = Array("MESSAGE\n".utf8) + [UInt8](repeating: 0xFF, count: 8) + Array("x\n".utf8)
    let failure = #expect(throws: CommandFailure.self) { try JournalExport.entries(in: huge) }
    #expect(failure?.name == "no-journal")
  }

  @Test(arguments: ["history", "why"])
  func aJournalThatCannotBeRead(verb: String) throws {
    let cases = [
      ("No journal files were opened due to insufficient permissions.\n", 1),
      ("Hint: You are currently not seeing all.\nNo journal files were found.\n", 0),
    ]
    for (error, status) in cases {
      let result = try tool("", error: error, status: status).run(verb)
      #expect(result.status == 69)
      #expect(result.error.hasPrefix("ongoingcallctl: cannot read the journal: No journal files were "))
      #expect(result.error.contains("journalctl --user -u ongoingcalld"))
    }
    let result = try Tool(["PATH": folder.makeFolder("empty")]).run(verb, "--json")
    #expect(result.errorJSON?.error?.name == "no-journal")
  }

  @Test func aTimeThatIsNone() throws {
    let result = try tool("", error: "Failed to parse timestamp: soon\n", status: 1).run("history", "--since", "soon")
    #expect(result.status == 64)
    #expect(result.error.contains("--since: Failed to parse timestamp: soon\n"))
    let complaint = "--since= must be before --until=.\n"
    let later = try tool("", error: complaint, status: 1).run("history", "--since", "tomorrow")
    #expect(later.status == 64 && later.error.contains("--since: this time is yet to come\n"))
  }

  @Test func oneThatHangsAndOneThatFloods() throws {
    let tool = tool("")
    folder.write("#!/bin/sh\nexec sleep 1000\n".utf8, to: "journalctl", mode: 0o700)
    let hung = try tool.run("history", "--timeout", "1")
    #expect(hung.status == 75)
    #expect(hung.error.contains("journalctl did not answer within 1 s"))
    folder.write("#!/bin/sh\nexec yes MESSAGE=x\n".utf8, to: "journalctl", mode: 0o700)
    let flooded = try tool.run("history")
    #expect(flooded.status == 69)
    #expect(flooded.error.contains("larger than 32 MiB"))
  }

  @Test(arguments: ["-n 0", "-n 10001", "-n x"])
  func mistakes(arguments: String) throws {
    #expect(try tool("").run(line: "history " + arguments).status == 64)
  }
}
