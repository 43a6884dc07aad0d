// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What is pressed in a call's notification, and what comes of it.
@Suite(.timeLimit(.minutes(1))) struct NotificationActionTests {
  let engines = EngineFolder()

  private static let ended = #"{"type":"state","state":"ended","reason":"hung-up"}"# + "\n"

  @EventLoopActor private static func ends(of session: Session) -> [RecordedEvent] {
    session.record.events.filter { TerminalEvent(rawValue: $0.name) != nil }
  }

  @Test func hungUpTwiceItEndsOnce() async throws {
    try await withCallDesk(engines) { desk in
      let (session, engine, own) = try await desk.call()
      for _ in 0..<2 { try desk.server.press("hang-up.\(session.id)", of: own.id) }
      while await engine.hear(1) != [#"{"type":"leave"}"#] {}
      try desk.server.press("hang-up.\(session.id)", of: own.id)
      #expect(await desk.server.posts.next()?.body == "Hanging up…")
      await engine.say(Self.ended)
      try desk.units.remove(session.record.unit)
      await desk.over(session)
      #expect(Self.ends(of: session).map(\.reason) == ["hung-up"])
      #expect(await desk.server.closed.next() == own.id)
      // It was wanted: nothing is told of it.
      try await desk.peers.settle()
      #expect(desk.server.shown.isEmpty)
    }
  }

  @Test func hungUpWhileTheFarEndDoesItEndsOnce() async throws {
    try await withCallDesk(engines) { desk in
      let (session, engine, own) = try await desk.call()
      // The engine says so before it reads that it is to leave.
      await engine.say(#"{"type":"state","state":"ended","reason":"removed"}"# + "\n")
      try desk.server.press("hang-up.\(session.id)", of: own.id)
      try desk.units.remove(session.record.unit)
      await desk.over(session)
      #expect(Self.ends(of: session).count == 1)
      #expect(["hung-up", "removed"].contains(Self.ends(of: session).first?.reason))
    }
  }

  /// The ladder to its end, its deadlines passed by hand: the service manager keeps the unit, whatever it is told.
  @Test func aCallThatDoesNotEndIsShownUntilItDoes() async throws {
    try await withCallDesk(engines) { desk in
      let (session, _, own) = try await desk.call()
      let unit = BusValue.string(session.record.unit)
      desk.units.requests.clear()
      try desk.server.press("hang-up.\(session.id)", of: own.id)
      #expect(await desk.server.posts.next()?.body == "Hanging up…")
      session.handle(.passed(.leave))
      #expect(await desk.units.requests.next()?.member == "StopUnit")
      for _ in 0..<2 {
        session.handle(.passed(.stop))
        #expect(
          await desk.units.requests.next() == .init(member: "KillUnit", arguments: [unit, .string("all"), .int32(9)]))
      }
      let shown = try #require(await desk.server.posts.next())
      #expect(shown.id == own.id && shown.body.hasSuffix("The call did not end. Try again."))
      // Whoever tries again does not wait for the next round.
      try desk.server.press("hang-up.\(session.id)", of: own.id)
      #expect(await desk.units.requests.next()?.member == "KillUnit")
      try desk.units.remove(session.record.unit)
      await desk.over(session)
      #expect(await desk.server.closed.next() == own.id)
      #expect(Self.ends(of: session).map(\.reason) == ["hung-up"])
    }
  }

  @Test func aTapBringsBackWithTheServersToken() async throws {
    try await withCallDesk(engines) { desk in
      let (session, _, own) = try await desk.call([("return-command", .strings(["/bin/true"]))])
      #expect(own.actions.prefix(2) == ["default", "return.\(session.id)"])
      desk.units.requests.clear()
      for key in ["default", "return.\(session.id)"] {
        try desk.server.press(key, of: own.id, token: "t-\(key)")
        let request = try #require(await desk.units.requests.next())
        #expect(request.member == "StartTransientUnit" && "\(request.arguments[2])".contains("TOKEN=t-\(key)"))
      }
      let tokens = session.record.events.filter { $0.name == "return-requested" }.map(\.activationToken)
      #expect(tokens == ["t-default", "t-return.\(session.id)"])
    }
  }

  @Test func aTargetThatFailsIsToldOfForAMoment() async throws {
    try await withCallDesk(engines) { desk in
      let target = BusValue.structure([.string("org.example.Nobody"), .objectPath("/org/example/Nobody")])
      let (session, _, own) = try await desk.call([("return-dbus", target)])
      try desk.server.press("default", of: own.id)
      let told = try #require(await desk.server.posts.next())
      #expect(told.summary == "Cannot return to the call" && told.transient)
      #expect(told.body.contains("org.example.Nobody was not activated"))
      #expect(session.life.state == .joined && desk.server.shown[own.id] != nil)
    }
  }

  @Test func withNothingToReturnToThereIsNoButton() async throws {
    try await withCallDesk(engines) { desk in
      let (session, _, own) = try await desk.call()
      #expect(own.actions == ["default", "hang-up.\(session.id)"])
      // The tap tells whoever listens.
      try desk.server.press("default", of: own.id)
      try await desk.peers.settle()
      while !session.record.events.contains(where: { $0.name == "return-requested" }) {
        try await desk.peers.settle()
      }
    }
  }
}
