// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Glibc
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite(.timeLimit(.minutes(1))) struct SessionTests {
  private static let joined = #"{"type":"state","state":"joined"}"# + "\n"
  private static let exited =
    #"{"type":"state","state":"ended","reason":"exited","exit-status":3,"detail":"done"}"# + "\n"

  // MARK: Order

  @Test func nothingIsAnnouncedThatIsNotSaved() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.launched(SessionID()))
      await engine.say(#"{"type":"state","state":"ringing"}"# + "\n" + Self.joined)
      let names = [await house.event()?.name, await house.event()?.name]
      #expect(names == ["session-ringing", "session-joined"])
      #expect(session.life.state == .joined)
      var saved: SessionRecord?
      for step in house.steps.waiting {
        switch step {
        case .saved(let record): saved = record
        case .announced(let events, _): #expect(saved?.events.suffix(events.count) == events[...])
        case .over: Issue.record("it is over")
        }
      }
      #expect(house.events.map(\.sequence) == [3, 4])
      #expect(house.saved == session.record)
      #expect(house.saved?.life == session.life)
      withExtendedLifetime(session) {}
    }
  }

  @Test func theChangedPropertiesAreNamed() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.launched(SessionID()))
      await engine.say(#"{"type":"state","state":"joined","muted":true,"held":true}"# + "\n")
      #expect(await house.event()?.name == "muted-changed")
      let muted = await house.event()
      let last = await house.event()
      #expect(muted?.onHold == true && last?.name == "session-joined")
      await engine.say(Self.exited)
      let end = await house.event()
      let changes = house.steps.waiting.compactMap { step -> [String]? in
        guard case .announced(_, let changed) = step else { return nil }
        return changed
      }
      #expect(changes == [["State", "Muted", "OnHold", "JoinedAt"], ["State", "EndReason", "EndDetail"]])
      #expect(end?.name == "session-left" && end?.reason == "exited" && end?.detail == "done" && end?.exitStatus == 3)
      #expect(session.record.joinedAt > 0 && session.record.joinedAtBoottime > 0)
      #expect(session.record.endedAtBoottime >= session.record.joinedAtBoottime)
      withExtendedLifetime(session) {}
    }
  }

  @Test func whatANewProcessNeedsIsSavedThoughNothingElseChanges() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      await engine.say(
        #"{"type":"state","state":"joined","resume":"ticket-1"}"# + "\n" + #"{"type":"pong","serial":0}"# + "\n")
      while let step = await house.steps.next(within: .seconds(2)) {
        if case .saved(let record) = step, record.resume != nil { break }
      }
      #expect(house.saved?.resume == "ticket-1")
      // The newest counts, until a joined call has none.
      await engine.say(#"{"type":"state","state":"joined","resume":"ticket-2"}"# + "\n")
      while let step = await house.steps.next(within: .seconds(2)) {
        if case .saved(let record) = step, record.resume == "ticket-2" { break }
      }
      #expect(house.saved?.resume == "ticket-2")
      await engine.say(Self.joined + Self.exited)
      _ = await house.event()
      #expect(house.saved?.resume == nil)
      #expect(house.events.map(\.name) == ["session-left"])
      withExtendedLifetime(session) {}
    }
  }

  // MARK: One end

  @Test func aSessionEndsOnceWhateverComesLater() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      let over = Mailbox<Int>()
      session.whenOver { over.put(1) }
      await engine.say(Self.exited + Self.joined + Self.exited.replacing("exited", with: "network") + "garbage\n")
      engine.leave()
      #expect(await house.event()?.name == "session-left")
      session.handle(.abort)
      session.handle(.hangUp)
      #expect(session.life.state == .ended)
      // It is over when nothing of it runs any more, and not before.
      #expect(over.waiting == [])
      try await house.removeUnit(of: session)
      try await house.removeUnit(of: session)
      #expect(over.waiting == [1])
      session.whenOver { over.put(2) }
      #expect(over.waiting == [1, 2])
      #expect(house.events.map(\.name) == ["session-left"])
      #expect(house.ends == 1)
      #expect(house.saved?.life.isOver == true)
    }
  }

  @Test func anAbortEndsItAsAborted() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      #expect(await engine.hear(3).last == #"{"type":"report"}"#)
      session.handle(.abort)
      session.handle(.abort)
      #expect(session.life.state == .leaving)
      #expect(await engine.hear(1) == [#"{"type":"leave"}"#])
      await engine.say(Self.exited)
      let end = await house.event()
      #expect(end?.name == "session-left" && end?.reason == "aborted")
      try await house.removeUnit(of: session)
      #expect(house.ends == 1)
      // The channel is closed with it.
      #expect(await engine.hear(1) == [])
    }
  }

  @Test func aUnitThatIsGoneEndsItAfterItsLastWords() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      await engine.say(Self.exited)
      engine.leave()
      // Both are there when the daemon looks.
      try await house.removeUnit(of: session)
      #expect(house.events.map(\.reason) == ["exited"])
      #expect(house.ends == 1)
    }
  }

  @Test func aReloadOfTheServiceManagerIsNoEnd() async throws {
    try await House.test { house in
      let (session, _) = try house.session(.joined(SessionID()))
      try await house.settle()
      try house.units.reload()
      try await house.settle()
      #expect(session.life.state == .joined)
      try await house.removeUnit(of: session)
      #expect(house.events.map(\.reason) == ["engine-failed"])
      #expect(house.ends == 1)
    }
  }

  /// It had gone by itself before its removal was watched: nobody will say so again.
  @Test func aUnitThatCannotBeStoppedBecauseItIsGoneIsGone() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      house.units.units = []
      engine.leave()
      #expect(await house.event()?.reason == "engine-failed")
      #expect(await house.units.requests.next()?.member == "StopUnit")
      try await house.settle()
      #expect(session.life.isOver)
      #expect(house.ends == 1)
    }
  }

  @Test func anEngineThatIsLostIsStopped() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      await engine.say("\n}{\n}{\n")
      #expect(await house.event()?.reason == "engine-failed")
      #expect(
        await house.units.requests.next()
          == .init(member: "StopUnit", arguments: [.string(session.record.unit), .string("replace")]))
      #expect(!session.life.isOver)
      try await house.removeUnit(of: session)
      #expect(house.ends == 1)
    }
  }

  @Test func anEngineThatSaysNothingBeforeItGoesHasFailed() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      engine.leave()
      let end = await house.event()
      #expect(end?.name == "connection-closed" && end?.reason == "engine-failed")
      #expect(end?.detail == "the engine closed its channel")
      try await house.removeUnit(of: session)
      #expect(house.ends == 1)
      #expect(house.events.count == 1)
    }
  }

  @Test func anEngineThatTalksGarbageHasFailed() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.launched(SessionID()))
      // The first line may be half of one that an earlier daemon has read.
      await engine.say("half}\n\u{1B}[31mgarbage\u{7}\n")
      let end = await house.event()
      #expect(end?.name == "launch-failed" && end?.reason == "engine-failed")
      #expect(
        end?.detail
          == "the engine broke the protocol: a line is not a JSON object with a “type”: [31mgarbage")
      withExtendedLifetime(session) {}
    }
  }

  @Test func anEngineThatDoesNotAnswerIsLost() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()), pinged: .every(.milliseconds(50)))
      let end = await house.event()
      #expect(end?.reason == "engine-failed" && end?.detail == "the engine hangs: it does not answer")
      // More, where this process itself was late.
      let pings = await engine.hear(10).filter { $0.contains("ping") }
      #expect(pings.count >= Limit.unansweredPings)
      withExtendedLifetime(session) {}
    }
  }

  @Test func anEngineThatAnswersIsNotLost() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()), pinged: .every(.milliseconds(300)))
      _ = await engine.hear(3)
      for serial in 1...(Limit.unansweredPings + 2) {
        let ping = await engine.hear(1)
        #expect(ping == [#"{"serial":\#(serial),"type":"ping"}"#])
        // Always to the one before.
        await engine.say(#"{"type":"pong","serial":\#(serial - 1)}"# + "\n")
      }
      #expect(session.life.state == .joined)
      #expect(house.events == [])
    }
  }

  @Test func whatIsNotMissedAtOnceIsPingedWithAllElse() async throws {
    try await House.test { house in
      let pulse = SharedTimer(every: .milliseconds(50))
      let (session, engine) = try house.session(.joined(SessionID()), pinged: .with(pulse))
      let end = await house.event()
      #expect(end?.reason == "engine-failed" && end?.detail == "the engine hangs: it does not answer")
      let pings = await engine.hear(10).filter { $0.contains("ping") }
      #expect(pings.count >= Limit.unansweredRarePings)
      // Nobody is left who would have to be woken.
      #expect(!pulse.isBeating)
      withExtendedLifetime(session) {}
    }
  }

  @Test(arguments: [(["command", "terminal"], false), (["mute", "media"], true), (["resume"], true), ([], false)])
  func whatCarriesMediaOrCanBeReplacedIsMissedAtOnce(_ capabilities: [String], _ isMissed: Bool) async throws {
    let isPingedOften = try await onEventLoop {
      let engine = EngineDescriptor(name: "an", command: ["/bin/engine"], capabilities: capabilities)
      if case .every(Wait.ping) = EngineWatch.Pace(for: engine) { return true }
      return false
    }
    #expect(isPingedOften == isMissed)
  }

  // MARK: What the user wants of the engine

  @Test func whatIsSetWhileThereIsNoEngineIsWhatTheNextBeginsWith() async throws {
    try await House.test { house in
      var record = SessionRecord.sample(SessionID(), capabilities: ["mute", "hold", "resume"])
      record.life = SessionLife(resumable: true, canHold: true)
      record.live(.engineStarted)
      record.live(.report(EngineReport(.joined)))
      let (session, engine) = try house.session(record)
      await engine.say(#"{"type":"state","state":"joined","resume":"ticket"}"# + "\n")
      engine.leave()
      #expect(await house.event()?.name == "connection-lost")
      try session.wish(.mute(true), needs: .mute)
      try session.wish(.hold(true), needs: .hold)
      // It is written down, for the next daemon too; and it is not so before an engine says so.
      #expect(house.saved?.life.startsMuted == true && session.life.reported.muted == false)
      try await house.removeUnit(of: session)
      let channel = house.units.channels.removeValue(forKey: session.record.unit)
      let next = EngineEnd(try #require(channel))
      let told = await next.hear(2)
      #expect(told.last?.contains(#""held":true,"muted":true,"resume":"ticket""#) == true, "\(told)")
      withExtendedLifetime((session, next)) {}
    }
  }

  // MARK: What does not change its life

  @Test func countersAndComplaintsAreNotEvents() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID()))
      let before = house.steps.waiting.count
      await engine.say(
        #"{"type":"error","code":"unsupported","request":"set-held","message":"no"}"# + "\n"
          + #"{"type":"of-the-future"}"# + "\n" + #"{"type":"pong","serial":99}"# + "\n"
          + #"{"type":"media","sent":1,"received":2,"lost":3,"round-trip-ms":4}"# + "\n" + Self.joined)
      engine.leave()
      _ = await house.event()
      #expect(session.media == MediaCounters(sent: 1, received: 2, lost: 3, roundTripMilliseconds: 4))
      // Only the end of the channel was written down.
      #expect(house.steps.waiting.count == before + 2)
      #expect(house.events.map(\.name) == ["connection-closed"])
    }
  }

  @Test func onlyWhatTheEngineCanIsAskedOfIt() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(.joined(SessionID(), capabilities: ["mute", "dtmf"]))
      #expect(await engine.hear(3).count == 3)
      try session.wish(.mute(true), needs: .mute)
      try session.request(.sendDtmf("1#"))
      #expect(
        await engine.hear(2)
          == [#"{"muted":true,"type":"set-muted"}"#, #"{"digits":"1#","type":"send-dtmf"}"#])
      #expect(throws: CallRefusal.notSupported("the engine “sip” of \(session.id) cannot do this (it lacks “hold”)")) {
        try session.request(.setHeld(true))
      }
      // It is muted when the engine says so.
      #expect(!session.life.reported.muted)
      session.handle(.hangUp)
      #expect(throws: CallRefusal.sessionEnded(session.id.description)) {
        try session.wish(.mute(false), needs: .mute)
      }
      await engine.say(Self.exited)
      _ = await house.event()
      #expect(throws: CallRefusal.sessionEnded(session.id.description)) {
        try session.request(.setHeld(false))
      }
    }
  }
}
