// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

@Suite struct CallsClientTests: DaemonSuite {
  let fixture: DaemonFixture

  // The name is activatable, as the real one is: a question waits for a daemon that comes back.
  init() throws { fixture = try DaemonFixture(startedBy: "/bin/true") }

  // MARK: Launching

  @Test func aLaunchHasEveryOption() throws {
    var request = LaunchRequest(command: ["/bin/echo", "$HOME", "%n", "a b", "\"'\n", "", "ü"])
    request.call.terminal = true
    request.call.workingDirectory = "/tmp"
    request.call.environment = ["A=b", "C="]
    request.engine = "command"
    request.engineSettings = ["k": "v"]
    request.call.title = "Title"
    request.call.applicationID = "org.example.App"
    request.call.launchTimeout = 7
    request.call.startMuted = true
    request.call.token = "token"
    let id = try client.ask(.launch(request))
    #expect(try client.session(id).title == "Title")
    let sent = try #require(daemon.requests("Launch").first?.arguments.first)
    #expect(
      sent
        == .dictionary([
          "command": .strings(["/bin/echo", "$HOME", "%n", "a b", "\"'\n", "", "ü"]), "terminal": .bool(true),
          "working-directory": .string("/tmp"), "environment": .strings(["A=b", "C="]), "engine": .string("command"),
          "engine-settings": .stringDictionary(["k": "v"]), "title": .string("Title"),
          "application-id": .string("org.example.App"), "launch-timeout": .uint32(7), "start-muted": .bool(true),
          "token": .string("token"),
        ]))
  }

  @Test func whatWasNotChosenIsLeftToTheDaemon() throws {
    _ = try client.ask(.launch(LaunchRequest(address: "sip:a@example.org")))
    let sent = try #require(daemon.requests("Launch").first?.arguments.first?.asDictionary)
    #expect(Set(sent.keys) == ["uri", "token"])
  }

  @Test func tokensDiffer() {
    let tokens = (0..<100).map { _ in LaunchRequest(address: "sip:a@example.org").call.token ?? "" }
    #expect(Set(tokens).count == 100)
    #expect(tokens.allSatisfy { $0.utf8.count == 32 })
  }

  @Test func aLaunchWhoseAnswerIsLostIsRepeatedWithItsToken() throws {
    daemon.on("Launch") { request in
      request.earlier == 0 ? [.restart] : [.reply([.objectPath(BusName.sessionPath("abcd0000"))])]
    }
    #expect(try client.ask(.launch(LaunchRequest(address: "sip:a@example.org"))) == "abcd0000")
    let tokens = daemon.requests("Launch").map { $0.arguments[0].asDictionary?["token"] }
    #expect(tokens.count == 2)
    #expect(tokens[0] == tokens[1] && tokens[0] != nil)
  }

  @Test func itIsNotRepeatedForEver() throws {
    daemon.on("Launch") { _ in [.restart] }
    #expect(throws: CallsError.daemonVanished(what: "Launch")) {
      try client.ask(.launch(LaunchRequest(address: "sip:a@example.org")))
    }
    #expect(daemon.requests("Launch").count == 11)
  }

  @Test func daemonsMayGoOneAfterTheOther() throws {
    daemon.on("Launch") { request in
      request.earlier < 5 ? [.restart] : [.reply([.objectPath(BusName.sessionPath("abcd0000"))])]
    }
    #expect(try client.ask(.launch(LaunchRequest(address: "sip:a@example.org"))) == "abcd0000")
  }

  @Test(
    arguments: [
      [.reply([])], [.reply([.string("/org/ongoingcall/Calls1/session/abcd0000")])], [.reply([.objectPath("/")])],
      [.reply([.objectPath("/org/ongoingcall/Calls1/session/a/b")])],
    ] as [[ScriptedDaemon.Step]])
  func anAnswerThatIsNoSession(answer: [ScriptedDaemon.Step]) throws {
    daemon.on("Launch") { _ in answer }
    #expect(throws: CallsError.unexpectedReply(what: "Launch", expected: "a session's object path")) {
      try client.ask(.launch(LaunchRequest(address: "sip:a@example.org")))
    }
  }

  @Test func anErrorOfTheDaemonKeepsItsName() {
    daemon.on("Launch") { _ in [.fail(BusErrorName.limitReached, "there are 16 sessions")] }
    #expect(throws: CallsError.refused(name: BusErrorName.limitReached, message: "there are 16 sessions")) {
      try client.ask(.launch(LaunchRequest(address: "sip:a@example.org")))
    }
  }

  /// Only the bus can say that a daemon is not there.
  @Test func anErrorThatPretendsToBeTheBus() {
    daemon.on("Launch") { _ in [.fail("org.freedesktop.DBus.Error.ServiceUnknown", "hm")] }
    #expect(throws: CallsError.refused(name: "org.freedesktop.DBus.Error.ServiceUnknown", message: "hm")) {
      try client.ask(.launch(LaunchRequest(address: "sip:a@example.org")))
    }
  }

  // MARK: Looking

  @Test func sessionsComeInTheOrderOfTheirLaunches() throws {
    daemon.set("bbbbbbbb", ["LaunchedAt": .uint64(1)])
    daemon.set("aaaaaaaa", ["LaunchedAt": .uint64(2)])
    daemon.set("cccccccc", ["LaunchedAt": .uint64(1)])
    #expect(try client.sessions().map(\.id) == ["bbbbbbbb", "cccccccc", "aaaaaaaa"])
  }

  @Test func everyPropertyIsRead() throws {
    daemon.set(
      "abcd0000",
      [
        "Id": .string("abcd0000"), "Title": .string("T"), "ApplicationId": .string("A"), "Uri": .string("U"),
        "Engine": .string("E"), "Unit": .string("N"), "State": .string("joined"), "EndReason": .string("R"),
        "EndDetail": .string("D"), "Adopted": .bool(true), "Muted": .bool(true), "OnHold": .bool(true),
        "LaunchedAt": .uint64(1), "JoinedAt": .uint64(2), "Duration": .uint64(3),
        "Media": .dictionary([
          "sent": .uint64(4), "received": .uint64(5), "lost": .uint64(6), "round-trip-ms": .uint64(7),
        ]),
      ])
    var expected = SessionInfo(id: "abcd0000", properties: [:])
    (expected.title, expected.applicationID, expected.uri, expected.engine) = ("T", "A", "U", "E")
    (expected.unit, expected.state, expected.endReason, expected.endDetail) = ("N", "joined", "R", "D")
    (expected.adopted, expected.muted, expected.onHold) = (true, true, true)
    (expected.launchedAt, expected.joinedAt, expected.duration) = (1, 2, 3)
    expected.media = .init(sent: 4, received: 5, lost: 6, roundTripMilliseconds: 7)
    #expect(try client.session("abcd0000") == expected)
    #expect(try client.sessions() == [expected])
  }

  @Test func propertiesMayBeMissingUnknownOrOfAnotherType() throws {
    daemon.set(
      "abcd0000",
      [
        "Title": .uint32(7), "Muted": .string("yes"), "Media": .strings(["sent"]), "JoinedAt": .int64(-1),
        "Novelty": .structure([.byte(1), .variant(.strings(["x"]))]), "State": .string("incoming"),
      ])
    var expected = SessionInfo(id: "abcd0000", properties: [:])
    expected.state = "incoming"
    #expect(try client.session("abcd0000") == expected)
    #expect(try client.sessions() == [expected])
  }

  @Test func objectsThatAreNoSessionsArePassedBy() throws {
    let session = BusValue.array([.entry(.string(BusName.sessionInterface), .dictionary([:]))], of: "{sa{sv}}")
    let other = BusValue.array([.entry(.string("org.example.Other"), .dictionary([:]))], of: "{sa{sv}}")
    daemon.on("GetManagedObjects") { _ in
      [
        .reply([
          .array(
            [
              .entry(.objectPath("/org/ongoingcall/Calls1/account/x"), session),
              .entry(.objectPath("/org/ongoingcall/Calls1/session/a/b"), session),
              .entry(.objectPath("/org/ongoingcall/Calls1/session/otherone"), other),
              .entry(.objectPath("/org/ongoingcall/Calls1/session/abcd0000"), session),
            ], of: "{oa{sa{sv}}}")
        ])
      ]
    }
    #expect(try client.sessions().map(\.id) == ["abcd0000"])
  }

  @Test(arguments: [[], [.string("{}")], [.array([], of: "s")]] as [[BusValue]])
  func answersOfAnotherType(values: [BusValue]) throws {
    for member in ["GetManagedObjects", "GetAll", "EventsSince"] { daemon.on(member) { _ in [.reply(values)] } }
    let errors = [
      #expect(throws: CallsError.self) { try client.sessions() },
      #expect(throws: CallsError.self) { try client.session("abcd0000") },
      #expect(throws: CallsError.self) { try client.manager() },
      #expect(throws: CallsError.self) { try client.events(since: 0) },
    ]
    let members = errors.map {
      if case .unexpectedReply(let member, _)? = $0 { member } else { "\(String(describing: $0))" }
    }
    #expect(members == ["GetManagedObjects", "GetAll", "GetAll", "EventsSince"])
  }

  @Test func anAnswerThatIsNoTerminal() {
    daemon.on("AttachTerminal") { _ in [.reply([.uint32(3)])] }
    daemon.set("abcd0000", [:])
    #expect(throws: CallsError.unexpectedReply(what: "AttachTerminal", expected: "a descriptor")) {
      try client.ask(.attachTerminal("abcd0000"))
    }
  }

  @Test func anAnswerWithTooManyValues() {
    daemon.on("Describe") { _ in [.reply([.array(Array(repeating: .byte(0), count: 300_000), of: "y")])] }
    #expect(throws: CallsError.unexpectedReply(what: "Describe", expected: "at most 262144 values and 8 MiB")) {
      try client.describe()
    }
  }

  @Test func anAnswerThatIsTooLarge() throws {
    daemon.on("Describe") { request in
      [.reply([.string(String(repeating: "x", count: request.earlier < 1 ? 9 << 20 : 1))])]
    }
    #expect(throws: CallsError.unexpectedReply(what: "Describe", expected: "at most 262144 values and 8 MiB")) {
      try client.describe()
    }
    #expect(try client.describe() == "x")
  }

  @Test(arguments: ["nothere0", "", "a/b", "ü", "a\0"])
  func aSessionThatIsNotThere(id: String) throws {
    let error = #expect(throws: CallsError.self) { try client.session(id) }
    #expect(error?.meansNoSuchSession == true)
  }

  @Test func theManager() throws {
    daemon.set(manager: "NotificationSurface", .string("none"))
    var info = try client.manager()
    #expect(info.version == "0.1.0")
    #expect(info.engines == ["command", "sip"])
    #expect(info.notificationSurface == NotificationSurface.none)
    daemon.set(manager: "NotificationSurface", .string("hologram"))
    info = try client.manager()
    #expect(info.notificationSurface == .unknown)
    #expect(try client.describe() == "{}")
  }

  @Test func eventsThatWereMissed() throws {
    @Sendable func element(_ sequence: UInt64, _ name: String, _ details: [String: BusValue]) -> BusValue {
      .structure([
        .uint64(sequence), .uint64(5), .string("abcd0000"), .objectPath(BusName.sessionPath("abcd0000")),
        .string(name), .dictionary(details),
      ])
    }
    daemon.on("EventsSince") { request in
      [
        .reply([
          .array(
            [
              element(request.arguments[0].asUInt64 ?? 0, BusName.eventsForgotten, [:]),
              element(8, "session-left", ["reason": .string("exited"), "exit-status": .int32(3), "more": .byte(1)]),
            ], of: "(ttsosa{sv})")
        ])
      ]
    }
    let events = try client.events(since: 7)
    #expect(events.map(\.name) == ["events-forgotten", "session-left"])
    #expect(events.map(\.sequence) == [7, 8])
    #expect(events[1].known.reason == "exited")
    #expect(events[1].known.exitStatus == 3)
  }

  // MARK: A daemon that comes and goes

  @Test func aRestartBetweenTwoQuestionsDoesNotShow() throws {
    daemon.set("abcd0000", ["State": .string("joined")])
    daemon.on("Describe") { _ in [.reply([.string("{}")]), .restart] }
    for _ in 0..<5 {
      _ = try client.describe()
      #expect(try client.sessions().map(\.id) == ["abcd0000"])
    }
  }

  @Test func aRestartInTheMiddleOfAQuestionDoesNotShow() throws {
    daemon.set("abcd0000", ["State": .string("joined")])
    for member in ["GetAll", "GetManagedObjects", "SetMuted", "Abort"] {
      daemon.on(member) { request in
        guard request.earlier > 0 else { return [.restart] }
        switch member {
        case "GetAll": return [.reply([.dictionary([:])])]
        case "GetManagedObjects": return [.reply([.array([], of: "{oa{sa{sv}}}")])]
        default: return [.reply([])]
        }
      }
    }
    _ = try client.session("abcd0000")
    _ = try client.sessions()
    try client.ask(.setMuted(true, "abcd0000"))
    try client.ask(.abort("abcd0000"))
  }

  @Test func digitsAreNotSentTwice() {
    daemon.set("abcd0000", [:])
    daemon.on("SendDtmf") { _ in [.restart] }
    #expect(throws: CallsError.daemonVanished(what: "SendDtmf")) { try client.ask(.sendDtmf("1", "abcd0000")) }
    #expect(daemon.requests("SendDtmf").count == 1)
  }

  @Test func transfersAreNotAskedForTwice() {
    daemon.set("abcd0000", [:])
    for member in ["Transfer", "TransferTo", "AnswerTransfer"] { daemon.on(member) { _ in [.restart] } }
    let questions: [(String, Question<Void>)] = [
      ("Transfer", .transfer(to: "x", "abcd0000")), ("TransferTo", .transfer(toSession: "abce0000", "abcd0000")),
    ]
    for (member, question) in questions {
      #expect(throws: CallsError.daemonVanished(what: member)) { try client.ask(question) }
      #expect(daemon.requests(member).count == 1)
    }
    #expect(throws: CallsError.daemonVanished(what: "AnswerTransfer")) {
      try client.ask(.answerTransfer(true, to: "sip:c@h", "abcd0000"))
    }
    #expect(daemon.requests("AnswerTransfer").count == 1)
  }

  @Test func keysAreNotTypedTwice() {
    daemon.set("abcd0000", [:])
    daemon.on("SendKeys") { _ in [.restart] }
    #expect(throws: CallsError.daemonVanished(what: "SendKeys")) { try client.ask(.sendKeys("x", "abcd0000")) }
    #expect(daemon.requests("SendKeys").count == 1)
  }

  @Test func aBusThatComesBackIsConnectedToAgain() throws {
    let second = try PrivateBus()
    let other = try ScriptedDaemon(on: second)
    other.set("abcd0000", [:])
    var buses = [bus.address, second.address]
    let client = CallsClient { _ throws(CallsError) in try BusConnection(address: buses.removeFirst()) }
    #expect(try client.sessions().isEmpty)
    bus.stop()
    #expect(try client.sessions().map(\.id) == ["abcd0000"])
  }

  // MARK: Waiting

  @Test func waitingEndsWhenTheCallIsJoined() throws {
    daemon.set("abcd0000", ["State": .string("launching")])
    daemon.on("GetAll") { request in
      guard request.earlier == 0 else {
        return [.reply([.dictionary(["State": .string("joined"), "JoinedAt": .uint64(9)])])]
      }
      return [
        .reply([.dictionary(["State": .string("launching")])]), .event("othercal", "session-joined", sequence: 1),
        .event("abcd0000", "session-joined", sequence: 2),
      ]
    }
    let info = try client.wait(for: "abcd0000", within: .seconds(20), until: \.hasJoined)
    #expect(info?.state == "joined")
    #expect(daemon.requests("GetAll").count == 2)
  }

  @Test func waitingEndsWithTheCall() throws {
    daemon.set("abcd0000", ["State": .string("launching")])
    daemon.on("GetAll") { request in
      guard request.earlier == 0 else { return [.reply([.dictionary(["State": .string("ended")])])] }
      return [.reply([.dictionary(["State": .string("launching")])]), .event("abcd0000", "launch-failed")]
    }
    #expect(try client.wait(for: "abcd0000", within: .seconds(20), until: \.hasJoined)?.hasEnded == true)
  }

  @Test func waitingSurvivesARestart() throws {
    daemon.on("GetAll") { request in
      guard request.earlier == 0 else { return [.reply([.dictionary(["JoinedAt": .uint64(9)])])] }
      return [.reply([.dictionary(["State": .string("launching")])]), .restart]
    }
    #expect(try client.wait(for: "abcd0000", within: .seconds(20), until: \.hasJoined)?.hasJoined == true)
  }

  @Test func waitingHasAnEnd() throws {
    daemon.set("abcd0000", ["State": .string("launching")])
    #expect(try client.wait(for: "abcd0000", within: .milliseconds(100), until: \.hasJoined) == nil)
  }

  @Test func eventsThatSomebodyElseMadeUpDoNotCount() throws {
    _ = try client.describe()
    try client.watch()
    let victim = try #require(daemon.requests("Describe").first?.sender)
    let liar = try ScriptedDaemon(on: bus, owning: "org.example.Liar")
    liar.on("Lie") { _ in [.event("abcd0000", "session-left", sequence: 1, to: victim), .reply([])] }
    _ = try BusConnection(address: bus.address).call(
      BusCall(to: "org.example.Liar", path: "/", interface: "org.example.Liar", member: "Lie"),
      until: Deadline(in: .seconds(20)))
    // The bus keeps the order: this is sent after the lie.
    daemon.on("Describe") { _ in [.event("abcd0000", "session-joined", sequence: 2), .reply([.string("{}")])] }
    _ = try client.describe()
    guard case .happening(let happening)? = try client.nextChange(until: Deadline(in: .seconds(20))) else {
      Issue.record("no event")
      return
    }
    #expect(happening.name == "session-joined")
  }

  @Test func changesComeInOrder() throws {
    try client.watch()
    daemon.on("Describe") { _ in
      [
        .event("abcd0000", "session-joined", sequence: 1), .reply([.string("{}")]),
        .event("abcd0000", "muted-changed", sequence: 2, details: ["muted": .bool(true)]), .vanish,
      ]
    }
    _ = try client.describe()
    var changes: [DaemonChange?] = []
    for _ in 0..<3 { changes.append(try client.nextChange(until: Deadline(in: .seconds(20)))) }
    guard case .happening(let first)? = changes[0], case .happening(let second)? = changes[1] else {
      Issue.record("\(changes)")
      return
    }
    #expect(first.name == "session-joined" && first.session == "abcd0000" && first.sequence == 1)
    #expect(second.name == "muted-changed" && second.details["muted"] == .bool(true))
    #expect(changes[2] == .daemonChanged)
  }
}
