// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

@Suite(.timeLimit(.minutes(1))) struct OngoingCallServiceTests {
  let app: App

  init() throws { app = try App() }

  private var notifications: [BusValue] { app.daemon.requests("SetNotification").map { $0.arguments[0] } }

  // MARK: A call that was joined

  @Test func launchBringsTheNotificationAndTheWayBack() async throws {
    let (session, _) = try await app.join()
    var look = OngoingNotification(title: "Ongoing Call", text: "Tap to return to your call", icon: "call-start")
    (look.priority, look.visibility, look.isOngoing, look.autoCancels) = (.high, .public, false, true)
    look.actions = [.init(key: "raise-hand", label: "Raise hand")]
    look.channel = "org.example.Calls"
    app.desk.build(look)
    let context = CallContext(title: "App", returnTarget: .command(["/usr/bin/app", "--call"]), mode: .host)
    try await app.desk.launch(context)
    let expected = BusValue.dictionary([
      "title": .string("Ongoing Call"), "text": .string("Tap to return to your call"), "icon": .string("call-start"),
      "priority": .string("high"), "visibility": .string("public"), "ongoing": .bool(false), "auto-cancel": .bool(true),
      "actions": .array([.structure([.string("raise-hand"), .string("Raise hand")])], of: "(ss)"),
      "channel": .string("org.example.Calls"), "return-command": .strings(["/usr/bin/app", "--call"]),
    ])
    #expect(notifications == [expected])
    // Launched again it is the same again.
    try await app.desk.launch(context)
    #expect(notifications == [expected, expected])
    #expect(session.isSessionActive && app.daemon.requests("Launch").count == 1)
  }

  @Test func aNotificationsOwnWayBackCountsMore() async throws {
    _ = try await app.join()
    var look = OngoingNotification()
    look.returnTarget = .application("org.example.Window/there")
    app.desk.build(look)
    try await app.desk.launch(CallContext(title: "App", returnTarget: .command(["/usr/bin/app"])))
    #expect(
      notifications == [
        .dictionary([
          "title": .string("App"), "return-dbus": .structure([.string("org.example.Window"), .objectPath("/there")]),
        ])
      ])
    app.desk.build(nil)
    try await app.desk.launch(CallContext())
    #expect(notifications.count == 1)
  }

  @Test func abortEndsIt() async throws {
    let recorder = Recorder()
    app.desk.session.addSessionStatusListener(recorder)
    _ = try await app.join()
    try await app.desk.launch(CallContext())
    try await app.desk.abort(CallContext())
    #expect(await recorder.heard(1) == ["left: aborted"])
    try await app.desk.abort(CallContext())
    #expect(app.daemon.requests("Abort").count == 1)
  }

  @Test func abortWithoutALaunchDoesNothing() async throws {
    try await app.desk.abort(CallContext())
    let (session, _) = try await app.join()
    try await app.desk.abort(CallContext())
    #expect(session.isSessionActive && app.daemon.requests("Abort").isEmpty)
  }

  @Test func launchBeforeJoin() async throws {
    await #expect(throws: CallsError.noSession) { try await app.desk.launch(CallContext(mode: .host)) }
    #expect(app.daemon.requests("Launch").isEmpty)
  }

  @Test func aJoinedCallIsNotAdopted() async throws {
    _ = try await app.join()
    await #expect(throws: CallsError.alreadyInSession) { try await app.desk.launch(CallContext(mode: .adopt)) }
  }

  @Test func twoThreadsAtOnce() async throws {
    let desk = app.desk
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask {
          _ = try? await desk.join(App.address, SessionSettings(), nil)
          try? await desk.launch(CallContext(title: "App", mode: .host))
          try? await desk.session.muteAudio()
          try? await desk.abort(CallContext())
        }
      }
    }
    // Every call that was joined has ended, unless it was joined last.
    let (joined, ended) = (app.daemon.requests("Launch").count, app.daemon.requests("Abort").count)
    #expect(joined >= 1 && ended <= joined)
    #expect(app.daemon.requests("SetNotification").count >= ended)
  }

  // MARK: This process

  @Test func aProcessThatIsTheCallIsAdopted() async throws {
    let recorder = Recorder()
    app.desk.session.addSessionStatusListener(recorder)
    app.desk.build(OngoingNotification(title: "Ongoing Call"))
    var context = CallContext(applicationID: "org.example.App", title: "App", returnTarget: .command(["/usr/bin/app"]))
    context.hangUpGrace = .seconds(7)
    try await app.desk.launch(context)
    let session = app.desk.session
    #expect(session.isSessionActive && session.isAdopted)
    var sent = try #require(app.daemon.requests("Launch").first?.arguments.first?.asDictionary)
    #expect(sent.removeValue(forKey: "adopt-pidfd")?.asDescriptor != nil)
    #expect(
      sent == [
        "application-id": .string("org.example.App"), "title": .string("App"),
        "token": .string(session.token), "return-command": .strings(["/usr/bin/app"]), "hang-up-grace": .uint32(7),
        "notification": .dictionary(["title": .string("Ongoing Call")]),
      ])
    try app.happen(session.id ?? "", "session-joined")
    #expect(await recorder.heard(1) == ["joined"])
    // As a listener may do: it is launched already.
    try await app.desk.launch(context)
    #expect(app.daemon.requests("Launch").count == 1)
    await #expect(throws: CallsError.alreadyInSession) { try await app.desk.launch(CallContext(mode: .host)) }
    await #expect(throws: CallsError.alreadyInSession) { _ = try await app.join() }
    try app.happen(session.id ?? "", "hang-up-requested", ["grace": .uint64(7_000_000)])
    try await app.desk.abort(context)
    #expect(await recorder.heard(3) == ["joined", "hang up within 7.0 seconds", "left: aborted"])
  }

  @Test func aProcessThatMayNotBeAdoptedStaysAsItWas() async throws {
    app.daemon.on("Launch") { _ in [.fail(BusErrorName.notPermitted, "not this one")] }
    await #expect(throws: CallsError.refused(name: BusErrorName.notPermitted, message: "not this one")) {
      try await app.desk.launch(CallContext())
    }
    try await app.desk.abort(CallContext())
    #expect(app.desk.session.state == .idle && app.daemon.requests("Abort").isEmpty)
  }

  // MARK: Notifications

  @Test func aChannelIsDeleted() async throws {
    app.daemon.on("DeleteNotificationChannel") { _ in [.reply([])] }
    try await app.desk.deleteChannel("org.example.Calls")
    #expect(
      app.daemon.requests("DeleteNotificationChannel").first?.arguments.first == .string("org.example.Calls"))
  }

  @Test func aChannelIsCreated() async throws {
    app.daemon.on("CreateNotificationChannel") { _ in [.reply([])] }
    try await app.desk.create(
      .init(id: "org.example.Calls", name: "Calls", importance: .max, lockscreenVisibility: .secret, sound: true))
    #expect(
      app.daemon.requests("CreateNotificationChannel").first?.arguments.first
        == .dictionary([
          "id": .string("org.example.Calls"), "name": .string("Calls"), "importance": .string("max"),
          "lockscreen-visibility": .string("secret"), "sound": .bool(true),
        ]))
  }
}
