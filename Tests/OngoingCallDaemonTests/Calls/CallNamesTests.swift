// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A name is that of one live call.
@Suite(.timeLimit(.minutes(1))) struct CallNamesTests: CallsSuite {
  let engines = EngineFolder()

  @Test func aNameThatALiveCallHasIsRefused() async throws {
    try await calls { calls in
      // While it is being started, and afterwards.
      let first = Mailbox<Session?>()
      EventLoopActor.task { first.put(try? await calls.launch("a", "name", .string("work")).get()) }
      while calls.started() == 0 { try await calls.peers.settle() }
      let early = await calls.launch("b", "name", .string("work"))
      let session = try #require(await first.next() ?? nil)
      for answer in [early, await calls.launch("b", "name", .string("work"))] {
        guard case .failure(.invalidOption("name", let text)) = answer else {
          Issue.record("\(answer)")
          continue
        }
        #expect(text == "the call \(session.id) has this name; give another one, or end that call")
      }
      #expect(calls.started() == 1 && session.record.info.name == "work")
      // The launch itself may be repeated, and another name is free.
      #expect(try await calls.launch("a", "name", .string("work")).get() === session)
      #expect(try await calls.launch("c", "name", .string("Work")).get() !== session)
      #expect(try await calls.launch("d").get().record.info.name == "")
    }
  }

  // MARK: Another name

  @Test func aCallIsRenamed() async throws {
    try await calls { calls in
      let session = try await calls.launch("a", "name", .string("work")).get()
      let other = try await calls.launch("b", "name", .string("play")).get()
      let taken = "the call \(other.id) has this name; give another one, or end that call"
      #expect(throws: CallRefusal.invalidOption("name", taken)) { try session.set(name: "play", for: nil) }
      #expect(throws: CallRefusal.invalidOption("name", "it must not begin with “-” or “.”")) {
        try session.set(name: "-a", for: nil)
      }
      #expect(session.record.name == "work")
      try session.set(name: "play-2", for: nil)
      // It is known to the next daemon; the first name is free, and the new one is not.
      #expect(calls.store.load().records.contains { $0.id == session.record.id && $0.info.name == "play-2" })
      _ = try await calls.launch("c", "name", .string("work")).get()
      guard case .failure(.invalidOption("name", _)) = await calls.launch("d", "name", .string("play-2")) else {
        Issue.record("two calls have one name")
        return
      }
      // Who has lost the answer to the launch does not know that it was renamed.
      #expect(try await calls.launch("a", "name", .string("work")).get() === session)
      try session.set(name: "", for: nil)
      #expect(session.record.info.name == "")
      try other.set(name: "play-2", for: nil)
      try await calls.end(session, try calls.engine(of: session))
      #expect(throws: CallRefusal.sessionEnded(session.id.description)) { try session.set(name: "x", for: nil) }
    }
  }

  @Test func aNewNameIsAnnouncedOnceItIsWrittenDown() async throws {
    try await House.test { house in
      let (session, _) = try house.session(.joined(SessionID()))
      try session.set(name: "work", for: nil)
      let record = session.record
      let steps = house.steps.waiting
      #expect(steps.suffix(2) == [.saved(record), .announced([], changed: ["Name"])])
      // As it has it already, nothing happens.
      try session.set(name: "work", for: nil)
      #expect(house.steps.waiting == steps)
    }
  }

  @Test func aCallThatHasEndedKeepsNoName() async throws {
    try await calls { calls in
      let session = try await calls.launch("a", "name", .string("work")).get()
      try await calls.end(session, try calls.engine(of: session))
      #expect(try await calls.launch("b", "name", .string("work")).get() !== session)
    }
  }
}
