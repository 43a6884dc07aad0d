// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

@Suite(.timeLimit(.minutes(1))) struct AsyncClientTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  /// Such a task lets others on wherever it waits: the bus, too, which has the answer already.
  @Test @BusActor func aTaskThatPrefersAnExecutorHasItsAnswer() async throws {
    let (daemon, bus) = (daemon, bus)
    daemon.on("SetMuted") { _ in [.reply([])] }
    let client = AsyncClient(
      limit: .seconds(5),
      connect: { [address = bus.address] deadline throws(CallsError) in
        try BusConnection(address: address, until: deadline)
      }, tell: { _ in })
    _ = try await client.ask(.sessions)
    let ask: @BusActor @Sendable () async throws -> Void = { try await client.ask(.setMuted(true, "abcd0000")) }
    let question = Task(executorPreference: InlineExecutor(), operation: ask)
    // Holds the thread of the bus until the daemon has answered, and answered once more.
    try await Task {
      while daemon.requests("SetMuted").isEmpty { sched_yield() }
      _ = try CallsClient(on: bus).sessions()
    }.value
    try await question.value
  }
}
