// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

@Suite(.timeLimit(.minutes(1))) struct AsyncClientTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  /// Such a task lets others on wherever it waits: the bus, too, which may have the answer already.
  @Test func aTaskThatPrefersAnExecutorHasItsAnswers() async throws {
    daemon.on("SetMuted") { _ in [.reply([])] }
    let client = AsyncClient(
      limit: .seconds(5),
      connect: { [address = bus.address] deadline throws(CallsError) in
        try BusConnection(address: address, until: deadline)
      }, tell: { _ in })
    // Whoever waits behind the question gives the daemon the time to answer it.
    let others = Task { @BusActor in
      while !Task.isCancelled {
        let end = ContinuousClock.now + .milliseconds(2)
        while ContinuousClock.now < end {}
        await Task.yield()
      }
    }
    defer { others.cancel() }
    try await withTaskExecutorPreference(InlineExecutor()) {
      for _ in 0..<20 { try await client.ask(.setMuted(true, "abcd0000")) }
    }
  }
}
