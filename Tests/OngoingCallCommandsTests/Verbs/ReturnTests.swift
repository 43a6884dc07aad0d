// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall
import OngoingCallTestSupport
import Testing

@testable import OngoingCallCommands

@Suite struct ReturnTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  @Test(arguments: [
    ("dbus", "returned to abcd0000: activated its application"),
    ("command", "returned to abcd0000: started its command"),
    ("terminal", "returned to abcd0000: opened a terminal"),
    ("window", "returned to abcd0000: opened its window"),
    ("event", "abcd0000 has nothing to return to; sent the event return-requested"),
    ("of-a-later-version", "returned to abcd0000"),
  ])
  func itSaysWhichWay(_ way: String, _ text: String) throws {
    daemon.on("Return") { _ in [.reply([.string(way)])] }
    let result = try tool.run("return")
    #expect(result.status == 0 && result.output == "\(text)\n")
    let known = ReturnWay(rawValue: way)?.rawValue ?? "unknown"
    #expect(try tool.run("return", "--json", "abcd").output.contains("\"way\":\"\(known)\""))
  }

  @Test func whatFailsIsAFailure() throws {
    daemon.on("Return") { _ in [.fail(BusErrorName.returnFailed, "org.example.App was not activated: no")] }
    let result = try tool.run("return", "abcd0000")
    #expect(result.status == 1 && result.output == "")
    #expect(result.error == "ongoingcallctl: org.example.App was not activated: no\n")
    #expect(try tool.run("return", "nothere0").status == 66)
  }

  // MARK: Launch

  private func sent(_ arguments: String...) throws -> [String: BusValue] {
    let result = try tool.run(["launch", "sip:a@example.org"] + arguments)
    #expect(result.error == "")
    return try #require(daemon.requests("Launch").last?.arguments.first?.asDictionary)
  }

  @Test(arguments: [
    ("org.example.App", "org.example.App", "/org/example/App"),
    ("org.example.Call-App", "org.example.Call-App", "/org/example/Call_App"),
    ("org.example.App/calls/1", "org.example.App", "/calls/1"), (":1.5/", ":1.5", "/"),
  ])
  func anApplication(_ text: String, _ name: String, _ path: String) throws {
    #expect(
      try sent("--return-dbus", text)["return-dbus"] == .structure([.string(name), .objectPath(path)]))
  }

  @Test(arguments: [
    "", "App", "/org/example/App", "org.example.App/a//b", "org.example.a b", ":1.5",
  ])
  func noApplication(_ text: String) throws {
    let result = try tool.run("launch", "--return-dbus", text, "sip:a@example.org")
    #expect(result.status == 64)
    #expect(result.error.contains("not a D-Bus name"))
    #expect(daemon.requests("Launch").isEmpty)
  }

  @Test func aCommand() throws {
    let words = try sent("--return-command", #"sh -c 'echo "$1"' x"#)["return-command"]?.asStrings ?? []
    #expect(words.first?.hasSuffix("/sh") == true && words.first?.hasPrefix("/") == true)
    #expect(words.dropFirst() == ["-c", #"echo "$1""#, "x"])
  }

  @Test(arguments: [
    ("", "the command is empty"), ("  ", "the command is empty"), ("'sh", "unclosed quote: '"),
    ("no-such-program-here x", "there is no program"), ("sh \\", "nothing follows the last backslash"),
  ])
  func noCommand(_ text: String, _ problem: String) throws {
    let result = try tool.run("launch", "--return-command", text, "sip:a@example.org")
    #expect(result.status == 64)
    #expect(result.error.contains(problem), "\(result.error)")
    #expect(daemon.requests("Launch").isEmpty)
  }

  // MARK: Words

  @Test(arguments: [
    ("a b", ["a", "b"]), (" a \t\n b ", ["a", "b"]), ("", []), ("''", [""]), (#"a "" b"#, ["a", "", "b"]),
    (#"a'b c'd"#, ["ab cd"]), (#""it's" 'say "x"'"#, ["it's", #"say "x""#]), (#"a\ b \'"#, ["a b", "'"]),
    (#""a\"b\\c\d""#, [#"a"b\c\d"#]), (#"'a\b'"#, [#"a\b"#]), ("$HOME *", ["$HOME", "*"]),
  ])
  func words(_ text: String, _ words: [String]) throws { #expect(try CommandWords.split(text) == words) }
}
