// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

@Suite(.timeLimit(.minutes(1))) struct CallSessionTests {
  let app: App

  init() throws { app = try App() }

  // MARK: Joining

  @Test func joiningPlacesTheCallAsTheSettingsSay() async throws {
    var settings = SessionSettings(title: "My Call", token: "mine")
    settings.account = "me"
    settings.startsMuted = true
    (settings.microphone, settings.speaker) = ("usb", "")
    settings.idleTimeout = .seconds(0)
    settings.launchTimeout = .seconds(7)
    settings.reconnectTimeout = .seconds(8)
    settings.allowsSleep = true
    settings.lingers = false
    settings.identity = "sip:me@example.org"
    settings.engineSettings = ["transport": "tcp"]
    let context = CallContext(
      applicationID: "org.example.App", title: "App", returnTarget: .application("org.example.App-x"))
    let session = try await app.desk.join(App.address, settings, context)
    #expect(session === app.desk.session)
    #expect(session.isSessionActive && session.token == "mine" && session.id == "abcd0000")
    let sent = try #require(app.daemon.requests("Launch").first?.arguments.first)
    #expect(
      sent
        == .dictionary([
          "uri": .string(App.address), "title": .string("My Call"), "token": .string("mine"), "account": .string("me"),
          "application-id": .string("org.example.App"), "start-muted": .bool(true), "alone-timeout": .uint32(0),
          "launch-timeout": .uint32(7), "reconnect-timeout": .uint32(8), "inhibit-sleep": .bool(false),
          "linger": .bool(false), "microphone": .string("usb"), "speaker": .string(""),
          "engine-settings": .stringDictionary(["identity": "sip:me@example.org", "transport": "tcp"]),
          "return-dbus": .structure([.string("org.example.App-x"), .objectPath("/org/example/App_x")]),
        ]))
  }

  @Test func whatIsNotSetIsLeftToTheDaemon() async throws {
    _ = try await app.join()
    let sent = try #require(app.daemon.requests("Launch").first?.arguments.first?.asDictionary)
    #expect(Set(sent.keys) == ["uri", "token"])
  }

  @Test(arguments: [Duration.milliseconds(1500), .seconds(-1), .seconds(1 << 33)])
  func aTimeThatIsNoNumberOfSeconds(time: Duration) async throws {
    let settings: SessionSettings = {
      var settings = SessionSettings()
      settings.idleTimeout = time
      return settings
    }()
    let error = await #expect(throws: CallsError.self) { _ = try await app.join(settings) }
    #expect(error?.isNotSendable == true)
    #expect(app.daemon.requests("Launch").isEmpty)
    #expect(app.desk.session.state == .idle)
  }

  @Test(arguments: ["", "a\0b", "no-bus-name", "org.example.App/päth"])
  func aReturnTargetThatIsNone(name: String) async throws {
    let context = CallContext(returnTarget: .application(name))
    let error = await #expect(throws: CallsError.self) {
      try await app.desk.join(App.address, SessionSettings(), context)
    }
    #expect(error?.isNotSendable == true)
    #expect(app.daemon.requests("Launch").isEmpty)
  }

  @Test func anAddressThatIsNone() async throws {
    let error = await #expect(throws: CallsError.self) { try await app.desk.join("sip:a\0b", SessionSettings(), nil) }
    #expect(error?.isNotSendable == true)
    #expect(app.daemon.requests("Launch").isEmpty)
  }

  @Test func aRefusedCallMayBeJoinedAnew() async throws {
    app.daemon.on("Launch") { request in
      request.earlier == 0
        ? [.fail(BusErrorName.engineNotFound, "no engine")] : [.reply([.objectPath(BusName.sessionPath("abcd0000"))])]
    }
    let session = app.desk.session
    await #expect(throws: CallsError.refused(name: BusErrorName.engineNotFound, message: "no engine")) {
      try await app.desk.join("sip:a@example.org", SessionSettings(), nil)
    }
    #expect(!session.isSessionActive)
    app.daemon.set("abcd0000", ["State": .string("launching")])
    #expect(try await app.join().0 === session)
  }

  @Test func oneCallAtATime() async throws {
    let desk = app.desk
    let results = await withTaskGroup(of: Bool.self) { group in
      for _ in 0..<4 { group.addTask { (try? await desk.join(App.address, SessionSettings(), nil)) != nil } }
      return await group.reduce(into: [Bool]()) { $0.append($1) }
    }
    #expect(results.count { $0 } == 1)
    await #expect(throws: CallsError.alreadyInSession) { _ = try await app.join() }
    #expect(app.daemon.requests("Launch").count == 1)
  }

  @Test func aCallThatIsThereAlreadyIsTheSameOne() async throws {
    let (_, id) = try await app.join(SessionSettings(token: "mine"))
    try app.happen(id, "session-joined")
    let again = app.again()
    let recorder = Recorder()
    again.session.addSessionStatusListener(recorder)
    let session = try await again.join(App.address, SessionSettings(token: "mine"), nil)
    #expect(session.id == id)
    #expect(await recorder.heard(1) == ["joined"])
  }

  @Test func aTokenIsOfOneCall() async throws {
    let (session, id) = try await app.join(SessionSettings(token: "mine"))
    try await session.leaveSession()
    await #expect(throws: CallsError.tokenUsed("mine")) {
      try await app.again().join(App.address, SessionSettings(token: "mine"), nil)
    }
    app.daemon.set(id, ["State": .string("ended")])
  }

  @Test func aCallThatFailsAtOnceHasNotUsedItsTokenBefore() async throws {
    app.daemon.on("Launch") { _ in
      [
        .change("abcd0000", ["State": .string("ended"), "EndReason": .string("busy")]),
        .happen("abcd0000", "session-launched"),
        .happen("abcd0000", "launch-failed", ["reason": .string("busy"), "detail": .string("486 Busy Here")]),
        .reply([.objectPath(BusName.sessionPath("abcd0000"))]),
      ]
    }
    let recorder = Recorder()
    app.desk.session.addSessionStatusListener(recorder)
    _ = try await app.join(SessionSettings(token: "mine"))
    #expect(await recorder.heard(1) == ["failed: busy, 486 Busy Here"])
  }

  // MARK: Listening

  @Test func everyCallbackOnceAndInOrder() async throws {
    let recorder = Recorder()
    app.desk.session.addSessionStatusListener(recorder)
    let (session, id) = try await app.join()
    let details: [(String, [String: BusValue])] = [
      ("session-ringing", [:]), ("session-joined", [:]), ("connection-lost", ["reason": .string("network")]),
      ("connection-restored", [:]), ("muted-changed", ["muted": .bool(true)]), ("news-of-a-later-daemon", [:]),
      ("return-requested", ["activation-token": .string("t")]), ("return-requested", [:]),
      ("notification-action", ["action": .string("raise-hand")]),
      ("hang-up-requested", ["grace": .uint64(5_000_000)]), ("session-left", ["reason": .string("removed")]),
    ]
    for (name, details) in details { try app.happen(id, name, details) }
    #expect(
      await recorder.heard(9) == [
        "joined", "lost: network", "restored", "muted: true", "return: t", "return: -", "action: raise-hand",
        "hang up within 5.0 seconds", "left: removed",
      ])
    #expect(session.state == .ended && session.isAudioMuted && !session.isSessionActive)
    #expect(app.desk.session !== session)
  }

  @Test(
    arguments: [
      ("session-timed-out", "alone", "timed out: alone"), ("connection-closed", "network", "closed: network"),
      ("connection-closed", "", "closed: "),
    ])
  func everyEnd(name: String, reason: String, heard: String) async throws {
    let recorder = Recorder()
    app.desk.session.addSessionStatusListener(recorder)
    let (session, id) = try await app.join()
    try app.happen(id, name, reason.isEmpty ? [:] : ["reason": .string(reason)])
    #expect(await recorder.heard(1) == [heard])
    #expect(session.state == .ended)
  }

  @Test func afterItsEndACallHasNoEvents() async throws {
    let (session, id) = try await app.join()
    try app.happen(id, "session-left", ["reason": .string("removed")])
    let recorder = Recorder()
    session.addSessionStatusListener(recorder)
    #expect(await recorder.heard(1) == ["left: removed"])
    session.hear(.init(sequence: 999, time: 0, kind: .mutedChanged(true)))
    #expect(session.state == .ended && !session.isAudioMuted)
    var late: [CallSession.Event.Kind] = []
    for await event in session.events { late.append(event.kind) }
    #expect(!late.contains(.mutedChanged(true)))
  }

  @Test func aListenerThatIsAddedTwiceCountsOnce() async throws {
    let recorder = Recorder()
    let (session, id) = try await app.join()
    for _ in 0..<3 { session.addSessionStatusListener(recorder) }
    try app.happen(id, "session-joined")
    try app.happen(id, "session-left", ["reason": .string("removed")])
    #expect(await recorder.heard(2) == ["joined", "left: removed"])
    // A late one hears all of it, too; by then the first would have heard what it hears twice.
    let late = Recorder()
    session.addSessionStatusListener(late)
    #expect(await late.heard(2) == ["joined", "left: removed"])
    #expect(await recorder.heard.count == 2)
  }

  @Test func aListenerMayRemoveItself() async throws {
    let (session, id) = try await app.join()
    let box = Recorders()
    let recorder = Recorder { _ in await box.removeAll(from: session) }
    await box.add(recorder)
    let other = Recorder()
    session.addSessionStatusListener(recorder)
    session.addSessionStatusListener(other)
    for name in ["session-joined", "connection-restored", "session-left"] { try app.happen(id, name) }
    #expect(await other.heard(3).count == 3)
    #expect(await recorder.heard(1) == ["joined"])
    session.removeSessionStatusListener(recorder)
    let all = await recorder.heard
    #expect(all == ["joined"])
  }

  @Test func aListenerMayLaunchAndAbort() async throws {
    let desk = app.desk
    let context = CallContext(title: "App")
    let recorder = Recorder { line in
      if line == "joined" { try? await desk.launch(context) } else { try? await desk.abort(context) }
    }
    app.desk.session.addSessionStatusListener(recorder)
    let (_, id) = try await app.join()
    try app.happen(id, "session-joined")
    try app.happen(id, "connection-lost", ["reason": .string("network")])
    #expect(await recorder.heard(3) == ["joined", "lost: network", "left: aborted"])
    #expect(app.daemon.requests("SetNotification").count == 1 && app.daemon.requests("Abort").count == 1)
  }

  @Test func theSequenceEndsWithTheCall() async throws {
    let (session, id) = try await app.join()
    let iterations = (0..<2).map { _ in
      Task { await session.events.reduce(into: [CallSession.Event.Kind]()) { $0.append($1.kind) } }
    }
    try app.happen(id, "session-joined")
    try app.happen(id, "session-left", ["reason": .string("exited"), "exit-status": .int32(3)])
    let expected: [CallSession.Event.Kind] = [
      .launched, .joined, .left(.init(reason: .exited, detail: "", exitStatus: 3)),
    ]
    for iteration in iterations { #expect(await iteration.value == expected) }
    #expect(await session.events.reduce(0) { count, _ in count + 1 } == 3)
  }

  @Test func aSequenceThatIsLeftIsForgotten() async throws {
    let (session, id) = try await app.join()
    for await _ in session.events { break }
    let task = Task { for await _ in session.events {} }
    task.cancel()
    await task.value
    try app.happen(id, "session-left")
    #expect(await session.events.first { $0.end != nil } != nil)
  }

  @Test func eventsThatNobodyTakesAreBoundedAndSaidToBeMissing() async throws {
    let channel = EventChannel()
    for sequence in 1...UInt64(EventChannel.capacity + 10) {
      channel.send(CallSession.Event(sequence: sequence, time: 0, kind: .joined))
    }
    channel.finish()
    var iterator = CallSession.Events.Iterator(channel: channel)
    #expect(await iterator.next()?.kind == .eventsForgotten)
    #expect(await iterator.next()?.sequence == 11)
    var count = 1
    while await iterator.next() != nil { count += 1 }
    #expect(count == EventChannel.capacity)
  }
}
