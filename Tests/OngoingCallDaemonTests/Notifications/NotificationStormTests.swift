// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import Logging
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// A notification server that is broken or hostile says everything thousands of times.
@Suite(.timeLimit(.minutes(1))) struct NotificationStormTests {
  private static let presses = 3000

  /// A call that is joined, and the id of its notification.
  @EventLoopActor
  private static func joined(_ room: NotificationRoom, _ server: NotificationRoom.Server) async throws -> UInt32 {
    let id = try await room.posted(server).id
    await room.say("joined")
    _ = try await room.notified(server)
    #expect(await room.house.event()?.name == "session-joined")
    try await room.settle()
    room.house.steps.clear()
    return id
  }

  @EventLoopActor
  private static func records(_ room: NotificationRoom) -> Int {
    room.house.steps.waiting.count { if case .saved = $0 { true } else { false } }
  }

  @Test func theLastPressHoldsAndFewAreWrittenDown() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await Self.joined(room, server)
      for _ in 0..<Self.presses / 2 { for key in ["unmute", "mute"] { try server.press(room.key(key), of: id) } }
      try await room.settle()
      while !room.session.life.startsMuted { try await room.settle() }
      try await EventSource.pause(Wait.betweenWishes * 3)
      #expect(room.session.life.startsMuted && Self.records(room) < 100)
    }
  }

  @Test func onlyButtonsThatThereAreMakeEvents() async throws {
    try await NotificationRoom.with {
      $0.spec.notification = CustomNotification()
      $0.spec.notification?.actions = [.init(key: "hand", label: "Raise hand")]
    } _: { room in
      let server = try await room.server()
      let id = try await Self.joined(room, server)
      for number in 0..<Self.presses { try server.press(room.key("app-x\(number)"), of: id) }
      try server.press(room.key("app-hand"), of: id)
      #expect(await room.house.event()?.action == "hand")
      #expect(Self.records(room) == 1)
    }
  }

  @Test func hangUpDoesNotWaitForItsTurn() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await Self.joined(room, server)
      for key in ["mute", "return", "hang-up"] { try server.press(room.key(key), of: id) }
      while room.session.life.state != .leaving { try await room.settle() }
      #expect(room.house.events.allSatisfy { $0.name != "return-requested" })
    }
  }

  @Test func hangingUpAgainAndAgainIsLittleWork() async throws {
    try await withCallDesk(EngineFolder()) { desk in
      let (session, _, own) = try await desk.call()
      session.handle(.hangUp)
      session.handle(.passed(.leave))
      for _ in 0..<2 { session.handle(.passed(.stop)) }
      desk.units.requests.clear()
      for _ in 0..<Self.presses { try desk.server.press("hang-up.\(session.id)", of: own.id) }
      for _ in 0..<5 { try await desk.peers.settle() }
      let kills = desk.units.requests.waiting.count { $0.member == "KillUnit" }
      #expect(kills > 0 && kills < 100)
      try desk.units.remove(session.record.unit)
      await desk.over(session)
    }
  }

  @Test func pressedAndClosedAgainAndAgainItComesBackOnlySoOften() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let first = try await Self.joined(room, server)
      server.closesWhatIsUsed = true
      try server.press("default", of: first)
      var posts = 0
      while posts < 200, room.notifications.place(of: room.session.id).place != .dismissed {
        guard case .notify(let post) = server.told.waiting.last, post.id != 0, server.shown[post.id] != nil else {
          try await room.settle()
          continue
        }
        posts += 1
        server.told.clear()
        try server.press("default", of: post.id)
      }
      #expect(posts < 200)
    }
  }

  /// No notification has the id 0: it stands for one that is not posted yet.
  @Test func noNoticeIsClosedBeforeItIsPosted() async throws {
    try await withCallDesk(EngineFolder()) { desk in
      let (session, engine, _) = try await desk.call()
      desk.server.isHanging = true
      try await desk.end(session, engine, "network")
      #expect(desk.store.load().count == 1)
      try desk.server.dismiss(0)
      try await desk.peers.settle()
      #expect(desk.store.load().count == 1)
    }
  }

  // MARK: The server itself

  @Test func aServerThatComesAndGoesIsFollowedAtAPace() async throws {
    try await onEventLoop {
      let daemon = try PrivateBus(services: [:])
      let log = LogLines()
      let events = Mailbox<NotificationServer.Event>()
      let bus = try Bus(address: daemon.address, description: "daemon")
      let pauses = ServerSearch.Pauses(change: .milliseconds(100))
      let server = NotificationServer(bus, pauses: pauses, logger: log.logger) { events.put($0) }
      try server.start()
      let rogue = try await RecordingNotificationServer(on: daemon)
      rogue.ownName = "rogue\u{202E}\n" + String(repeating: "e\u{301}", count: 1000)
      for _ in 0..<200 {
        try await rogue.releaseName()
        try await rogue.takeName()
        // There is time to meet it.
        for _ in 0..<4 { try await bus.settle() }
      }
      #expect(events.waiting.count { $0 == .vanished } < 100)
      // It is met once more after all that, and what it says counts.
      try await EventSource.pause(.milliseconds(300))
      try rogue.signal("NotificationClosed", [.uint32(7), .uint32(2)])
      var last: NotificationServer.Event?
      while last != .closed(id: 7, byUser: true) { last = await events.next() }
      #expect(log.lines.count < 60, "\(log.lines.count) lines")
      let named = try #require(log.lines.first { $0.hasPrefix("the notification server is “rogue") })
      #expect(!named.contains("\u{202E}") && !named.contains("\n") && named.unicodeScalars.count < 200)
      withExtendedLifetime(server) {}
    }
  }
}
