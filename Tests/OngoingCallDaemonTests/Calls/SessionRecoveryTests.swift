// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Sessions that a new daemon finds: whatever the old one left, each goes on or ends.
@Suite(.timeLimit(.minutes(1))) struct SessionRecoveryTests {
  private static let ended = #"{"type":"state","state":"ended","reason":"exited","exit-status":3}"# + "\n"

  private static func hello(_ record: SessionRecord) -> String {
    #"{"lease":60,"session":"\#(record.id)","type":"hello","version":1}"#
  }

  @Test func aCallGoesOn() async throws {
    try await House.test { house in
      let record = SessionRecord.joined(SessionID())
      let (session, engine) = try house.session(record)
      // A newline first: the old daemon may have stopped in the middle of a line.
      #expect(await engine.hear(3) == ["", Self.hello(record), #"{"type":"report"}"#])
      await engine.say("\"}\n" + #"{"type":"state","state":"joined"}"# + "\n" + Self.ended)
      #expect(await house.event()?.reason == "exited")
      #expect(house.events.count == 1)
      #expect(session.record.joinedAt == 2)
    }
  }

  @Test func aCallThatWasBeingPlacedIsPlaced() async throws {
    try await House.test { house in
      let record = SessionRecord.launched(SessionID())
      let (session, engine) = try house.session(record)
      let lines = await engine.hear(4)
      #expect(lines.contains { $0.contains(#""type":"join""#) && $0.contains("sip:a@example.org") })
      #expect(lines.last == #"{"type":"report"}"#)
      withExtendedLifetime(session) {}
    }
  }

  /// The daemon died after the unit was started, and before it knew.
  @Test func aCallWhoseUnitHadJustBeenStartedIsPlaced() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.sample(SessionID()))
      #expect(await house.event()?.name == "session-launched")
      #expect(await engine.hear(3).contains { $0.contains(#""type":"join""#) })
      session.handle(.abort)
      await engine.say(Self.ended)
      #expect(await house.event()?.reason == "aborted")
    }
  }

  @Test func aCallThatWasBeingLeftIsLeft() async throws {
    try await House.test { house in
      var record = SessionRecord.joined(SessionID())
      _ = record.life.handle(.hangUp)
      let (session, engine) = try house.session(record)
      #expect(await engine.hear(3).contains(#"{"type":"leave"}"#))
      await engine.say(Self.ended)
      #expect(await house.event()?.reason == "hung-up")
      withExtendedLifetime(session) {}
    }
  }

  @Test func withoutItsChannelACallHasEnded() async throws {
    try await House.test { house in
      let session = try house.session(.joined(SessionID()), channel: nil, unitRuns: true)
      let end = await house.event()
      #expect(end?.reason == "engine-failed" && end?.detail == "its channel was lost")
      try await house.removeUnit(of: session)
      #expect(house.ends == 1)
    }
  }

  @Test func whatAnEngineSaidLastIsHeardThoughItIsGone() async throws {
    try await House.test { house in
      let (daemon, engine) = EngineEnd.pair()
      await engine.say(Self.ended)
      engine.leave()
      let session = try house.session(.joined(SessionID()), channel: daemon, unitRuns: false)
      #expect(house.events.map(\.reason) == ["exited"])
      #expect(house.events.map(\.exitStatus) == [3])
      #expect(session.life.isOver)
      #expect(house.ends == 1)
    }
  }

  /// Every state that a record can have, with its unit gone: none may wait for ever.
  @Test(
    arguments: [
      [], [.abort], [.engineStarted], [.unitGone], [.unitGone, .engineStarted], [.unitGone, .abort, .engineStarted],
      [.engineStarted, .abort], [.engineStarted, .report(EngineReport(.ringing))],
      [.engineStarted, .report(EngineReport(.joined))],
      [.engineStarted, .report(EngineReport(.joined)), .report(EngineReport(.reconnecting(.network)))],
      [.engineStarted, .report(EngineReport(.joined)), .hangUp],
      [.engineStarted, .report(EngineReport(.joined)), .hangUp, .passed(.leave)],
      [.engineStarted, .report(EngineReport(.ended(.busy, detail: "", exitStatus: nil)))],
      [.engineStarted, .engineLost(.engineCrash, detail: "x")],
    ] as [[SessionLife.Input]])
  func aSessionWhoseUnitIsGoneIsOver(_ inputs: [SessionLife.Input]) async throws {
    try await House.test { house in
      var record = SessionRecord.sample(SessionID())
      for input in inputs { _ = record.life.handle(input) }
      let ended = record.life.state == .ended ? 0 : 1
      let session = try house.session(record, channel: nil, unitRuns: false)
      #expect(session.life.isOver)
      #expect(house.ends == 1)
      #expect(house.events.count { TerminalEvent(rawValue: $0.name) != nil } == ended)
      let over = Mailbox<Void>()
      session.whenOver { over.put(()) }
      #expect(over.waiting.count == 1)
    }
  }

  /// The same, with its unit there and its channel closed.
  @Test(
    arguments: [
      [], [.abort], [.engineStarted], [.engineStarted, .abort], [.engineStarted, .report(EngineReport(.joined))],
      [.engineStarted, .report(EngineReport(.joined)), .hangUp],
      [.engineStarted, .report(EngineReport(.joined)), .hangUp, .passed(.leave)],
      [.engineStarted, .report(EngineReport(.ended(.busy, detail: "", exitStatus: nil)))],
      [.engineStarted, .engineLost(.engineCrash, detail: "x")],
    ] as [[SessionLife.Input]])
  func aSessionWithoutAChannelEndsWithItsUnit(_ inputs: [SessionLife.Input]) async throws {
    try await House.test { house in
      var record = SessionRecord.sample(SessionID())
      for input in inputs { _ = record.life.handle(input) }
      let ended = record.life.state == .ended ? 0 : 1
      let session = try house.session(record, channel: nil, unitRuns: true)
      #expect(session.life.state == .ended)
      try await house.removeUnit(of: session)
      #expect(session.life.isOver)
      #expect(house.ends == 1)
      #expect(house.events.count { TerminalEvent(rawValue: $0.name) != nil } == ended)
    }
  }
}
