// SPDX-License-Identifier: Apache-2.0
import Glibc
import OngoingCallNames
import OngoingCallTestSupport
import Testing

@testable import OngoingCall

/// A daemon that the user stops just as somebody who looks on asks it: it stays stopped.
@Suite(.timeLimit(.minutes(1))) struct StoppedDaemonTests: DaemonSuite {
  let folder = TemporaryFolder()
  let fixture: DaemonFixture

  init() throws { fixture = try DaemonFixture(startedBy: "/bin/touch \(folder["started"])") }

  /// By the bus, which is asked to start it in the time of an answer from it.
  private var wasStarted: Bool { access(folder["started"], F_OK) == 0 }

  @Test func aQuestionOfWhoLooksOnFails() throws {
    client.startsDaemon = false
    daemon.on("GetManagedObjects") { _ in [.vanish] }
    #expect(throws: CallsError.daemonVanished(what: "GetManagedObjects")) { try client.sessions() }
    #expect(throws: CallsError.daemonVanished(what: "GetManagedObjects")) { try client.sessions() }
    #expect(!wasStarted)
    // The same bus starts it for who does not only look on.
    let another = CallsClient(on: bus, limit: .seconds(1))
    #expect(throws: CallsError.self) { try another.sessions() }
    #expect(wasStarted)
  }

  @Test func anEventIsToldWithWhatIsKnown() throws {
    try client.watch()
    client.startsDaemon = false
    daemon.on("EventsSince") { _ in [.vanish] }
    daemon.on("Describe") { _ in
      let details: [String: BusValue] = [EventDetail.more: .bool(true)]
      return [.event("abcd0000", "session-left", sequence: 7, details: details), .reply([.string("{}")])]
    }
    _ = try client.describe()
    guard case .happening(let event)? = try client.nextChange(until: Deadline(in: .seconds(20))) else {
      Issue.record("no event")
      return
    }
    #expect(event.name == "session-left" && event.sequence == 7)
    #expect(try client.nextChange(until: Deadline(in: .seconds(20))) == .daemonChanged)
    #expect(!client.daemonIsThere)
    #expect(!wasStarted)
  }

  @Test func whoWaitsForACallWaits() throws {
    daemon.on("GetAll") { _ in [.vanish] }
    #expect(try client.wait(for: "abcd0000", within: .milliseconds(100), until: \.hasJoined) == nil)
    #expect(!wasStarted)
  }

  @Test func anApplicationHearsOfTheNextDaemon() async throws {
    let recorder = Recorder()
    let desk = App.desk(on: bus)
    desk.session.addSessionStatusListener(recorder)
    let session = try await desk.join(App.address, SessionSettings(), nil)
    let id = try #require(session.id)
    try daemon.perform(.happen(id, "session-joined"))
    #expect(await recorder.heard(1) == ["joined"])
    daemon.on("EventsSince") { _ in [.vanish] }
    try daemon.perform(.happen(id, "muted-changed", ["muted": .bool(true)], told: false))
    try daemon.perform(.happen(id, "muted-changed", ["muted": .bool(false)]))
    let observer = try BusConnection(address: bus.address)
    while try observer.owner(of: BusName.service, until: Deadline(in: .seconds(20))) != nil {
      try await Task.sleep(for: .milliseconds(1))
    }
    let next = try ScriptedDaemon(on: bus)
    next.set(id, ["State": .string("joined"), "JoinedAt": .uint64(9)])
    try next.perform(
      .happen(id, "session-launched", told: false), .happen(id, "session-joined", told: false),
      .happen(id, "muted-changed", ["muted": .bool(true)], told: false),
      .happen(id, "session-left", ["reason": .string("removed")]))
    #expect(await recorder.heard(3) == ["joined", "muted: true", "left: removed"])
    #expect(!wasStarted)
  }
}
