// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Synchronization
import Testing

@testable import OngoingCall

/// Where there is nobody to ask, everything says so, and what to do about it.
@Suite(.timeLimit(.minutes(1))) struct NoDaemonTests {
  private func everythingThrows(_ expected: CallsError, _ desk: CallCoordinator) async throws {
    #expect(expected.remedy != nil && !expected.description.isEmpty)
    await #expect(throws: expected) { try await desk.join(App.address, SessionSettings(), nil) }
    await #expect(throws: expected) { try await desk.launch(CallContext()) }
    await #expect(throws: expected) { try await desk.attach(token: "mine", after: nil) }
    await #expect(throws: expected) { try await desk.create(.init(id: "a", name: "b")) }
    try await desk.abort(CallContext())
    #expect(desk.session.state == .idle && !desk.session.isSessionActive)
  }

  @Test func noDaemonIsInstalled() async throws {
    let bus = try PrivateBus()
    try await everythingThrows(.daemonNotInstalled, App.desk(on: bus))
  }

  @Test func noSessionBus() async throws {
    let detail = "neither DBUS_SESSION_BUS_ADDRESS nor XDG_RUNTIME_DIR is set"
    let desk = CallCoordinator { _ throws(CallsError) in
      try BusConnection(address: SessionBusAddress.find(in: { _ in nil }))
    }
    try await everythingThrows(.noSessionBus(detail: detail), desk)
  }

  @Test func aDaemonThatNeverAnswers() async throws {
    let app = try App(limit: .milliseconds(100))
    app.daemon.on("GetAll") { _ in [] }
    await #expect(throws: CallsError.timedOut(what: "GetAll", seconds: 1)) { try await app.join() }
    app.daemon.on("GetAll") { _ in [.reply([.dictionary([:])])] }
    let (session, _) = try await app.join()
    app.daemon.on("SetMuted") { _ in [] }
    await #expect(throws: CallsError.timedOut(what: "SetMuted", seconds: 1)) { try await session.muteAudio() }
  }

  @Test func oneThatDoesNotAnswerKeepsNobodyElseWaiting() async throws {
    let app = try App()
    let (session, id) = try await app.join()
    app.daemon.on("SetMuted") { _ in [] }
    let recorder = Recorder()
    session.addSessionStatusListener(recorder)
    let muting = Task { try await session.muteAudio() }
    try await session.hold()
    try app.happen(id, "session-joined")
    #expect(await recorder.heard(1) == ["joined"])
    app.bus.stop()
    await #expect(throws: CallsError.self) { try await muting.value }
  }

  /// The connection that the next question makes is also the one that events come by, and what is asked meanwhile is
  /// answered.
  @Test func manyQuestionsOnANewConnection() async throws {
    let app = try App()
    let newest = Mutex<Int32>(-1)
    let desk = CallCoordinator { [address = app.bus.address] _ throws(CallsError) in
      let connection = try BusConnection(address: address)
      newest.withLock { $0 = connection.descriptor }
      return connection
    }
    let session = try await desk.join(App.address, SessionSettings(), nil)
    for _ in 0..<5 {
      app.daemon.on("SetMuted") { _ in
        // As where the bus ends it.
        _ = newest.withLock { shutdown($0, Int32(SHUT_RDWR)) }
        return []
      }
      _ = try? await session.muteAudio()
      app.daemon.on("SetMuted") { _ in [.reply([])] }
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { try await desk.session.hold() } }
        try await group.waitForAll()
      }
    }
    #expect(app.daemon.requests("SetOnHold").count == 20)
  }

  @Test func aBusThatEndsInTheMiddleOfACall() async throws {
    let app = try App()
    let (session, _) = try await app.join()
    app.bus.stop()
    let error = await #expect(throws: CallsError.self) { try await session.muteAudio() }
    guard case .noSessionBus? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(session.isSessionActive)
  }
}
