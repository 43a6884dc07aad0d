// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Calls and the machine's sleep and shutdown, with a stand-in for the login manager; with the real one:
/// Tests/EndToEnd/test_sleep.py, test_shutdown.py and test_system_bus.py.
@Suite(.timeLimit(.minutes(1))) struct MachineMonitorTests {
  let engines = EngineFolder()

  @EventLoopActor
  private final class Scene {
    let calls: Calls
    let machine: SystemBusScene
    let session: Session
    let engine: EngineEnd
    var timeAsleep: UInt64 = 1_000_000

    init(_ engines: EngineFolder) async throws {
      machine = try await SystemBusScene()
      calls = try await Calls(engines, system: machine.system)
      session = try await calls.launch().get()
      engine = try calls.engine(of: session)
      await engine.say(#"{"type":"state","state":"joined"}"# + "\n")
      try await settled()
    }

    /// Both questions are answered, and what delays sleep is there.
    func settled() async throws {
      var seen: Set<String> = []
      while seen != ["PreparingForShutdown", "PreparingForSleep", "delay sleep", "delay shutdown"] {
        let call = try #require(await machine.login.calls.next())
        if !call.hasPrefix("block") { seen.insert(call) }
      }
      try await machine.turn()
      #expect(machine.login.inhibited.filter { $0.hasPrefix("delay") } == ["delay shutdown", "delay sleep"])
      machine.login.calls.clear()
    }

    /// The login manager has said that something changed, and has been asked what.
    func announce(_ member: String, _ begins: Bool) async throws {
      try machine.login.announce(member, begins)
      try await asked(by: 1)
    }

    /// It has been asked by so many.
    func asked(by askers: Int) async throws {
      for _ in 0..<askers { while let call = await machine.login.calls.next(), call != "PreparingForSleep" {} }
      try await machine.turn()
    }

    var events: [String] { session.record.events.map(\.name) }
  }

  private func scene(_ body: @escaping @EventLoopActor @Sendable (Scene) async throws -> Void) async throws {
    try await onEventLoop(with: { [engines] in try await Scene(engines) }, body)
  }

  @Test(arguments: ["PrepareForSleep", "PrepareForShutdown"])
  func whatTheLoginManagerDoesNotConfirmIsNotActedUpon(_ signal: String) async throws {
    try await scene { scene in
      let before = scene.events
      try await scene.announce(signal, true)
      #expect(scene.session.life.state == .joined && scene.events == before)
      #expect(!scene.calls.told.lines.contains { $0.contains("the machine") })
    }
  }

  @Test func aFloodOfSignalsIsAFewQuestionsAndNothingElse() async throws {
    try await scene { scene in
      let before = scene.events
      let start = SystemClock.monotonic.now
      for number in 0..<5000 {
        try scene.machine.login.announce("PrepareForSleep", number % 2 == 0)
        if number % 500 == 0 { try await scene.machine.turn() }
      }
      // The last of them is asked about too.
      try await EventSource.pause(Wait.betweenQuestions * 2)
      try await scene.machine.turn()
      let tenths = (SystemClock.monotonic.now - start) / 100_000 + 1
      let questions = scene.machine.login.calls.waiting
      #expect((1...Int(tenths)).contains(questions.count { $0 == "PreparingForSleep" }), "\(questions.count) calls")
      #expect(questions.allSatisfy { $0.hasPrefix("Preparing") }, "\(Set(questions))")
      #expect(scene.machine.login.inhibited.filter { $0.hasPrefix("delay") }.count == 2)
      #expect(scene.session.life.state == .joined && scene.events == before)
    }
  }

  @Test func oneQuestionIsUnderWayAtATime() async throws {
    try await scene { scene in
      let login = scene.machine.login
      login.hangs = true
      login.asks.clear()
      try login.announce("PrepareForSleep", true)
      #expect(await login.asks.next() != nil)
      for _ in 0..<20 {
        try login.announce("PrepareForSleep", true)
        try await scene.machine.turn()
      }
      #expect(login.waiting == 1)
      login.sleeps = true
      login.hangs = false
      while await login.calls.next() != "PreparingForSleep" {}
      try await scene.machine.turn()
      #expect(scene.session.life.state == .reconnecting)
    }
  }

  @Test func itSleepsAndWakesWithTheMachine() async throws {
    try await scene { scene in
      let login = scene.machine.login
      login.sleeps = true
      try await scene.announce("PrepareForSleep", true)
      #expect(scene.session.life.state == .reconnecting)
      // Nothing has to be told to anybody by this engine.
      #expect(login.inhibited.filter { $0.hasPrefix("delay") }.isEmpty)
      login.sleeps = false
      try await scene.announce("PrepareForSleep", false)
      await scene.engine.say(#"{"type":"state","state":"joined"}"# + "\n")
      #expect(await login.calls.next(2) == ["delay sleep", "delay shutdown"])
      try await scene.machine.turn()
      #expect(login.inhibited.filter { $0.hasPrefix("delay") }.count == 2)
      #expect(scene.calls.told.lines.contains("the machine is awake again"))
    }
  }

  @Test func itSleepsWhenEveryFarEndKnows() async throws {
    try await scene { scene in
      let login = scene.machine.login
      // Its engine puts the far end on hold.
      let session = try await scene.calls.launch(["uri": .string("sip:a@example.org")]).get()
      let engine = try scene.calls.engine(of: session)
      await engine.say(#"{"type":"state","state":"joined"}"# + "\n")
      while session.life.state != .joined { try await scene.machine.turn() }
      login.sleeps = true
      try await scene.announce("PrepareForSleep", true)
      #expect(login.inhibited.filter { $0.hasPrefix("delay") } == ["delay shutdown", "delay sleep"])
      await engine.say(#"{"type":"state","state":"joined","held":true}"# + "\n")
      while !session.isReadyForSleep { try await scene.machine.turn() }
      try await scene.machine.turn()
      #expect(login.inhibited.filter { $0.hasPrefix("delay") }.isEmpty)
      #expect(scene.calls.told.lines.contains { $0.hasSuffix("every far end has been told") })
    }
  }

  @Test func aShutdownThatIsConfirmedEndsTheCalls() async throws {
    try await scene { scene in
      scene.machine.login.shutsDown = true
      for _ in 0..<2 { try await scene.announce("PrepareForShutdown", true) }
      #expect(scene.session.life.state == .leaving)
      #expect(scene.calls.told.lines.count { $0.hasPrefix("the machine is shutting down") } == 1)
      try await scene.calls.end(scene.session, scene.engine)
      #expect(scene.session.life.end?.reason == .logout)
    }
  }

  @Test func afterTheBusIsRestartedTheLoginManagerIsAskedWhatWasMissed() async throws {
    try await scene { scene in
      let before = scene.events
      scene.machine.stop()
      try await scene.machine.start()
      try await scene.settled()
      #expect(scene.events == before && scene.session.life.state == .joined)
      // And its signals are heard.
      scene.machine.login.sleeps = true
      try await scene.announce("PrepareForSleep", true)
      #expect(scene.session.life.state == .reconnecting)
      scene.machine.stop()
      try await scene.machine.start()
      try await scene.settled()
      #expect(scene.calls.told.lines.contains("the machine is awake again"))
    }
  }

  @Test func aLoginManagerThatDoesNotAnswerIsAskedAgain() async throws {
    try await scene { scene in
      let login = scene.machine.login
      login.sleeps = true
      login.refusal = BusError("org.freedesktop.DBus.Error.Failed", "not now")
      try login.announce("PrepareForSleep", true)
      #expect(await login.calls.next() == "PreparingForShutdown")
      #expect(await login.calls.next() == "PreparingForShutdown")
      #expect(scene.session.life.state == .joined)
      login.refusal = nil
      while await login.calls.next() != "PreparingForSleep" {}
      try await scene.machine.turn()
      #expect(scene.session.life.state == .reconnecting)
      #expect(scene.calls.told.lines.count { $0.contains("until the login manager answers") } == 1)
    }
  }

  /// As where policy lets nobody delay it.
  @Test func aSleepThatWasNotSaidInTimeIsKnownByTheClocks() async throws {
    try await scene { scene in
      let service = scene.calls.service
      let guardian = MachineMonitor(service, scene.machine.system, logger: scene.calls.told.logger) { scene.timeAsleep }
      guardian.callsChanged()
      try await scene.asked(by: 1)
      #expect(scene.session.life.state == .joined)
      scene.timeAsleep += 60_000_000
      try scene.machine.login.announce("PrepareForSleep", false)
      // Also by the guardian that the service has.
      try await scene.asked(by: 2)
      #expect(scene.session.life.state == .reconnecting)
      #expect(scene.calls.told.lines.contains("the machine slept without a warning"))
      withExtendedLifetime(guardian) {}
    }
  }

  @Test func withoutCallsThereIsNoConnection() async throws {
    try await scene { scene in
      try await scene.calls.end(scene.session, scene.engine)
      #expect(scene.session.life.isOver)
      try await scene.machine.turn()
      #expect(scene.machine.login.inhibited.isEmpty)
      try scene.machine.login.announce("PrepareForSleep", true)
      #expect(await scene.machine.login.calls.next(within: .milliseconds(100)) == nil)
    }
  }
}
