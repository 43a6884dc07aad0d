// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Synchronization
import Testing

@testable import OngoingCall

/// No event is lost or doubled, whoever was away.
@Suite(.timeLimit(.minutes(1))) struct EventFeedTests {
  let app: App
  let recorder = Recorder()

  init() throws { app = try App() }

  private func join(_ settings: SessionSettings = SessionSettings()) async throws -> (CallSession, String) {
    app.desk.session.addSessionStatusListener(recorder)
    return try await app.join(settings)
  }

  @Test func aDaemonThatIsReplacedBetweenEveryTwoEvents() async throws {
    let (session, id) = try await join()
    for (name, details) in [
      ("session-joined", [:]), ("connection-lost", ["reason": .string("network")]), ("connection-restored", [:]),
    ] as [(String, [String: BusValue])] {
      try app.happen(id, name, details)
      try app.daemon.perform(.restart)
    }
    try await session.muteAudio()
    try app.daemon.perform(.restart)
    try await session.leaveSession()
    #expect(await recorder.heard(5) == ["joined", "lost: network", "restored", "muted: true", "left: hung-up"])
  }

  @Test func whatNobodyWasToldIsAskedFor() async throws {
    let (_, id) = try await join()
    try app.happen(id, "session-joined")
    #expect(await recorder.heard(1) == ["joined"])
    try app.daemon.perform(.happen(id, "connection-lost", ["reason": .string("network")], told: false))
    try app.daemon.perform(.happen("another0", "session-joined", told: false))
    try app.happen(id, "connection-restored")
    #expect(await recorder.heard(3) == ["joined", "lost: network", "restored"])
    // By whoever comes next, who says nothing of it itself.
    try app.daemon.perform(.happen(id, "session-left", ["reason": .string("removed")], told: false), .restart)
    #expect(await recorder.heard(4).last == "left: removed")
  }

  @Test func whatIsToldTwiceIsHeardOnce() async throws {
    let (_, id) = try await join()
    try app.daemon.perform(
      .happen(id, "session-joined"), .event(id, "session-joined", sequence: 2),
      .event(id, "session-joined", sequence: 1), .happen(id, "session-left", ["reason": .string("removed")]),
      .event(id, "session-left", sequence: 3))
    #expect(await recorder.heard(2) == ["joined", "left: removed"])
    #expect(await recorder.heard.count == 2)
  }

  @Test func aBusThatClosesTheConnection() async throws {
    let other = try PrivateBus(services: [BusName.service: "/bin/true"])
    let daemon = try ScriptedDaemon(on: other)
    let addresses = Addresses([app.bus.address, other.address])
    let desk = CallCoordinator { _ throws(CallsError) in try BusConnection(address: addresses.next()) }
    desk.session.addSessionStatusListener(recorder)
    let session = try await desk.join(App.address, SessionSettings(), nil)
    let id = try #require(session.id)
    try app.happen(id, "session-joined")
    #expect(await recorder.heard(1) == ["joined"])
    // The daemon is on the next bus, with the same call.
    daemon.set(id, ["State": .string("joined"), "Muted": .bool(true)])
    try daemon.perform(
      .happen(id, "session-launched", told: false), .happen(id, "session-joined", told: false),
      .happen(id, "muted-changed", ["muted": .bool(true)], told: false))
    app.bus.stop()
    #expect(await recorder.heard(2) == ["joined", "muted: true"])
    try await session.unMuteAudio()
    try daemon.perform(.happen(id, "session-left", ["reason": .string("removed")]))
    #expect(await recorder.heard(4) == ["joined", "muted: true", "muted: false", "left: removed"])
  }

  @Test func aDaemonThatHasForgottenTheCall() async throws {
    let (session, id) = try await join()
    try app.happen(id, "session-joined")
    #expect(await recorder.heard(1) == ["joined"])
    // That is heard after what the session has asked at its beginning has been answered.
    try app.happen(id, "muted-changed", ["muted": .bool(true)])
    #expect(await recorder.heard(2) == ["joined", "muted: true"])
    app.daemon.loseHistory()
    try app.daemon.perform(.forget(id), .restart)
    #expect(await recorder.heard(4) == ["joined", "muted: true", "forgotten", "closed: forgotten"])
    #expect(session.state == .ended)
  }

  @Test func aDaemonThatHasForgottenEventsSaysSo() async throws {
    let (session, id) = try await join()
    try app.happen(id, "session-joined")
    #expect(await recorder.heard(1) == ["joined"])
    app.daemon.on("EventsSince") { request in
      let forgotten: [BusValue] = [
        .uint64(40), .uint64(0), .string(""), .objectPath("/"), .string(BusName.eventsForgotten), .dictionary([:]),
      ]
      let isBehind = request.arguments[0].asUInt64.map { $0 < 40 } ?? false
      return [.reply([.array(isBehind ? [.structure(forgotten)] : [], of: "(ttsosa{sv})")])]
    }
    app.daemon.set(id, ["State": .string("reconnecting"), "OnHold": .bool(true)])
    try app.daemon.perform(.event(id, "connection-restored", sequence: 40))
    try app.daemon.perform(.event(id, "connection-restored", sequence: 41))
    #expect(await recorder.heard(3) == ["joined", "forgotten", "restored"])
    // What is the case is known all the same, and how it ends.
    #expect(session.isOnHold)
    app.daemon.set(id, ["State": .string("ended"), "EndReason": .string("network"), "JoinedAt": .uint64(9)])
    try app.daemon.perform(.restart)
    #expect(await session.events.first { $0.end != nil }?.end?.reason == .network)
  }

  // MARK: Attaching

  @Test func anApplicationThatWasAwayHearsWhatItHasMissed() async throws {
    let (session, id) = try await join(SessionSettings(token: "mine"))
    try app.happen(id, "session-joined")
    let heard = try #require(await session.events.first { $0.kind == .joined })
    try app.happen(id, "connection-lost", ["reason": .string("network")])
    app.daemon.set(id, ["State": .string("reconnecting")])

    let again = app.again()
    let second = Recorder()
    let found = try #require(try await again.attach(token: "mine", after: heard.sequence))
    #expect(found === again.session && found.id == id && found.token == "mine" && found.state == .reconnecting)
    found.addSessionStatusListener(second)
    try app.happen(id, "connection-restored")
    #expect(await second.heard(2) == ["lost: network", "restored"])
    #expect(try await again.attach(token: "mine", after: nil) === found)
    await #expect(throws: CallsError.alreadyInSession) { _ = try await again.attach(token: "other", after: nil) }
    // It was launched, by whoever was there before.
    try await again.abort(CallContext())
    #expect(await second.heard(3).last == "left: aborted")
  }

  @Test func oneThatDoesNotKnowWhatItHasHeardHearsOfWhatComes() async throws {
    let (_, id) = try await join(SessionSettings(token: "mine"))
    try app.happen(id, "session-joined")
    app.daemon.set(id, ["State": .string("joined"), "Muted": .bool(true)])
    let again = app.again()
    let found = try #require(try await again.attach(token: "mine", after: nil))
    #expect(found.state == .joined && found.isAudioMuted)
    let second = Recorder()
    found.addSessionStatusListener(second)
    try app.happen(id, "session-left", ["reason": .string("removed")])
    #expect(await second.heard(1) == ["left: removed"])
  }

  @Test func aCallThatHasEndedMeanwhileSaysHow() async throws {
    let (session, _) = try await join(SessionSettings(token: "mine"))
    try await session.leaveSession()
    let again = app.again()
    let second = Recorder()
    let found = try #require(try await again.attach(token: "mine", after: nil))
    found.addSessionStatusListener(second)
    #expect(await second.heard(1) == ["left: hung-up"])
    #expect(found.state == .ended)
  }

  @Test(arguments: ["", "other", "a\0b"])
  func aCallThatIsNotThere(token: String) async throws {
    _ = try await app.join()
    app.daemon.set("abcd0009", ["State": .string("joined")])
    #expect(try await app.again().attach(token: token, after: nil) == nil)
  }
}

/// One bus after the other; the last stays.
private final class Addresses: Sendable {
  private let left: Mutex<[String]>

  init(_ addresses: [String]) { left = Mutex(addresses) }

  func next() -> String { left.withLock { $0.count > 1 ? $0.removeFirst() : $0[0] } }
}
