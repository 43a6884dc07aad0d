// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

/// What an app asks of calls that are not its own.
@Suite(.timeLimit(.minutes(1))) struct OngoingCallsActionTests {
  let app: App
  let calls: OngoingCalls

  init() throws {
    app = try App()
    let address = app.bus.address
    calls = OngoingCalls { deadline throws(CallsError) in try BusConnection(address: address, until: deadline) }
  }

  @Test func aCallIsPlacedAsTheSettingsSay() async throws {
    var settings = SessionSettings(title: "My Call", token: "mine")
    settings.account = ""
    let id = try await calls.launch(App.address, settings: settings, context: CallContext(applicationID: "org.a.B"))
    #expect(id == "abcd0000")
    #expect(
      app.daemon.requests("Launch").map(\.arguments) == [
        [
          .dictionary([
            "uri": .string(App.address), "title": .string("My Call"), "token": .string("mine"), "account": .string(""),
            "application-id": .string("org.a.B"),
          ])
        ]
      ])
    // Another one is another call.
    let others = [try await calls.launch("100"), try await calls.launch("100")]
    #expect(Set(others + [id]).count == 3)
  }

  @Test(arguments: ["", "sip:@:x", "no scheme"])
  func whatCannotBeCalledIsNotAsked(address: String) async throws {
    let error = await #expect(throws: CallsError.self) { try await calls.launch(address) }
    #expect(error?.isNotSendable == true && app.daemon.requests("Launch").isEmpty)
  }

  @Test func whatOneAsksOfACall() async throws {
    let id = try await calls.launch(App.address)
    let other = try await calls.launch(App.address)
    app.daemon.on("AnswerTransfer") { request in
      [.reply([.objectPath(request.arguments[0] == .bool(true) ? BusName.sessionPath(other) : "/")])]
    }
    try await calls.setMuted(true, for: id)
    try await calls.setOnHold(true, for: id)
    try await calls.sendDTMF("1#", to: id)
    try await calls.sendKeys("ls\r", to: id)
    try await calls.return(to: id, activationToken: "token")
    try await calls.transfer(id, to: "sip:b@example.org")
    try await calls.transfer(id, toCall: other)
    #expect(try await calls.answerTransfer(of: id, to: "sip:c@example.org", accepting: true) == other)
    #expect(try await calls.answerTransfer(of: id, to: "sip:c@example.org", accepting: false) == nil)
    try await calls.setAudio(speaker: "hdmi", for: id)
    try await calls.startRecording(id, to: "/tmp/a.wav")
    try await calls.stopRecording(id)
    try await calls.setName("work", for: id)
    try await calls.setName(nil, for: id)
    let sent: [(String, [[BusValue]])] = [
      ("SetMuted", [[.bool(true)]]), ("SetOnHold", [[.bool(true)]]), ("SendDtmf", [[.string("1#")]]),
      ("SendKeys", [[.string("ls\r")]]), ("Return", [[.dictionary(["activation-token": .string("token")])]]),
      ("Transfer", [[.string("sip:b@example.org")]]), ("TransferTo", [[.objectPath(BusName.sessionPath(other))]]),
      (
        "AnswerTransfer",
        [[.bool(true), .string("sip:c@example.org")], [.bool(false), .string("sip:c@example.org")]]
      ),
      ("SetAudio", [[.dictionary(["speaker": .string("hdmi")])]]), ("StartRecording", [[.string("/tmp/a.wav")]]),
      ("StopRecording", [[]]), ("SetName", [[.string("work")], [.string("")]]),
    ]
    for (member, arguments) in sent {
      #expect(app.daemon.requests(member).map(\.arguments) == arguments)
      #expect(app.daemon.requests(member).allSatisfy { $0.session == id })
    }
  }

  @Test func oneThatHasEndedSaysSo() async throws {
    let id = try await calls.launch(App.address)
    try await calls.hangUp(id)
    let other = try await calls.launch(App.address)
    try await calls.abort(other)
    try await calls.abort(other)
    app.daemon.on("SetMuted") { _ in [.fail(BusErrorName.sessionEnded, "it has ended")] }
    await #expect(throws: CallsError.sessionEnded) { try await calls.setMuted(true, for: id) }
    await #expect(throws: CallsError.sessionEnded) { try await calls.hangUp("nobody00") }
    await #expect(throws: CallsError.sessionEnded) { try await calls.abort("nobody00") }
    app.daemon.on("SetOnHold") { _ in [.fail(BusErrorName.notSupported, "no")] }
    await #expect(throws: CallsError.refused(name: BusErrorName.notSupported, message: "no")) {
      try await calls.setOnHold(true, for: id)
    }
    let error = await #expect(throws: CallsError.self) { try await calls.hangUp("no id") }
    #expect(error?.isNotSendable == true)
  }
}

@Suite struct OngoingCallsValueTests {
  private static func call(_ properties: [String: BusValue]) -> OngoingCalls.Call {
    OngoingCalls.Call(SessionInfo(id: "abcd0000", properties: properties))
  }

  @Test func aCallHasWhatTheDaemonSays() {
    var expected = OngoingCalls.Call(id: "abcd0000")
    expected.title = "Stand-up"
    expected.name = "work"
    expected.applicationID = "org.example.App"
    expected.address = "sip:standup@example.org;transport=tls"
    (expected.account, expected.engine, expected.unit) = ("me", "sip", "x.service")
    (expected.isMuted, expected.isOnHold, expected.recording) = (true, true, "/tmp/a.wav")
    (expected.launchTime, expected.joinTime, expected.duration) = (5, 6, .microseconds(7))
    expected.survivesLogout = true
    (expected.connectedTo, expected.transferRequest) = ("Bob", "sip:bob@example.org")
    var sound = OngoingCalls.Sound()
    (sound.quality, sound.packetsSent, sound.packetsReceived, sound.packetsLost) = (.fair, 3, 98, 2)
    (sound.lossPercent, sound.roundTrip, sound.jitter) = ("2.0", .milliseconds(20), .milliseconds(4))
    (sound.codec, sound.levelSent, sound.levelReceived) = ("opus/48000/2", -20, -30)
    sound.devices = .init(microphone: "m", speaker: "s", isMicrophoneFallback: true, isSpeakerFallback: false)
    (sound.encryption, sound.cancelsEcho) = (.dtls, true)
    expected.sound = sound
    let call = Self.call([
      "Id": .string("abcd0000"), "Title": .string("Stand-up"), "Name": .string("work"),
      "ApplicationId": .string("org.example.App"), "Uri": .string("sip:standup@example.org;transport=tls"),
      "Account": .string("me"), "Engine": .string("sip"), "Unit": .string("x.service"), "State": .string("joined"),
      "Muted": .bool(true), "OnHold": .bool(true), "Recording": .string("/tmp/a.wav"), "LaunchedAt": .uint64(5),
      "JoinedAt": .uint64(6), "Duration": .uint64(7), "SurvivesLogout": .bool(true), "ConnectedTo": .string("Bob"),
      "TransferRequest": .string("sip:bob@example.org"),
      "Media": .dictionary([
        "sent": .uint64(3), "received": .uint64(98), "lost": .uint64(2), "round-trip-ms": .uint64(20),
        "jitter-ms": .uint64(4), "codec": .string("opus/48000/2"), "level-sent": .int32(-20),
        "level-received": .int32(-30), "microphone": .string("m"), "speaker": .string("s"),
        "fallback": .strings(["microphone"]), "encryption": .string("dtls"), "echo-cancellation": .bool(true),
      ]),
    ])
    #expect(call == expected)
    #expect(call.displayName == "Stand-up" && call.displayAddress == "standup@example.org" && !call.hasEnded)
  }

  @Test func aProgramHasItsOwn() {
    let program = Self.call([
      "Command": .strings(["/usr/bin/nap", "two words"]), "Terminal": .bool(true), "State": .string("ended"),
      "EndReason": .string("later-reason"), "EndDetail": .string("why"),
      "Program": .dictionary(["pid": .int32(7), "viewers": .int32(2), "exit-status": .int32(3)]),
    ])
    #expect(program.displayName == "nap" && program.displayAddress == nil && program.hasTerminal)
    #expect(program.process == 7 && program.viewers == 2 && program.joinTime == nil)
    #expect(program.end == .init(reason: .init(rawValue: "later-reason"), detail: "why", exitStatus: 3))
    #expect(CallText.command(program.command) == "/usr/bin/nap 'two words'")
  }

  @Test(arguments: [
    ("launching", OngoingCalls.Call.State.launching), ("joined", .joined), ("reconnecting", .reconnecting),
    ("leaving", .leaving), ("ended", .ended), ("parked", .other("parked")), ("", .other("")),
  ])
  func states(_ word: String, _ state: OngoingCalls.Call.State) {
    #expect(Self.call(["State": .string(word)]).state == state)
  }

  @Test func hugeNumbersAreNoReasonToEnd() {
    let call = Self.call([
      "Duration": .uint64(.max), "JoinedAt": .uint64(.max),
      "Media": .dictionary([
        "sent": .uint64(.max), "received": .uint64(.max), "lost": .uint64(.max),
        "round-trip-ms": .uint64(.max),
      ]),
    ])
    #expect(call.duration > .zero && call.sound?.lossPercent == "50.0" && !CallText.clock(call.duration).isEmpty)
  }

  @Test func accounts() {
    let account = OngoingCalls.Account(
      AccountInfo(
        id: "me",
        properties: [
          "Label": .string("Home"), "Identity": .string("Me <sip:me@example.org>"),
          "Address": .string("sip:me@example.org"), "Permitted": .bool(true), "IsDefault": .bool(true),
          "Enabled": .bool(true), "State": .string("no-password"), "RegisteredUntil": .uint64(9),
          "LastError": .string("why"),
        ]))
    #expect(account.displayName == "Me <sip:me@example.org>" && account.isPermitted && account.isDefault)
    #expect(account.isEnabled && account.state == .noPassword && account.registeredUntil == 9)
    #expect(account.lastError == "why" && account.label == "Home" && account.address == "sip:me@example.org")
    let later = OngoingCalls.Account(AccountInfo(id: "me", properties: ["State": .string("parked")]))
    #expect(later.displayName == "me" && later.state == .other("parked") && later.registeredUntil == nil)
    let words = ["ready", "registering", "registered", "disabled", "failed"]
    #expect(words.map { OngoingCalls.Account.State($0) } == [.ready, .registering, .registered, .disabled, .failed])
  }

  @Test func texts() {
    #expect(CallText.line("a\u{202e}b\nc<b>") == "ab c<b>" && CallText.line("abcdef", limit: 3) == "ab…")
    #expect(CallText.line("ab", limit: 0) == "…")
    #expect(CallText.clock(.milliseconds(3_599_999)) == "59:59" && CallText.clock(.seconds(-1)) == "0:00")
    #expect(CallText.address("sips:a@example.org;x=y") == "a@example.org" && CallText.address("nobody") == "nobody")
  }
}
