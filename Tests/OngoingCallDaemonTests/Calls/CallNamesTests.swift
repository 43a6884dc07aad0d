// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A name is that of one live call.
@Suite(.timeLimit(.minutes(1))) struct CallNamesTests {
  let engines = EngineFolder()

  private func calls(_ body: @escaping @EventLoopActor @Sendable (Calls) async throws -> Void) async throws {
    try await Calls.test(engines, body)
  }

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

  @Test func aCallThatHasEndedKeepsNoName() async throws {
    try await calls { calls in
      let session = try await calls.launch("a", "name", .string("work")).get()
      try await calls.end(session, try calls.engine(of: session))
      #expect(try await calls.launch("b", "name", .string("work")).get() !== session)
    }
  }
}
