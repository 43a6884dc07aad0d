// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

/// A bus that hangs: nobody waits for longer than was said, and nobody else is blamed.
@Suite(.timeLimit(.minutes(1))) struct SilentBusTests: DaemonSuite {
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(call: DaemonFixture.standUp) }

  private func time(_ body: () async throws -> Void) async rethrows -> Duration {
    try await SuspendingClock().measure { try await body() }
  }

  @Test func connectingToIt() async throws {
    let client = CallsClient(on: bus, limit: .seconds(2))
    let time = try await time {
      try await bus.whileStopped {
        #expect(throws: CallsError.busTimedOut(seconds: 2)) { try client.sessions() }
        #expect(throws: CallsError.self) { try client.session("abcd0000") }
      }
    }
    #expect((.milliseconds(1900)...(.milliseconds(3500))).contains(time))
  }

  @Test func askingByIt() async throws {
    let client = CallsClient(on: bus, limit: .seconds(2))
    _ = try client.sessions()
    let time = try await time {
      try await bus.whileStopped {
        #expect(throws: CallsError.busTimedOut(seconds: 2)) { try client.sessions() }
      }
    }
    #expect((.milliseconds(1500)...(.milliseconds(3500))).contains(time))
  }

  @Test func listeningOnIt() async throws {
    let client = CallsClient(on: bus, limit: .seconds(1))
    _ = try client.sessions()
    try await bus.whileStopped {
      #expect(throws: CallsError.busTimedOut(seconds: 1)) { try client.watch() }
    }
  }

  /// It is the daemon's fault where the bus answers.
  @Test func aDaemonThatHangs() throws {
    daemon.on("GetManagedObjects") { _ in [] }
    let client = CallsClient(on: bus, limit: .seconds(1))
    #expect(throws: CallsError.timedOut(what: "GetManagedObjects", seconds: 1)) { try client.sessions() }
  }

  /// All questions share the time, but for what a person takes between them.
  @Test func oneTimeForAllQuestions() async throws {
    daemon.on("SetMuted") { _ in [] }
    let client = CallsClient(on: bus, limit: .seconds(1))
    let time = await time {
      for _ in 0..<5 {
        #expect(throws: CallsError.timedOut(what: "SetMuted", seconds: 1)) {
          try client.ask(.setMuted(true, "abcd0000"))
        }
      }
    }
    #expect(time < .seconds(2))
    // Each of them was sent all the same.
    #expect(try CallsClient(on: bus).sessions().count == 1)
    #expect(daemon.requests("SetMuted").count == 5)
  }

  /// A client that listens for hours has its time again after each event.
  @Test func whoListensHasItAgain() throws {
    let client = CallsClient(on: bus, limit: .seconds(1))
    try client.watch()
    daemon.on("SetMuted") { _ in [] }
    #expect(throws: CallsError.self) { try client.ask(.setMuted(true, "abcd0000")) }
    _ = try client.nextChange(until: Deadline(in: .milliseconds(1)))
    #expect(try client.sessions().count == 1)
  }

  @Test func anApplicationOnIt() async throws {
    let desk = App.desk(on: bus, limit: .seconds(1))
    try await bus.whileStopped {
      await #expect(throws: CallsError.busTimedOut(seconds: 1)) { try await desk.attach(token: "mine", after: nil) }
    }
    let session = try await desk.join(App.address, SessionSettings(), nil)
    try await bus.whileStopped {
      await #expect(throws: CallsError.busTimedOut(seconds: 1)) { try await session.hold() }
    }
  }
}
