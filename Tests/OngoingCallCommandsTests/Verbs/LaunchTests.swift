// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCall
import OngoingCallTestSupport
import Testing

@Suite struct LaunchTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture() }

  /// The options of the only launch.
  private func sent() throws -> [String: BusValue] {
    let launches = daemon.requests("Launch")
    try #require(launches.count == 1)
    return try #require(launches[0].arguments.first?.asDictionary)
  }

  @Test func anAddress() throws {
    let result = try tool.run("launch", "sip:standup@example.org")
    #expect(result.status == 0)
    #expect(result.error == "")
    #expect(
      result.output
        == "abcd0000 launching (see it: ongoingcallctl status abcd0000; end it: ongoingcallctl abort abcd0000)\n")
    var options = try sent()
    #expect(options.removeValue(forKey: "token")?.asString?.utf8.count == 32)
    #expect(options == ["uri": .string("sip:standup@example.org")])
  }

  @Test(arguments: [
    (["030", "123", "456"], "030 123 456"), (["+49 30 123"], "+49 30 123"), (["alice"], "alice"),
    (["tel:+49-30-123"], "tel:+49-30-123"),
  ])
  func aNumberOrAName(_ words: [String], _ uri: String) throws {
    #expect(try tool.run(["launch", "--launch-timeout", "7", "--account", "me"] + words + ["--detach"]).status == 0)
    #expect(try sent()["uri"] == .string(uri))
    #expect(try sent()["account"] == .string("me"))
  }

  @Test func noAccount() throws {
    #expect(try tool.run("launch", "--no-account", "sip:a@example.org").status == 0)
    #expect(try sent()["account"] == .string(""))
    let both = try tool.run("launch", "--no-account", "--account", "me", "sip:a@example.org")
    #expect(both.status == 64 && both.error.contains("--account and --no-account cannot be used together"))
  }

  @Test func privacyIsTheEnginesSettings() throws {
    let words = [
      "launch", "--encryption", "offer", "--key-exchange", "dtls", "--anonymous", "--set", "transport=tls",
      "sip:a@example.org",
    ]
    #expect(try tool.run(words).status == 0)
    #expect(
      try sent()["engine-settings"]
        == .stringDictionary([
          "encryption": "offer", "key-exchange": "dtls", "anonymous": "yes", "transport": "tls",
        ]))
  }

  @Test(arguments: [
    (["--encryption", "on", "alice"], "--encryption: “on” is not one of off, offer, required"),
    (["--encryption", "offer", "sips:a@example.org"], "calls to a sips: address are always encrypted"),
    (["--key-exchange", "zrtp", "alice"], "--key-exchange: “zrtp” is not one of auto, sdes, dtls"),
    (["--encryption", "off", "--set", "encryption=off", "alice"], "leave one of them out"),
    (["--anonymous", "--", "true"], "--anonymous: only for calls to an address"),
  ])
  func privacyThatCannotBe(_ words: [String], _ text: String) throws {
    let result = try tool.run(["launch"] + words)
    #expect(result.status == 64 && result.error.contains(text), "\(result.error)")
    #expect(daemon.requests("Launch").isEmpty)
  }

  /// What the daemon cannot call by name may have been meant to be a program.
  @Test func aNameMayBeAProgram() throws {
    daemon.on("Launch") { _ in [.fail(BusErrorName.invalidOption, "option “uri”: there is no account")] }
    let result = try tool.run("launch", "nosuchprogram")
    #expect(result.status == 64)
    #expect(
      result.error == """
        ongoingcallctl: URI: there is no account
          a program goes after “--”: ongoingcallctl launch -- PROGRAM

        """)
    #expect(try !tool.run("launch", "030").error.contains("PROGRAM"))
  }

  @Test func onlyANumberIsSeveralWords() throws {
    for words in [["sip:a@example.org", "sip:b@example.org"], ["alice", "bob"], ["030", "bob"]] {
      let result = try tool.run(["launch"] + words)
      #expect(result.status == 64 && result.error.contains("unexpected argument “\(words[1])”"))
    }
    #expect(daemon.requests("Launch").isEmpty)
  }

  @Test func everyOption() throws {
    let result = try tool.run(
      "launch", "--title", "Stand-up", "--name", "standup", "--engine", "sip", "--set", "play=a=b", "--set", "record=",
      "--muted",
      "--application-id", "org.example.App", "--token", "t", "--launch-timeout", "7", "--json",
      "sip:standup@example.org")
    #expect(result.status == 0)
    #expect(
      try sent() == [
        "uri": .string("sip:standup@example.org"), "title": .string("Stand-up"), "name": .string("standup"),
        "engine": .string("sip"),
        "engine-settings": .stringDictionary(["play": "a=b", "record": ""]), "start-muted": .bool(true),
        "application-id": .string("org.example.App"), "token": .string("t"), "launch-timeout": .uint32(7),
      ])
    #expect(result.outputJSON?.version == 1)
    #expect(result.outputJSON?.session?.id == "abcd0000")
    #expect(result.outputJSON?.session?.title == "Stand-up")
    #expect(result.outputJSON?.session?.state == "launching")
  }

  @Test func aProcessGoesAlongByItsDescriptor() throws {
    let process = SleepingProcess()
    daemon.on("GetAll") { _ in
      [.reply([.dictionary(["State": .string("joined"), "JoinedAt": .uint64(1), "Adopted": .bool(true)])])]
    }
    let result = try tool.run(
      "launch", "--adopt", "\(process.pid)", "--hang-up-grace", "7", "--title", "Phone", "--token", "t", "--allow-sleep"
    )
    #expect(result.status == 0)
    #expect(result.output.hasPrefix("abcd0000 joined (see it: ongoingcallctl status abcd0000; "))
    // To abort it would not end it.
    #expect(result.output.contains("end it: ongoingcallctl hangup abcd0000)"))
    var options = try sent()
    let descriptor = try #require(options.removeValue(forKey: "adopt-pidfd")?.asDescriptor)
    // It tells of that process's end.
    var wait = pollfd(fd: descriptor.raw, events: Int16(POLLIN), revents: 0)
    #expect(poll(&wait, 1, 0) == 0)
    process.kill()
    #expect(poll(&wait, 1, 10_000) == 1)
    #expect(
      options == [
        "hang-up-grace": .uint32(7), "title": .string("Phone"), "token": .string("t"), "inhibit-sleep": .bool(false),
      ])
    #expect(try tool.run("status", "abcd0000").output.contains("Engine: (adopted)"))
  }

  @Test(arguments: [([], nil), (["--linger"], true), (["--no-linger"], false)] as [([String], Bool?)])
  func lingeringIsAskedForOnlyWhereItIsSaid(_ option: [String], _ sent: Bool?) throws {
    #expect(try tool.run(["launch", "sip:a@example.org"] + option).status == 0)
    #expect(try self.sent()["linger"] == sent.map(BusValue.bool))
  }

  /// What is written to a pipe is read by a program.
  @Test func theHintAtTheLogoutIsForTerminalsOnly() throws {
    daemon.on("GetAll") { _ in
      [.reply([.dictionary(["State": .string("launching"), "SurvivesLogout": .bool(false)])])]
    }
    let result = try tool.run("launch", "sip:a@example.org")
    #expect(result.status == 0)
    #expect(result.error == "")
    #expect(try tool.run("launch", "--json", "sip:a@example.org").outputJSON?.session?.survivesLogout == false)
  }

  @Test func theNotification() throws {
    let result = try tool.inside("/usr").run(
      "launch", "--text", "<b> & $HOME", "--icon", "share/logo.png", "--priority", "max", "--visibility", "secret",
      "--channel", "work", "sip:a@example.org")
    #expect(result.status == 0, "\(result.error)")
    #expect(
      try sent()["notification"]
        == .dictionary([
          "text": .string("<b> & $HOME"), "icon": .string("/usr/share/logo.png"), "priority": .string("max"),
          "visibility": .string("secret"),
        ]))
    #expect(try sent()["channel"] == .string("work"))
  }

  @Test func anIconOfTheThemeIsAName() throws {
    #expect(try tool.run("launch", "--icon", "phone", "sip:a@example.org").status == 0)
    #expect(try sent()["notification"] == .dictionary(["icon": .string("phone")]))
  }

  // MARK: Programs

  @Test func argumentsArriveUntouched() throws {
    let arguments = [
      "$HOME", "%n", "\"double\" 'single' `back`", "two  spaces", "line\nbreak", "", "--help", "--json", "-t", "--",
      "\u{1B}[31m", "Grüße 😀", "\\", "*", "a=b",
    ]
    let result = try tool.run(["launch", "--", "true"] + arguments)
    #expect(result.status == 0)
    #expect(try sent()["command"] == .strings(["/usr/bin/true"] + arguments))
  }

  @Test func theCallersSurroundingsGoAlong() throws {
    let tool = tool.with("TERM=xterm", "COLORTERM=truecolor", "LANG=C.UTF-8", "LC_TIME=C", "SECRET=x", "GIVEN=g")
    let result = try tool.inside("/usr").run(
      "launch", "--setenv", "A=b=c", "--setenv", "GIVEN", "--setenv", "ABSENT", "--setenv", "TERM=dumb", "--setenv",
      "EMPTY=", "--", "true")
    #expect(result.status == 0)
    let options = try sent()
    #expect(
      options["environment"]
        == .strings([
          "PATH=/usr/bin:/bin", "TERM=dumb", "COLORTERM=truecolor", "LANG=C.UTF-8", "LC_TIME=C", "A=b=c", "GIVEN=g",
          "EMPTY=",
        ]))
    #expect(options["working-directory"] == .string("/usr"))
    #expect(options["terminal"] == nil)
  }

  @Test(arguments: [("bin", "/usr/bin"), ("/tmp", "/tmp"), (".", "/usr/.")])
  func anotherDirectory(given: String, expected: String) throws {
    #expect(try tool.inside("/usr").run("launch", "--working-directory", given, "-t", "--", "true").status == 0)
    let options = try sent()
    #expect(options["working-directory"] == .string(expected))
    #expect(options["terminal"] == .bool(true))
  }

  @Test(arguments: [("./true", "/usr/bin/./true"), ("../bin/true", "/usr/bin/../bin/true"), ("/bin/true", "/bin/true")])
  func aPath(given: String, expected: String) throws {
    #expect(try tool.inside("/usr/bin").run("launch", "--working-directory", "/", "--", given).status == 0)
    #expect(try sent()["command"] == .strings([expected]))
  }

  @Test func anEmptyElementOfPATHIsTheCurrentDirectory() throws {
    let tool = Tool(["DBUS_SESSION_BUS_ADDRESS": bus.address, "PATH": "/nonexistent::"])
    #expect(try tool.inside("/usr/bin").run("launch", "--", "true").status == 0)
    #expect(try sent()["command"] == .strings(["/usr/bin/true"]))
  }

  // MARK: Waiting

  @Test func waitingForACallThatIsJoined() throws {
    daemon.on("GetAll") { request in
      switch request.earlier {
      case 0...2: [.reply([.dictionary(["State": .string("launching")])]), .event("abcd0000", "session-ringing")]
      default: [.reply([.dictionary(["State": .string("joined"), "JoinedAt": .uint64(9)])])]
      }
    }
    let result = try tool.run("launch", "--wait", "sip:a@example.org")
    #expect(result.status == 0)
    let lines = result.output.split(separator: "\n")
    #expect(lines.first?.hasPrefix("abcd0000 launching") == true)
    #expect(lines.last == "abcd0000 joined")
  }

  @Test func waitingForACallThatFails() throws {
    daemon.on("Launch") { _ in
      [
        .change(
          "abcd0000",
          [
            "State": .string("ended"), "EndReason": .string("busy"), "EndDetail": .string("486 Busy \u{1B}[2JHere\n"),
          ]), .reply([.objectPath(BusName.sessionPath("abcd0000"))]),
      ]
    }
    let result = try tool.run("launch", "--wait", "sip:a@example.org")
    #expect(result.status == 2)
    #expect(result.error == "ongoingcallctl: the call abcd0000 was not joined: busy (486 Busy [2JHere)\n")
    let json = try tool.run("launch", "--wait", "--json", "sip:a@example.org")
    #expect(json.status == 2)
    #expect(json.outputJSON?.session?.endReason == "busy")
    #expect(json.errorJSON?.error?.name == "not-joined")
    #expect(json.errorJSON?.error?.exitStatus == 2)
  }

  @Test func aCallThatWasJoinedAndHasEndedWasJoined() throws {
    daemon.on("GetAll") { _ in
      [.reply([.dictionary(["State": .string("ended"), "JoinedAt": .uint64(9), "EndReason": .string("exited")])])]
    }
    let result = try tool.run("launch", "--wait", "--json", "--", "true")
    #expect(result.status == 0)
    #expect(result.outputJSON?.session?.endReason == "exited")
  }

  @Test func withoutANotificationItSaysHowToEndTheCall() throws {
    daemon.set(manager: "NotificationSurface", .string("none"))
    let result = try tool.run("launch", "sip:a@example.org")
    #expect(result.output.contains("no notification can be shown; end the call with “ongoingcallctl abort abcd0000”"))
    #expect(result.output.split(separator: "\n").last?.contains("ongoingcallctl abort abcd0000") == true)
  }

  @Test func aSessionThatCannotBeAskedIsNamedAllTheSame() throws {
    daemon.on("GetAll") { _ in [.fail("org.example.Broken", "no")] }
    let result = try tool.run("launch", "--json", "sip:a@example.org")
    #expect(result.status == 0)
    #expect(result.outputJSON?.session?.id == "abcd0000")
  }

  // MARK: Mistakes, with which nothing is sent

  struct Mistake: CustomTestStringConvertible {
    var arguments: [String]
    var says: String
    var testDescription: String { says }
  }

  static let mistakes: [Mistake] = [
    Mistake(arguments: [], says: "there is nothing to launch"),
    Mistake(arguments: ["--"], says: "there is nothing to launch"),
    Mistake(arguments: ["sip:a@b", "--", "true"], says: "give either an address or a program, not both"),
    Mistake(arguments: ["sip:a@b", "sip:c@d"], says: "unexpected argument “sip:c@d”"),
    Mistake(arguments: [""], says: "the address is empty"),
    Mistake(arguments: ["sip:"], says: "has no host"),
    Mistake(arguments: ["sip:a@b?Subject=x"], says: "header fields"),
    Mistake(arguments: ["sip:a:secret@b"], says: "password"),
    Mistake(arguments: ["sip:a@b\n"], says: "U+000A"),
    Mistake(arguments: ["sip:" + String(repeating: "a", count: 2048)], says: "at most 2048"),
    Mistake(arguments: ["--", ""], says: "the name of the program is empty"),
    Mistake(arguments: ["--", "no-such-program"], says: "there is no program “no-such-program” in PATH"),
    Mistake(arguments: ["--", "sip:a@b"], says: "an address goes without “--”"),
    Mistake(arguments: ["--", "/nonexistent/program"], says: "No such file or directory"),
    Mistake(arguments: ["--", "/etc/passwd"], says: "it is not executable"),
    Mistake(arguments: ["--", "/usr"], says: "it is a directory"),
    Mistake(arguments: ["--", "/dev/null"], says: "it is not a regular file"),
    Mistake(arguments: ["--set", "key", "sip:a@b"], says: "--set “key”: write it as KEY=VALUE"),
    Mistake(arguments: ["--set", "=value", "sip:a@b"], says: "--set “=value”: write it as KEY=VALUE"),
    Mistake(arguments: ["--setenv", "A-B=c", "--", "true"], says: "“A-B” is not a variable name"),
    Mistake(arguments: ["--setenv", "=c", "--", "true"], says: "is not a variable name"),
    Mistake(arguments: ["--setenv", "A=b", "-t", "sip:a@b"], says: "--terminal: only for programs, not for addresses"),
    Mistake(arguments: ["--working-directory", "/nonexistent", "--", "true"], says: "not a directory"),
    Mistake(arguments: ["--working-directory", "", "--", "true"], says: "not a directory"),
    Mistake(arguments: ["--adopt", "1", "sip:a@b"], says: "give either --adopt or an address, not both"),
    Mistake(arguments: ["--adopt", "1", "--", "true"], says: "give either --adopt or a program, not both"),
    Mistake(arguments: ["--adopt", "0"], says: "--adopt 0: not a process ID"),
    Mistake(arguments: ["--adopt", "4294967295"], says: "--adopt 4294967295: not a process ID"),
    Mistake(arguments: ["--adopt", "2147483647"], says: "--adopt 2147483647: no such process"),
    Mistake(arguments: ["--adopt", "1", "-t", "--muted"], says: "--terminal: not for an adopted process"),
    Mistake(arguments: ["--adopt", "1", "--hang-up-grace", "61"], says: "1 to 60"),
    Mistake(arguments: ["--hang-up-grace", "5", "sip:a@b"], says: "--hang-up-grace: only for an adopted process"),
    Mistake(arguments: ["--launch-timeout", "0", "sip:a@b"], says: "1 to 3600"),
    Mistake(arguments: ["--launch-timeout", "3601", "sip:a@b"], says: "1 to 3600"),
    Mistake(arguments: ["--launch-timeout", "soon", "sip:a@b"], says: "--launch-timeout"),
    Mistake(arguments: ["--timeout", "0", "sip:a@b"], says: "1 to 3600"),
    Mistake(arguments: ["--name", "", "sip:a@b"], says: "--name: it is empty"),
    Mistake(arguments: ["--name", "7K3M9X2P", "sip:a@b"], says: "--name: it looks like a call's ID"),
    Mistake(arguments: ["--wait", "--detach", "sip:a@b"], says: "--wait and --detach cannot be used together"),
    Mistake(arguments: ["--priority", "urgent", "sip:a@b"], says: "'min', 'low', 'default', 'high' or 'max'"),
    Mistake(arguments: ["--visibility", "Public", "sip:a@b"], says: "'public', 'private' or 'secret'"),
    Mistake(arguments: ["--colour", "sip:a@b"], says: "Unknown option '--colour'"),
    Mistake(arguments: ["sip:a@b", "--title"], says: "Missing value for '--title"),
  ]

  @Test(arguments: mistakes)
  func aMistake(_ mistake: Mistake) throws {
    let result = try tool.run(["launch"] + mistake.arguments)
    #expect(result.status == 64)
    #expect(result.output == "")
    #expect(result.error.hasPrefix("ongoingcallctl: "))
    #expect(result.error.contains(mistake.says), "\(result.error)")
    #expect(!result.error.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" })
    let json = try tool.run(["launch", "--json"] + mistake.arguments)
    #expect(json.status == 64)
    #expect(json.output == "")
    #expect(json.errorJSON?.error?.exitStatus == 64)
    #expect(json.errorJSON?.error?.name == "usage")
    #expect(daemon.requests("Launch").isEmpty)
  }

  /// Whoever uses the tool knows its options, not the keys of the D-Bus API.
  @Test(arguments: [
    ("option “launch-timeout”: it is wrong", "--launch-timeout: it is wrong"),
    ("option “start-muted”: it is wrong", "--muted: it is wrong"),
    ("option “engine-settings”: it is wrong", "--set: it is wrong"),
    ("option “notification.icon”: it is wrong", "--icon: it is wrong"),
    ("option “adopt-pidfd”: it is wrong", "--adopt: it is wrong"),
    ("option “inhibit-sleep” is not permitted", "--allow-sleep is not permitted"),
    ("option “of-later”: it is wrong", "option “of-later”: it is wrong"),
  ])
  func whatTheDaemonRefusesIsNamedAsOnTheCommandLine(_ refusal: String, _ told: String) throws {
    daemon.on("Launch") { _ in [.fail(BusErrorName.invalidOption, refusal)] }
    let result = try tool.run("launch", "sip:a@example.org")
    #expect(result.status == 64)
    #expect(result.error == "ongoingcallctl: \(told)\n")
    #expect(try tool.run("launch", "--json", "sip:a@example.org").errorJSON?.error?.message == told)
  }

  @Test func anArgumentThatIsNotUTF8() throws {
    let result = try tool.run(bytes: [Array("launch".utf8), Array("--".utf8), Array("true".utf8), [0x63, 0xE9]])
    #expect(result.status == 64)
    #expect(result.error.contains("argument 4, “c\u{FFFD}”, is not UTF-8"))
    #expect(daemon.requests("Launch").isEmpty)
  }
}
