// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

@testable import OngoingCallCommands

/// Quiet, colors, locales, options before the verb, and what was probably meant.
@Suite struct OutputTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws {
    fixture = try DaemonFixture(
      call: ["Title": .string("Größe … ☎"), "State": .string("joined"), "JoinedAt": .uint64(1)])
  }

  private func run(_ arguments: String, _ variables: String...) throws -> Tool.Result {
    var tool = tool
    tool.environment += variables
    return try tool.run(line: arguments)
  }

  @Test(arguments: [
    "status", "list", "mute", "unmute", "hold", "dtmf 1", "send-keys x", "return", "status --format plain", "channel",
    "hangup --all",
    "launch sip:a@example.org", "launch --wait -- true",
  ])
  func quietSaysNothing(arguments: String) throws {
    daemon.on("Launch") { _ in [.reply([.objectPath("/org/ongoingcall/Calls1/session/abcd0000")])] }
    let quiet = arguments.replacing(" -- ", with: " --quiet -- ").replacing("keys x", with: "keys --quiet x")
    for line in [quiet, "-q " + arguments] {
      let result = try run(line.contains("-q") ? line : line + " --quiet")
      #expect(result.status == 0, "\(line): \(result.error)")
      #expect(result.output + result.error == "", "\(line)")
    }
  }

  @Test func quietIsNotSilentAboutErrors() throws {
    let result = try run("-q mute nothere0")
    #expect(result.status == 66)
    #expect(result.error.contains("there is no call with the ID"))
    #expect(try run("-q --json status").status == 64)
  }

  @Test func colors() throws {
    let bold = "\u{1B}["
    #expect(try run("status --color always").output.contains(bold))
    #expect(try run("--color=always list", "NO_COLOR=1").output.contains(bold))
    for arguments in ["status", "status --color auto", "status --color never", "status --json --color always"] {
      #expect(try !run(arguments, "TERM=xterm").output.contains(bold))
    }
    #expect(try run("status --color sometimes").error.contains("'auto', 'always' or 'never'"))
  }

  @Test(arguments: [
    (["LANG=C.UTF-8"], "Größe … ☎"), ([], "Größe … ☎"), (["LANG="], "Größe … ☎"), (["LC_ALL=xx_XX.utf8"], "Größe … ☎"),
    (["LANG=C.UTF-8", "LC_ALL=C"], "Gr??e ... ?"), (["LANG=POSIX"], "Gr??e ... ?"), (["LC_CTYPE=xx_XX"], "Gr??e ... ?"),
  ])
  func locales(variables: [String], title: String) throws {
    var tool = tool
    tool.environment += variables
    let lines = try tool.run("status").output.split(separator: "\n")
    #expect(lines.first == "\(title.hasSuffix("☎") ? "●" : "*") abcd0000 \(title)")
    let error = try tool.run("status", "nothere0").error
    #expect(error.contains(title.hasSuffix("☎") ? "“nothere0”" : "\"nothere0\""))
    // What programs read is UTF-8 everywhere.
    #expect(try tool.run("status", "--json").outputJSON?.sessions?.first?.title == "Größe … ☎")
    #expect(try tool.run("status", "--format", "waybar").output.contains("Größe … ☎"))
  }

  @Test(arguments: ["--json status", "--json --timeout 5 status", "--timeout=5 --color never --no-pager --json status"])
  func optionsBeforeTheVerb(arguments: String) throws {
    #expect(try run(arguments).outputJSON?.sessions?.count == 1)
    #expect(try run("--json channel list").output.hasPrefix(#"{"version":1,"channels":"#))
    #expect(try run("--json channel").output.hasPrefix(#"{"version":1,"channels":"#))
    #expect(try run("--timeout").status == 64)
  }

  @Test(arguments: [
    ("stauts", "status"), ("lsit", "list"), ("ls", "list"), ("call", "launch"), ("abrot", "abort"), ("hist", "history"),
    ("hang-up", "hangup"), ("kill", "abort"), ("Status", "status"), ("wath", "watch"), ("events", "watch"),
    ("detach", "attach"), ("sendkeys", "send-keys"), ("type", "send-keys"),
    ("xyzzy", nil), ("q", nil), ("", nil), ("sip:a@b", nil), ("1", nil),
  ])
  func whatWasMeant(typed: String, verb: String?) {
    let verbs = [
      "launch", "abort", "hangup", "status", "list", "watch", "history", "why", "attach", "return", "mute", "unmute",
      "hold", "resume", "dtmf", "send-keys",
    ]
    #expect(Suggestion.verb(for: typed, of: verbs) == verb)
  }

  @Test func allCallsAreEnded() throws {
    daemon.set("abce0000", ["State": .string("launching")])
    daemon.set("xyz00000", ["State": .string("ended")])
    let result = try run("hangup --all --json")
    #expect(result.status == 0)
    #expect(result.outputJSON?.sessions?.map(\.id) == ["abcd0000", "abce0000"])
    #expect(try run("abort -a").output == "no calls\n")
    #expect(try run("abort --all --json").output == #"{"version":1,"sessions":[]}"# + "\n")
    #expect(try run("abort --all abcd").status == 64)
  }

  @Test func oneThatCannotBeEndedKeepsNoneOfTheOthers() throws {
    daemon.set("abce0000", ["State": .string("joined")])
    daemon.on("Abort") { request in
      request.arguments == [.string("abcd0000")]
        ? [.fail("org.ongoingcall.Calls1.Error.EngineFailed", "no")]
        : [.change("abce0000", ["State": .string("ended"), "EndReason": .string("aborted")]), .reply([])]
    }
    let result = try run("abort --all")
    #expect(result.status == 1)
    #expect(result.output == "abce0000 ended: aborted\n")
    #expect(result.error == "ongoingcallctl: no\n")
  }

  /// Without most of the properties, and with some that are not known here.
  @Test func daemonsOfOtherVersions() throws {
    daemon.set(
      "new00000",
      [
        "State": .string("parked"), "Later": .uint64(1), "Muted": .string("yes"), "Notification": .string("x"),
        "Media": .dictionary(["jitter": .double(1)]),
      ])
    for arguments in ["status", "list", "status new00000", "status --format plain", "status --json"] {
      #expect(try run(arguments).status == 0)
    }
    #expect(try run("status new00000").output == "● new00000 \n     State: parked\n")
  }
}
