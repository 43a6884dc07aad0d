// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A viewer and an engine get the two ends of a connection, and nothing stays with the daemon.
@Suite(.timeLimit(.minutes(1))) struct SessionTerminalTests {
  private static func record(
    _ capabilities: [String] = ["command", "terminal"], terminal: Bool = true
  ) -> SessionRecord {
    var record = SessionRecord.joined(SessionID(), capabilities: capabilities)
    record.spec.terminal = terminal
    return record
  }

  @EventLoopActor
  private static func failure(_ session: Session) -> CallRefusal? {
    do throws(CallRefusal) {
      close(try session.attachTerminal())
      return nil
    } catch { return error }
  }

  @Test func viewerAndEngineAreConnected() async throws {
    try await onEventLoop {
      let house = try await House()
      let (session, end) = try house.session(Self.record())
      let viewers = [try session.attachTerminal(), try session.attachTerminal()]
      let engine = EngineRuntime(input: dup(end.descriptor), output: dup(end.descriptor))
      #expect(try engine.receive().suffix(2) == [.attach, .attach])
      for (viewer, text) in zip(viewers, ["one", "two"]) { #expect(send(viewer, text, 3, 0) == 3) }
      var heard: [String] = []
      while let descriptor = engine.takeDescriptor() {
        var buffer = [UInt8](repeating: 0, count: 16)
        let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        heard.append(String(decoding: buffer.prefix(max(0, count)), as: UTF8.self))
        close(descriptor)
      }
      #expect(heard == ["one", "two"])
      // Nobody else has the other end: it is closed with the engine's.
      for viewer in viewers {
        var byte: UInt8 = 0
        #expect(recv(viewer, &byte, 1, Int32(MSG_DONTWAIT)) == 0)
        close(viewer)
      }
      withExtendedLifetime(house) {}
    }
  }

  @Test func whereThereIsNoTerminalItIsSaid() async throws {
    try await onEventLoop {
      let house = try await House()
      let (without, _) = try house.session(Self.record(terminal: false))
      let (unable, _) = try house.session(Self.record(["command"], terminal: false))
      let (ended, engine) = try house.session(Self.record())
      let text = "the program of \(without.id) was launched without a terminal"
      #expect(Self.failure(without) == .notSupported(text))
      guard case .notSupported = Self.failure(unable) else {
        Issue.record("\(String(describing: Self.failure(unable)))")
        return
      }
      await engine.say(#"{"type":"state","state":"ended","reason":"exited"}"# + "\n")
      _ = await house.event()
      #expect(Self.failure(ended) == .sessionEnded(ended.id.description))
      withExtendedLifetime(house) {}
    }
  }

  private static let keys = ["command", "terminal", "send-keys"]

  @Test func keysAreSent() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(Self.record(Self.keys), pinged: .every(.seconds(600)))
      _ = await engine.hear(3)
      let answers = Mailbox<CallRefusal?>()
      func pong(_ line: String?) async {
        await engine.say((line ?? "").replacing(#""ping""#, with: #""pong""#) + "\n")
      }
      try session.sendKeys("ls\r") { answers.put($0) }
      let sent = await engine.hear(3)
      #expect(sent.dropFirst().first == #"{"text":"ls\r","type":"send-keys"}"#)
      await pong(sent.first)
      await pong(sent.last)
      #expect(await answers.next() == .some(nil))
      try session.sendKeys("again") { answers.put($0) }
      let again = await engine.hear(2)
      await engine.say(#"{"type":"error","code":"failed","request":"send-keys","message":"it is full"}"# + "\n")
      await pong(again.last)
      #expect(await answers.next() == .engineFailed("it is full"))
      try session.sendKeys("exit\r") { answers.put($0) }
      engine.leave()
      #expect(await answers.next() == .outcomeUnknown("the engine of \(session.id) exited before it answered"))
      #expect(house.events.map(\.name).allSatisfy { $0 == "connection-closed" })
    }
  }

  @Test func keysThatCannotBeSent() async throws {
    try await House.test { house in
      let (session, _) = try house.session(Self.record(Self.keys))
      for text in ["", String(repeating: "ä", count: 2049)] {
        let problem = "it must have 1 to 4096 bytes, not \(text.utf8.count)"
        #expect(throws: CallRefusal.invalidOption("text", problem)) { try session.sendKeys(text) { _ in } }
      }
      // An earlier version has launched it.
      let (unable, _) = try house.session(Self.record())
      let lacks = CallRefusal.notSupported("the engine “sip” of \(unable.id) cannot do this (it lacks “send-keys”)")
      #expect(throws: lacks) { try unable.sendKeys("x") { _ in } }
      let (without, _) = try house.session(Self.record(Self.keys, terminal: false))
      let text = "the program of \(without.id) was launched without a terminal"
      #expect(throws: CallRefusal.notSupported(text)) { try without.sendKeys("x") { _ in } }
      let (ended, engine) = try house.session(Self.record(Self.keys))
      await engine.say(#"{"type":"state","state":"ended","reason":"exited"}"# + "\n")
      _ = await house.event()
      #expect(throws: CallRefusal.sessionEnded(ended.id.description)) { try ended.sendKeys("x") { _ in } }
    }
  }

  /// They may be a password.
  @Test func keysAreNotWrittenDown() async throws {
    try await House.test { house in
      let record = Self.record(Self.keys)
      let (log, (daemon, engine)) = (LogLines(), EngineEnd.pair())
      let session = Session(record, id: try #require(SessionID(record.id)), host: house, logger: log.logger)
      house.units.units.insert(record.unit)
      try session.recover(channel: daemon, unitRuns: true)
      let answers = Mailbox<CallRefusal?>()
      try session.sendKeys("hunter2\r") { answers.put($0) }
      let long = "hunter2" + String(repeating: "x", count: 4096)
      #expect(throws: CallRefusal.self) { try session.sendKeys(long) { _ in } }
      await engine.say(#"{"type":"error","code":"failed","request":"send-keys","message":"it is full"}"# + "\n")
      await engine.say(#"{"type":"state","state":"ended","reason":"exited"}"# + "\n")
      _ = await house.event()
      #expect(log.lines.contains { $0.contains("the engine refused “send-keys”: it is full") }, "\(log.lines)")
      #expect(!log.lines.contains { $0.contains("hunter2") })
      #expect(!"\(house.steps.waiting) \(house.events)".contains("hunter2"))
      withExtendedLifetime((session, engine)) {}
    }
  }

  @Test func anEngineThatDoesNotReadIsNotWaitedFor() async throws {
    try await onEventLoop {
      let house = try await House()
      let (session, _) = try house.session(Self.record())
      var failures: [CallRefusal] = []
      for _ in 0..<20_000 where failures.isEmpty {
        if let failure = Self.failure(session) { failures.append(failure) }
      }
      #expect(failures == [.engineFailed("the engine of \(session.id) does not read its requests; try again")])
      withExtendedLifetime(house) {}
    }
  }
}
