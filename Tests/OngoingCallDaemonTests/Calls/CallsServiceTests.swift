// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite(.timeLimit(.minutes(1))) struct CallsServiceTests: CallsSuite {
  let engines = EngineFolder()

  // MARK: Launch

  @Test func aLaunchStartsAnEngineAndTellsIt() async throws {
    try await calls { calls in
      let session = try await calls.launch().get()
      let engine = try calls.engine(of: session)
      let lines = await engine.hear(2)
      #expect(lines.first?.contains(#""session":"\#(session.id)""#) == true)
      #expect(lines.last?.contains(#""command":["\#(calls.program)","$HOME"]"#) == true)
      #expect(calls.service.history.events.map(\.name) == ["session-launched"])
      #expect(calls.store.load().records == [session.record])
      #expect(try calls.service.session("") === session)
      try await calls.end(session, engine)
      #expect(calls.service.history.events.map(\.name) == ["session-launched", "session-left"])
      // It stays to be looked at, and is not the only call any more.
      #expect(try calls.service.session(session.id.description) === session)
      #expect(throws: CallRefusal.noSuchSession("")) { try calls.service.session("") }
      #expect(calls.service.isHealthy)
    }
  }

  @Test func oneTokenIsOneSessionHoweverOftenAndWheneverItIsAskedFor() async throws {
    try await calls { calls in
      let answers = Mailbox<SessionID?>()
      for _ in 0..<3 { EventLoopActor.task { answers.put(try? await calls.launch("a").get().id) } }
      EventLoopActor.task { answers.put(try? await calls.launch("b").get().id) }
      let ids = await answers.next(4)
      #expect(!ids.contains(nil) && Set(ids).count == 2)
      #expect(calls.started() == 2)
      let again = try await calls.launch("a").get()
      #expect(ids.contains(again.id))
      // And after its end, for somebody who has lost the answer.
      try await calls.end(again, try calls.engine(of: again))
      #expect(again.life.isOver)
      #expect(try await calls.launch("a").get() === again)
      #expect(calls.started() == 2)
    }
  }

  /// Somebody's token by mistake, or a launch that was changed and not given a new one: never another call's answer.
  @Test(
    arguments: [
      ("command", .strings(["/bin/sh", "$HOME"])), ("title", .string("Other")), ("alone-timeout", .uint32(1)),
      ("environment", .strings(["A=B"])), ("terminal", .bool(true)), ("inhibit-sleep", .bool(false)),
    ] as [(String, BusValue)])
  func aTokenWithOtherOptionsIsAnError(_ option: String, _ value: BusValue) async throws {
    try await calls { calls in
      // While it is being started, and afterwards.
      let first = Mailbox<Session?>()
      EventLoopActor.task { first.put(try? await calls.launch("a").get()) }
      while calls.started() == 0 { try await calls.peers.settle() }
      let early = await calls.launch("a", option, value)
      let session = try #require(await first.next() ?? nil)
      for answer in [early, await calls.launch("a", option, value)] {
        guard case .failure(.invalidOption("token", let text)) = answer else {
          Issue.record("\(answer)")
          continue
        }
        #expect(text.contains("the call \(session.id) was launched with this token and other options"))
      }
      #expect(calls.started() == 1)
      #expect(try await calls.launch("a").get() === session)
    }
  }

  @Test func aLaunchThatFailsLeavesNothingAndIsToldToAllWhoAskedForIt() async throws {
    try await calls { calls in
      calls.units.jobResult = "failed"
      let answers = Mailbox<CallRefusal?>()
      for _ in 0..<3 {
        EventLoopActor.task {
          guard case .failure(let error) = await calls.launch("a") else { return answers.put(nil) }
          answers.put(error)
        }
      }
      for answer in await answers.next(3) {
        guard case .engineFailed(let text) = answer else {
          Issue.record("\(String(describing: answer))")
          continue
        }
        #expect(text.contains("the result of its job is “failed”"))
      }
      #expect(calls.started() == 1)
      #expect(calls.store.load().records.isEmpty)
      #expect(calls.service.sessions.isEmpty)
      #expect(calls.service.history.events.isEmpty)
      // The token is free again.
      calls.units.jobResult = "done"
      _ = try await calls.launch("a").get()
    }
  }

  @Test func aLaunchThatCannotBeWrittenDownStartsNothing() async throws {
    try await calls { calls in
      #expect(rmdir(engines.folder["run/sessions"]) == 0)
      engines.folder.write("", to: "run/sessions")
      guard case .failure(.engineFailed(let text)) = await calls.launch() else {
        Issue.record("it was launched")
        return
      }
      #expect(text.contains("run/sessions/") && text.contains("Not a directory"))
      #expect(calls.started() == 0)
      #expect(calls.service.sessions.isEmpty)
    }
  }

  @Test func aFolderOfRecordsThatWasRemovedIsMadeAgainWithAllOfThem() async throws {
    try await calls { calls in
      let first = try await calls.launch().get()
      let folder = engines.folder["run/sessions"]
      for name in Files.names(in: folder) { Files.remove("\(folder)/\(name)") }
      #expect(rmdir(folder) == 0)
      let second = try await calls.launch().get()
      let known = Set(calls.store.load().records.map(\.id))
      #expect(known == [first.id.description, second.id.description])
    }
  }

  @Test func aServiceManagerWithoutRoomIsNotToldAsAMissingUnit() async throws {
    try await calls { calls in
      calls.units.hasRoom = false
      guard case .failure(.engineFailed(let text)) = await calls.launch() else {
        Issue.record("it was launched")
        return
      }
      #expect(text.contains("free some space in $XDG_RUNTIME_DIR/systemd"))
      #expect(!text.contains("NoSuchUnit"))
      #expect(calls.store.load().records.isEmpty)
    }
  }

  @Test func whatIsMissingIsToldWithARemedy() {
    #expect(SystemError("write x", errno: ENOSPC).remedy == "free some space there first")
    #expect(SystemError("make x", errno: EMFILE).remedy?.contains("LimitNOFILE= of ongoingcalld.service") == true)
    #expect(SystemError("read x", errno: EIO).remedy == nil)
  }

  @Test func nothingIsLaunchedBySomethingThatStops() async throws {
    try await calls { calls in
      let session = try await calls.launch("first").get()
      calls.service.stopLaunching()
      guard case .failure(.stopping) = await calls.launch("second") else {
        Issue.record("it was launched")
        return
      }
      // What is there already is.
      #expect(try await calls.launch("first").get() === session)
      #expect(calls.started() == 1 && calls.store.load().records.count == 1)
    }
  }

  @Test func aCallThatIsBeingLaunchedEndsWithTheOthers() async throws {
    try await calls { calls in
      async let launched = calls.launch()
      await until { !calls.service.underWay.isEmpty }
      #expect(calls.service.live.isEmpty && calls.service.underWay.count == 1)
      let session = try #require(calls.service.underWay.first)
      calls.service.stopLaunching()
      async let ended: Void = calls.service.endAll(.abort)
      _ = try await launched.get()
      let engine = try calls.engine(of: session)
      let told = await engine.hear(2)
      #expect(told.last == #"{"type":"leave"}"#, "\(told)")
      try await calls.end(session, engine)
      await ended
      #expect(session.life.isOver && session.life.end?.reason == .aborted)
    }
  }

  @Test func aLaunchThatFailsKeepsNobodyFromStopping() async throws {
    try await calls { calls in
      calls.units.hasRoom = false
      async let launched = calls.launch()
      await until { !calls.service.underWay.isEmpty }
      await calls.service.endAll(.abort)
      if case .success = await launched { Issue.record("it was launched") }
      #expect(calls.service.sessions.isEmpty && calls.service.underWay.isEmpty)
    }
  }

  @Test func thereAreOnlySoManyCalls() async throws {
    try await calls { calls in
      let answers = Mailbox<Session?>()
      // All at once: those that are still being started count too.
      for _ in 0..<(Limit.sessions + 3) { EventLoopActor.task { answers.put(try? await calls.launch().get()) } }
      let sessions = await answers.next(Limit.sessions + 3).compactMap(\.self)
      #expect(sessions.count == Limit.sessions)
      #expect(calls.started() == Limit.sessions)
      guard case .failure(.limitReached(let text)) = await calls.launch() else {
        Issue.record("one more was launched")
        return
      }
      #expect(text == "there are \(Limit.sessions) calls, which is the limit; end one first")
      let ids = Set(sessions.map(\.id.description))
      do throws(CallRefusal) {
        _ = try calls.service.session("")
        Issue.record("it is not ambiguous")
      } catch {
        guard case .ambiguousSession(let named) = error else { throw error }
        #expect(Set(named) == ids)
      }
      // One that has ended makes room.
      let first = try #require(sessions.first)
      try await calls.end(first, try calls.engine(of: first))
      _ = try await calls.launch().get()
    }
  }
}
