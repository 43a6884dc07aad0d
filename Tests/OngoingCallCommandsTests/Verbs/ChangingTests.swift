// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

/// The verbs that do something to a call.
@Suite struct ChangingTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  private func addAnother() { daemon.set("abce0000", ["Title": .string("Review"), "State": .string("joined")]) }

  @Test(arguments: [("abort", "aborted"), ("hangup", "hung-up")])
  func ending(verb: String, reason: String) throws {
    daemon.set("abcd0000", ["JoinedAt": .uint64(1), "Duration": .uint64(63_000_000)])
    let result = try tool.run(verb)
    #expect(result.status == 0)
    #expect(result.output == "abcd0000 ended: \(reason) after 1m 03s\n")
    // It is no error to end it again, by its id.
    let again = try tool.run(verb, "--json", "abcd0000")
    #expect(again.status == 0)
    #expect(again.outputJSON?.session?.endReason == reason)
    let none = try tool.run(verb)
    #expect(none.status == 66)
    #expect(
      none.error
        == "ongoingcallctl: there is no call\n"
        + "  “ongoingcallctl launch” launches one; “ongoingcallctl history” lists past calls\n")
  }

  @Test func abortSendsTheWholeId() throws {
    addAnother()
    #expect(try tool.run("abort", "abce").status == 0)
    #expect(daemon.requests("Abort").map(\.arguments) == [[.string("abce0000")]])
  }

  @Test(arguments: ["abort", "hangup", "mute", "unmute", "hold", "resume"])
  func whichOfTwo(verb: String) throws {
    addAnother()
    let result = try tool.run(verb)
    #expect(result.status == 66)
    #expect(
      result.error
        == "ongoingcallctl: there are 2 calls: abcd0000 (Stand-up), abce0000 (Review)\n"
        + "  give the ID of one of them, or its beginning\n")
    for member in ["Abort", "HangUp", "SetMuted", "SetOnHold"] { #expect(daemon.requests(member).isEmpty) }
  }

  @Test(arguments: ["abort", "hangup", "mute", "unmute", "hold", "resume", "status"])
  func aCallThatIsNotThere(verb: String) throws {
    let result = try tool.run(verb, "nothere0")
    #expect(result.status == 66)
    #expect(result.error.contains("there is no call with the ID or name “nothere0”"))
  }

  @Test func aNameIsTakenForTheId() throws {
    addAnother()
    daemon.set("abce0000", ["Name": .string("review")])
    #expect(try tool.run("abort", "review").status == 0)
    #expect(daemon.requests("Abort").map(\.arguments) == [[.string("abce0000")]])
  }

  @Test func renaming() throws {
    daemon.on("SetName") { request in [.change("abcd0000", ["Name": request.arguments[0]]), .reply([])] }
    #expect(try tool.run("rename", "abcd", "Work").output == "abcd0000 is now named Work\n")
    let result = try tool.run("rename", "--json", "Work", "")
    #expect(result.status == 0)
    #expect(result.outputJSON?.session?.id == "abcd0000" && result.outputJSON?.session?.name == "")
    #expect(try tool.run("rename", "abcd0000", "").output == "abcd0000 has no name any more\n")
    #expect(daemon.requests("SetName").map(\.arguments) == [[.string("Work")], [.string("")], [.string("")]])
    // This verb has no option of that name.
    daemon.on("SetName") { _ in [.fail(BusErrorName.invalidOption, "option “name”: the daemon's words")] }
    let refused = try tool.run("rename", "abcd0000", "Work")
    #expect(refused.status == 64)
    #expect(refused.error == "ongoingcallctl: NAME: the daemon's words\n")
    #expect(try tool.run("rename", "abcd0000").status == 64)
  }

  @Test func aCallWhoseObjectIsGoneOnceItHasEnded() throws {
    daemon.on("Abort") { _ in [.forget("abcd0000"), .reply([])] }
    let result = try tool.run("abort", "abcd0000")
    #expect(result.status == 0)
    #expect(result.output == "abcd0000 ended\n")
  }

  @Test(arguments: [
    ("mute", "SetMuted", true, "joined, muted"), ("unmute", "SetMuted", false, "joined"),
    ("hold", "SetOnHold", true, "joined, on hold"), ("resume", "SetOnHold", false, "joined"),
  ])
  func switches(verb: String, member: String, value: Bool, state: String) throws {
    let property = member == "SetMuted" ? "Muted" : "OnHold"
    daemon.set("abcd0000", [property: .bool(!value)])
    let result = try tool.run(verb)
    #expect(result.status == 0)
    #expect(result.output == "abcd0000 \(state)\n")
    #expect(daemon.requests(member).map(\.arguments) == [[.bool(value)]])
    let json = try tool.run(verb, "--json", "abcd")
    #expect((member == "SetMuted" ? json.outputJSON?.session?.muted : json.outputJSON?.session?.onHold) == value)
  }

  /// The engine takes its time, and the daemon answers before.
  @Test func muteWaitsForTheEngine() throws {
    daemon.on("GetAll") { request in
      let muted: [String: BusValue] = ["State": .string("joined"), "Muted": .bool(request.earlier > 0)]
      return [.reply([.dictionary(muted)])] + (request.earlier == 0 ? [.event("abcd0000", "muted-changed")] : [])
    }
    daemon.on("SetMuted") { _ in [.reply([])] }
    let result = try tool.run("mute", "abcd0000")
    #expect(result.status == 0)
    #expect(result.output == "abcd0000 joined, muted\n")
    #expect(daemon.requests("GetAll").count == 2)
  }

  @Test func muteOfACallThatEndsMeanwhile() throws {
    daemon.on("SetMuted") { _ in
      [.reply([]), .change("abcd0000", ["State": .string("ended"), "EndReason": .string("removed")])]
    }
    let result = try tool.run("mute", "abcd0000")
    #expect(result.status == 1)
    #expect(result.error == "ongoingcallctl: the call abcd0000 has ended: removed\n")
  }

  @Test(arguments: [("hold", false, "is not on hold"), ("resume", true, "is still on hold")])
  func aFarEndThatRefuses(verb: String, isOnHold: Bool, problem: String) throws {
    daemon.set("abcd0000", ["OnHold": .bool(isOnHold)])
    addAnother()
    let detail: [String: BusValue] = ["detail": .string("it does not: 488 Not Acceptable Here")]
    daemon.on("SetOnHold") { _ in
      [.reply([]), .happen("abce0000", "hold-refused", detail), .happen("abcd0000", "hold-refused", detail)]
    }
    let result = try tool.run(verb, "abcd0000")
    #expect(result.status == 1)
    #expect(result.error == "ongoingcallctl: the call abcd0000 \(problem): it does not: 488 Not Acceptable Here\n")
    let json = try tool.run(verb, "--json", "abcd0000")
    #expect(json.status == 1 && json.errorJSON?.error?.name == "hold-refused")
    // What was refused before is of no interest.
    daemon.on("SetOnHold") { _ in
      [.reply([]), .change("abcd0000", ["OnHold": .bool(!isOnHold)]), .event("abcd0000", "on-hold-changed")]
    }
    #expect(try tool.run(verb, "abcd0000").status == 0)
  }

  @Test func digits() throws {
    let result = try tool.run("dtmf", "12ab*#")
    #expect(result.status == 0)
    #expect(result.output == "abcd0000 sent 12AB*#\n")
    addAnother()
    let several = try tool.run("dtmf", "1")
    #expect(several.status == 66 && several.error.hasSuffix("\n  name one of them: --session ID\n"), "\(several.error)")
    #expect(try tool.run("dtmf", "1", "--session", "abce").output == "abce0000 sent 1\n")
    #expect(try tool.run("dtmf", "--json", "1", "--session", "abce").outputJSON?.session?.id == "abce0000")
    #expect(daemon.requests("SendDtmf").map(\.arguments) == [[.string("12AB*#")], [.string("1")], [.string("1")]])
  }

  @Test(arguments: [[], [""], ["12E"], ["1 2"], [String(repeating: "1", count: 65)], ["1", "2"]])
  func whatIsNoDigits(arguments: [String]) throws {
    #expect(try tool.run(["dtmf"] + arguments).status == 64)
    #expect(daemon.requests("SendDtmf").isEmpty)
  }

  @Test func keys() throws {
    #expect(try tool.run("send-keys", "ls -l", "Enter", "Entr").output == "abcd0000 got the keys\n")
    addAnother()
    for arguments in [["C-c"], ["-t", "abc", "C-c"]] {
      let several = try tool.run(["send-keys"] + arguments)
      #expect(several.status == 66 && several.error.hasSuffix("\n  name one of them: -t ID\n"), "\(several.error)")
    }
    #expect(try tool.run("send-keys", "-t", "abce", "-l", "C-c").output == "abce0000 got the keys\n")
    #expect(try tool.run("send-keys", "--session", "abce", "--json", "C-c").outputJSON?.session?.id == "abce0000")
    #expect(try tool.run("send-keys", "--session", "abce", "--", "-t", "--json").status == 0)
    let texts = ["ls -l\rEntr", "C-c", "\u{3}", "-t--json"]
    #expect(daemon.requests("SendKeys").map(\.arguments) == texts.map { [.string($0)] })
  }

  /// As in tmux: what follows the first KEY is for the program.
  @Test(arguments: [
    (["ls", "-l", "Enter"], "ls-l\r"), (["grep", "-h", "x"], "grep-hx"),
    (["a", "--json", "-t", "zzz"], "a--json-tzzz"),
    (["echo", "--version"], "echo--version"), (["-q", "-", "-h"], "--h"), (["ls", "--", "-l"], "ls---l"),
    (["--", "--", "-h"], "---h"), (["-tabcd", "x", "-tzzz"], "x-tzzz"), (["-t=abcd0000", "x"], "x"),
    (["-lt", "abcd", "Up"], "Up"), (["-lqtabcd", "Up"], "Up"), (["--session=abcd", "x"], "x"),
    (["--timeout", "9", "--color=never", "x", "help"], "xhelp"), (["--session", "abcd", "--", "-x"], "-x"),
  ])
  func optionsEndAtTheFirstKey(arguments: [String], typed: String) throws {
    let result = try tool.run(["send-keys"] + arguments)
    #expect(result.status == 0, "\(result.error)")
    #expect(daemon.requests("SendKeys").map(\.arguments) == [[.string(typed)]])
  }

  @Test(arguments: [["-help"], ["-hello"], ["-x", "-h"], ["-thelloh", "x"], ["--bogus", "-h"], ["-lxh", "y"]])
  func anOptionThatIsNone(arguments: [String]) throws {
    let result = try tool.run(["send-keys"] + arguments)
    #expect(result.output == "" && daemon.requests("SendKeys").isEmpty)
    guard arguments[0] != "-thelloh" else { return #expect(result.status == 66) }
    #expect(result.status == 64)
    #expect(result.error.hasPrefix("ongoingcallctl: unknown option “-"))
    #expect(result.error.hasSuffix("\n  a KEY that begins with “-” goes after “--”: ongoingcallctl send-keys -- KEY\n"))
  }

  @Test(arguments: [BusErrorName.outcomeUnknown, nil])
  func digitsOfWhichNobodyKnows(name: String?) throws {
    daemon.on("SendDtmf") { _ in [name.map { .fail($0, "the engine did not answer") } ?? .restart] }
    let result = try tool.run("dtmf", "1")
    #expect(result.output == "" && result.status == (name == nil ? 69 : 1))
    let why = name == nil ? "ongoingcalld exited before it answered SendDtmf" : "the engine did not answer"
    #expect(
      result.error
        == "ongoingcallctl: \(why); the tones may have been sent or not\n"
        + "  send them again only if the far end did not react to them\n")
  }

  /// Each option of the help is known where options end.
  @Test func optionsOfTheHelpAreTaken() throws {
    let help = try tool.run("send-keys", "--help").output
    let words = help.split(separator: "\n").filter { $0.hasPrefix("  -") }.map { $0.split(separator: " ").prefix(3) }
    let names = words.joined().filter { $0.hasPrefix("-") }.map { String($0).replacing(",", with: "") }
    #expect(names.count > 9 && names.contains("--no-pager"), "\(names)")
    for name in names where !["-h", "--help", "--version"].contains(name) {
      let value = ["--timeout": "9", "--color": "never", "--session": "abcd", "-t": "abcd"][name].map { [$0] } ?? []
      #expect(try tool.run(["send-keys", name] + value + ["x"]).status == 0, "\(name)")
    }
  }

  @Test(arguments: [[], [""], ["C-@"], ["a", "C-Space"], ["-x"], ["--enter"]])
  func whatIsNoKeys(arguments: [String]) throws {
    #expect(try tool.run(["send-keys"] + arguments).status == 64)
    #expect(daemon.requests("SendKeys").isEmpty)
  }

  @Test func howFarALongTextCame() throws {
    daemon.on("SendKeys") { call in
      call.arguments[0].asString?.hasPrefix("a") == true
        ? [.reply([])] : [.fail(BusErrorName.engineFailed, "it is full")]
    }
    let look = "\n  look at the terminal: ongoingcallctl attach abcd0000\n"
    let long = String(repeating: "a", count: 4096) + "b"
    let result = try tool.run("send-keys", long)
    #expect(result.status == 1)
    #expect(result.error == "ongoingcallctl: it is full; only the first 4096 of 4097 bytes were typed" + look)
    #expect(try tool.run("send-keys", "b").error == "ongoingcallctl: it is full; nothing was typed" + look)
    daemon.on("SendKeys") { call in call.arguments[0].asString?.hasPrefix("a") == true ? [.reply([])] : [.restart] }
    let vanished = try tool.run("send-keys", long)
    #expect(vanished.status == 69)
    #expect(
      vanished.error
        == "ongoingcallctl: ongoingcalld exited before it answered SendKeys; the first 4096 of 4097 bytes were typed, "
        + "and the next ones may have been typed or not" + look)
  }

  @Test(arguments: [
    (
      BusErrorName.notSupported, "the engine “sip” cannot do this",
      "the engine “sip” cannot do this\n  only a program that was launched with --terminal takes keys\n"
    ),
    (
      BusErrorName.outcomeUnknown, "the engine did not answer",
      "the engine did not answer; the keys may have been typed or not\n"
        + "  look at the terminal: ongoingcallctl attach abcd0000\n"
    ),
    (
      BusErrorName.limitReached, "12 requests are waiting; try again",
      "12 requests are waiting; nothing was typed\n  try again\n"
    ),
    (
      BusErrorName.sessionEnded, "the call abcd0000 has ended",
      "the call abcd0000 has ended\n  “ongoingcallctl why abcd0000” explains its end\n"
    ),
  ])
  func keysThatAreRefused(name: String, message: String, shown: String) throws {
    daemon.on("SendKeys") { _ in [.fail(name, message)] }
    let result = try tool.run("send-keys", "secret")
    #expect(result.status == 1 && result.output == "")
    #expect(result.error == "ongoingcallctl: " + shown)
  }

  @Test func keysThatAreNoText() throws {
    let result = try tool.run(bytes: ["send-keys", "-q"].map { Array($0.utf8) } + [[0x61, 0xFF]])
    #expect(result.status == 64)
    #expect(
      result.error
        == "ongoingcallctl: argument 3, “a\u{FFFD}”, is not UTF-8\n"
        + "  D-Bus carries only UTF-8; type other bytes in “ongoingcallctl attach”\n")
  }

  @Test(
    arguments: [
      (BusErrorName.notSupported, 1), (BusErrorName.sessionEnded, 1), (BusErrorName.notPermitted, 1),
      (BusErrorName.invalidOption, 64), (BusErrorName.noSuchSession, 66), ("org.freedesktop.DBus.Error.Failed", 1),
    ] as [(String, Int32)])
  func errorsOfTheDaemon(name: String, status: Int32) throws {
    daemon.on("SetOnHold") { _ in [.fail(name, "the daemon's words")] }
    let result = try tool.run("hold", "abcd0000")
    #expect(result.status == status)
    #expect(result.output == "")
    let json = try tool.run("hold", "--json", "abcd0000")
    #expect(json.errorJSON?.error?.name == name)
    if name != BusErrorName.noSuchSession {
      let remedy = name == BusErrorName.sessionEnded ? "  “ongoingcallctl why abcd0000” explains its end\n" : ""
      #expect(result.error == "ongoingcallctl: the daemon's words\n" + remedy)
      #expect(json.errorJSON?.error?.message == "the daemon's words")
    }
  }
}
