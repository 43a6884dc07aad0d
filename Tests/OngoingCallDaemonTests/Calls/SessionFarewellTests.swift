// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Engines that die before a call is joined, or after it has ended and before the far end knows.
@Suite(.timeLimit(.minutes(1))) struct SessionFarewellTests {
  private static func state(_ state: String, resume: String? = nil) -> String {
    let reason = state == "ended" ? #","reason":"hung-up""# : ""
    let resume = resume.map { #","resume":"\#($0)""# } ?? ""
    return #"{"type":"state","state":"\#(state)"\#(reason)\#(resume)}"# + "\n"
  }

  /// Of an engine that runs, and can be followed by another.
  private static func record(_ inputs: SessionLife.Input...) -> SessionRecord {
    var record = SessionRecord.sample(SessionID(), capabilities: ["resume", "media"])
    record.life = SessionLife(resumable: true)
    for input in [.engineStarted] + inputs { record.live(input) }
    return record
  }

  private static let joined = SessionLife.Input.report(EngineReport(.joined), resumable: true)

  /// The engine that was started last.
  @EventLoopActor
  private static func next(_ house: House, _ session: Session) throws -> EngineEnd {
    let channel = house.units.channels.removeValue(forKey: session.record.unit)
    return EngineEnd(try #require(channel))
  }

  /// A session that has ended, and its engine, which goes on.
  @EventLoopActor
  private static func farewell(_ house: House) async throws -> (Session, EngineEnd) {
    let (session, engine) = try house.session(record(joined))
    session.handle(.hangUp)
    #expect(await engine.hear(4).last == #"{"type":"leave"}"#)
    await engine.say(state("ended", resume: "bye-1"))
    let end = await house.event()
    #expect(end?.name == "session-left" && end?.reason == "hung-up")
    return (session, engine)
  }

  @Test func aCallThatRingsIsTakenUpAndNobodyIsTold() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(Self.record())
      await engine.say(Self.state("ringing", resume: "ticket-1") + Self.state("ringing", resume: "ticket-2"))
      #expect(await house.event()?.name == "session-ringing")
      engine.leave()
      #expect(await house.units.requests.next()?.member == "KillUnit")
      try await house.removeUnit(of: session)
      let next = try Self.next(house, session)
      #expect(await next.hear(2).last?.contains(#""resume":"ticket-2""#) == true)
      #expect(session.life.state == .launching && session.life.reported.hasRung)
      await next.say(Self.state("joined", resume: "ticket-3"))
      #expect(await house.event()?.name == "session-joined")
      #expect(house.events.count == 2 && house.saved?.resume == "ticket-3")
      withExtendedLifetime(next) {}
    }
  }

  @Test func whoeverEndsACallDoesNotWaitForTheFarEnd() async throws {
    try await House.test { house in
      let told = Mailbox<String>()
      let (session, engine) = try await Self.farewell(house)
      session.whenEnded { told.put("ended") }
      session.whenOver { told.put("over") }
      #expect(told.waiting == ["ended"])
      #expect(!session.isLive && !session.isReadyForSleep)
      // Nobody stops it meanwhile, and it is still listened to.
      await engine.say(Self.state("ended", resume: "bye-2") + #"{"type":"pong","serial":0}"# + "\n")
      while house.saved?.resume != "bye-2", await house.steps.next() != nil {}
      #expect(session.life.isInFarewell && house.units.requests.waiting == [])
      await engine.say(Self.state("ended"))
      while session.life.isInFarewell, await house.steps.next() != nil {}
      #expect(house.units.requests.waiting == [] && told.waiting == ["ended"])
      try await house.removeUnit(of: session)
      #expect(told.waiting == ["ended", "over"])
      #expect(house.events.count == 1 && house.ends == 1)
    }
  }

  @Test func aFarewellIsFinishedByTheNextEngine() async throws {
    try await House.test { house in
      let (session, engine) = try await Self.farewell(house)
      engine.leave()
      try await house.removeUnit(of: session)
      let next = try Self.next(house, session)
      let told = await next.hear(3)
      #expect(told.count == 3 && told[1].contains(#""resume":"bye-1""#) && told[2] == #"{"type":"leave"}"#, "\(told)")
      await next.say(Self.state("ended"))
      try await house.removeUnit(of: session)
      #expect(session.life.isOver && house.ends == 1 && house.events.count == 1)
      #expect(house.saved?.life.isOver == true && house.saved?.resume == nil)
    }
  }

  /// Where the engine is gone before it has said that it leaves, too.
  @Test func whoLeavesIsToldOfTheEndThoughTheEngineIsGone() async throws {
    try await House.test { house in
      let (session, engine) = try house.session(Self.record())
      await engine.say(Self.state("ringing", resume: "ticket"))
      _ = await house.event()
      session.handle(.abort)
      engine.leave()
      let end = await house.event()
      #expect(end?.name == "session-left" && end?.reason == "aborted")
      try await house.removeUnit(of: session)
      let told = await (try Self.next(house, session)).hear(3)
      #expect(told.count == 3 && told[1].contains(#""resume":"ticket""#) && told[2] == #"{"type":"leave"}"#, "\(told)")
    }
  }

  @Test(arguments: [true, false])
  func aNewDaemonGoesOnWithAFarewell(unitRuns: Bool) async throws {
    try await House.test { house in
      var record = Self.record(Self.joined, .hangUp)
      record.live(.report(EngineReport(.ended(.hungUp, detail: "", exitStatus: nil)), resumable: true))
      record.resume = "bye"
      #expect(record.contradiction(name: record.id) == nil)
      let (daemon, engine) = EngineEnd.pair()
      let session = try house.session(record, channel: daemon, unitRuns: unitRuns)
      if unitRuns {
        #expect(await engine.hear(3).last == #"{"type":"report"}"#)
        #expect(house.units.requests.waiting == [])
      } else {
        try await house.settle()
        #expect(await (try Self.next(house, session)).hear(3).last == #"{"type":"leave"}"#)
      }
      #expect(session.life.isInFarewell && house.events == [])
      withExtendedLifetime(engine) {}
    }
  }

  @Test(arguments: [(#","sending":false"#, false), ("", true), (#","sending":true"#, true)])
  func anEngineThatIsNotToSendMayBeStill(_ sending: String, _ isLost: Bool) async throws {
    try await House.test { house in
      let (session, engine) = try house.session(Self.record(Self.joined))
      for _ in 0...Limit.stillReports {
        await engine.say(#"{"type":"media","sent":7,"received":1,"lost":0\#(sending)}"# + "\n")
      }
      await engine.say(Self.state(isLost ? "joined" : "reconnecting", resume: "a"))
      #expect(await house.event()?.reason == (isLost ? "engine-hang" : "network"))
      withExtendedLifetime(session) {}
    }
  }
}

/// What a call in its farewell means to the others.
@Suite(.timeLimit(.minutes(1))) struct CallsFarewellTests: CallsSuite {
  let engines = EngineFolder()
  private static let bye = #"{"type":"state","state":"ended","reason":"hung-up","resume":"bye"}"# + "\n"
  private static let done = #"{"type":"state","state":"ended","reason":"hung-up"}"# + "\n"

  @Test func itIsNoCallAnyMore() async throws {
    try await calls { calls in
      let first = try await calls.launch().get()
      let engine = try calls.engine(of: first)
      await engine.say(Self.bye)
      while !first.life.isInFarewell { try await calls.peers.settle() }
      #expect(calls.service.live.isEmpty && calls.service.underWay.isEmpty)
      #expect(throws: CallRefusal.noSuchSession("")) { try calls.service.session("") }
      let second = try await calls.launch().get()
      #expect(try calls.service.session("") === second)
      #expect(calls.service.inFarewell.map(\.id) == [first.id])
      try await calls.end(second, try calls.engine(of: second))
      await engine.say(Self.done)
      while first.life.isInFarewell { try await calls.peers.settle() }
      try calls.units.remove(first.record.unit)
      while !first.life.isOver { try await calls.peers.settle() }
    }
  }

  @Test func aDaemonThatStopsWaitsUntilTheFarEndKnows() async throws {
    try await calls { calls in
      let session = try await calls.launch().get()
      let engine = try calls.engine(of: session)
      let steps = Mailbox<String>()
      EventLoopActor.task {
        await calls.service.endAll(.abort)
        steps.put("stopped")
      }
      #expect(await engine.hear(3).last == #"{"type":"leave"}"#)
      await engine.say(Self.bye)
      while !session.life.isInFarewell { try await calls.peers.settle() }
      #expect(steps.waiting == [])
      await engine.say(Self.done)
      while session.life.isInFarewell { try await calls.peers.settle() }
      try calls.units.remove(session.record.unit)
      #expect(await steps.next() == "stopped" && session.life.isOver)
    }
  }

  /// It takes what is left of it along in its engine, which hears that there is no daemon any more.
  @Test func aDaemonThatStopsDoesNotWaitForOneThatNeverWill() async throws {
    try await calls { calls in
      let session = try await calls.launch().get()
      let engine = try calls.engine(of: session)
      await engine.say(Self.bye)
      while !session.life.isInFarewell { try await calls.peers.settle() }
      await calls.service.settleFarewells()
      #expect(session.life.isInFarewell)
      #expect(!calls.units.requests.waiting.contains { $0.member != "StartTransientUnit" })
      withExtendedLifetime(engine) {}
    }
  }
}
