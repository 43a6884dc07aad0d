// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
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
    let client = client.another(startsDaemon: false)
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
    let client = client.another(startsDaemon: false)
    try client.watch()
    daemon.on("EventsSince") { _ in [.vanish] }
    daemon.on("Describe") { _ in
      let details: [String: BusValue] = ["more": .bool(true)]
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
    // That is heard after what the session has asked at its beginning has been answered.
    try daemon.perform(.happen(id, "muted-changed", ["muted": .bool(true)]))
    #expect(await recorder.heard(2) == ["joined", "muted: true"])
    let before = daemon.requests("EventsSince").count
    daemon.on("EventsSince") { request in
      guard request.earlier > before else { return [.restart] }
      let missed = zip(4..., [false, true]).map { number, muted in
        BusValue.structure([
          .uint64(UInt64(number)), .uint64(9), .string(id), .objectPath(BusName.sessionPath(id)),
          .string("muted-changed"), .dictionary(["muted": .bool(muted)]),
        ])
      }
      return [.reply([.array(missed, of: "(ttsosa{sv})")])]
    }
    try daemon.perform(.happen(id, "muted-changed", ["muted": .bool(false)], told: false))
    try daemon.perform(.happen(id, "muted-changed", ["muted": .bool(true)]))
    #expect(await recorder.heard(4) == ["joined", "muted: true", "muted: false", "muted: true"])
    #expect(!wasStarted)
  }
}
