// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import CallNotification
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What a user sees of a session, and what becomes of what they press.
@Suite(.timeLimit(.minutes(1))) struct NotificationControllerTests {
  @Test func isPostedUpdatedInPlaceAndWithdrawn() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server(firstID: 41)
      let posted = try await room.posted(server)
      #expect(posted.summary == "Stand-up" && posted.body == "Calling…" && posted.id == 41)
      #expect(
        posted.actions == [
          "default", "Return", room.key("mute"), "Mute", room.key("hang-up"), "Hang up",
        ])
      #expect(posted.hints["urgency"] == .byte(1) && posted.hints["category"] == .string("call"))
      #expect(posted.hints["resident"] == .bool(true) && posted.hints["transient"] == nil)
      #expect(posted.hints["suppress-sound"] == .bool(true))
      #expect(await room.surfaces.next() == .plain)
      await room.say("ringing")
      #expect(try await room.notified(server).body == "Ringing…")
      await room.say("joined", muted: true)
      let muted = try await room.notified(server)
      #expect(muted.body.hasPrefix("Muted · Since "))
      #expect(muted.key("unmute") != nil && muted.key("mute") == nil)
      #expect(posted.hints["x-dunst-stack-tag"] != nil && muted.hints["x-dunst-stack-tag"] == nil)
      #expect(muted.id == 41 && muted.replaced == 41 && muted.timeout == 0)
      await room.engine.say(#"{"type":"state","state":"ended","reason":"removed"}"# + "\n")
      #expect(await server.told.next() == .close(41))
      try await room.settle()
      #expect(server.shown.isEmpty && room.house.saved?.notification == nil)
    }
  }

  @Test(arguments: [nil, []] as [[String]?])
  func aServerWithoutCapabilitiesShowsAllInOneLine(_ capabilities: [String]?) async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server(capabilities)
      let posted = try await room.posted(server)
      #expect(posted.summary == "Stand-up · Calling… · To hang up: ongoingcallctl hangup \(room.session.id)")
      #expect(posted.body == "" && posted.actions == [])
      #expect(room.notifications.surface == .plain)
    }
  }

  @Test func aServerWithoutButtonsSaysHowToHangUp() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server(["body", "persistence"])
      let posted = try await room.posted(server)
      #expect(posted.body == "Calling…\nTo hang up: ongoingcallctl hangup \(room.session.id)")
      #expect(posted.actions == [])
      #expect(room.notifications.surface == .persistent)
    }
  }

  @Test(arguments: [(["body"], "<b>&\"'"), (["body", "body-markup"], "&lt;b&gt;&amp;&quot;&apos;")])
  func onlyServersWithMarkupGetItEscaped(_ capabilities: [String], _ text: String) async throws {
    try await NotificationRoom.with {
      $0.spec.title = "<i>title</i>"
      $0.spec.notification = CustomNotification()
      $0.spec.notification?.text = "<b>&\"'"
    } _: { room in
      let posted = try await room.posted(try await room.server(capabilities))
      #expect(posted.body.hasPrefix(text + "\nCalling…\n"))
      // The specification has no markup there.
      #expect(posted.summary == "<i>title</i>")
    }
  }

  // MARK: Channels

  @Test func ofADeletedChannelItIsAsOneOfTheDefaultAsTheUserHasIt() async throws {
    try await NotificationRoom.with {
      $0.spec.channel = "work"
    } _: { room in
      var usual = NotificationChannel.default
      usual.importance = .low
      try await room.notifications.create(usual)
      try await room.notifications.create(NotificationChannel(id: "work", name: "At work", importance: .max))
      let server = try await room.server()
      let posted = try await room.posted(server)
      #expect(posted.hints["urgency"] == .byte(2))
      try await room.notifications.deleteChannel("work")
      let anew = try await room.notified(server)
      #expect(anew.replaced == posted.id)
      #expect(anew.hints["urgency"] == .byte(0))
      // What names it follows the next one of that name again.
      try await room.notifications.create(NotificationChannel(id: "work", name: "At work", importance: .max))
      #expect(try await room.notified(server).hints["urgency"] == .byte(2))
    }
  }

  // MARK: Buttons

  @Test func hangingUpTwiceIsOneEnd() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      await room.say("joined")
      _ = try await room.notified(server)
      for _ in 0..<2 { try server.press(room.key("hang-up"), of: id) }
      #expect(try await room.notified(server).body == "Hanging up…")
      #expect(await room.heard(#"{"type":"leave"}"#))
      await room.engine.say(#"{"type":"state","state":"ended","reason":"aborted"}"# + "\n")
      #expect(await server.told.next() == .close(id))
      try await room.settle()
      #expect(room.house.events.map(\.name) == ["session-joined", "session-left"])
      #expect(room.house.events.last?.reason == "hung-up")
    }
  }

  /// As GNOME Shell tells it: once for each Notify that it had.
  @Test func onePressIsOneReturnHoweverOftenItIsTold() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      for _ in 0..<5 { try server.press("default", of: id) }
      try server.press(room.key("mute"), of: id)
      #expect(await room.heard(#"{"muted":true,"type":"set-muted"}"#))
      try await room.settle()
      #expect(room.house.events.map(\.name) == ["return-requested"])
    }
  }

  @Test func mutingIsAskedOfTheEngine() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      await room.say("joined")
      _ = try await room.notified(server)
      try server.press(room.key("mute"), of: id)
      #expect(await room.heard(#"{"muted":true,"type":"set-muted"}"#))
      try server.press(room.key("unmute"), of: id)
      #expect(await room.heard(#"{"muted":false,"type":"set-muted"}"#))
    }
  }

  @Test(arguments: ["default", "return"])
  func returningIsAnEventWithTheToken(_ key: String) async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      // A token for another notification is not this one's.
      try server.signal("ActivationToken", [.uint32(99), .string("wrong")])
      for token in [nil, "a"] {
        try server.press(key == "default" ? key : room.key(key), of: id, token: token)
        let event = await room.house.event()
        #expect(event?.name == "return-requested" && event?.activationToken == token)
      }
    }
  }

  @Test func whatIsSaidOfOthersNotificationsOrByOthersIsNotHeard() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      let foreign = id + 7
      for key in ["default", room.key("hang-up"), room.key("return"), "hang-up.00000000", "nonsense", ""] {
        try server.press(key, of: foreign)
      }
      try server.signal("NotificationClosed", [.uint32(foreign), .uint32(2)])
      try server.signal("NotificationClosed", [.uint32(0), .uint32(2)])
      // The key of another session, of ours; signals that are not as they should be.
      try server.press("hang-up.00000000", of: id)
      try server.signal("ActionInvoked", [.string("hang-up")])
      try server.signal("ActionInvoked", [.uint32(id)])
      try server.signal("NotificationClosed", [])
      // And from somebody who is not the server.
      let path = "/org/freedesktop/Notifications"
      for (member, argument) in [
        ("ActionInvoked", BusValue.string(room.key("hang-up"))), ("NotificationClosed", .uint32(2)),
      ] {
        try room.house.peers.client.emit(
          path: path, interface: RecordingNotificationServer.name, member: member, [.uint32(id), argument])
      }
      try await room.settle()
      // The first that is heard is the first that is meant.
      try server.press(room.key("return"), of: id)
      #expect(await room.house.event()?.name == "return-requested")
      #expect(room.house.events.count == 1 && room.session.life.state == .launching)
      #expect(server.told.waiting == [] && server.shown[id] != nil)
    }
  }

  // MARK: Dismissed

  @Test(arguments: [1, 2, 3, 4] as [UInt32])
  func dismissedOrExpiredItComesBackAfterThePause(_ reason: UInt32) async throws {
    try await NotificationRoom.with(dismissalPause: .milliseconds(20)) { room in
      let server = try await room.server()
      for _ in 0..<3 {
        let id = try await room.posted(server).id
        try server.close(id, reason: reason)
      }
      _ = try await room.posted(server)
      #expect(server.shown.count == 1 && room.session.life.state == .launching)
    }
  }

  @Test func duringThePauseItStaysAway() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      try server.close(try await room.posted(server).id)
      try await room.settle()
      await room.say("joined")
      #expect(await room.house.event()?.name == "session-joined")
      try await room.settle()
      #expect(server.told.waiting == [])
      #expect(server.shown.isEmpty)
    }
  }

  @Test func aServerThatClosesWhatWasUsedGetsItAtOnce() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.closesWhatIsUsed = true
      for _ in 0..<3 {
        let id = try await room.posted(server).id
        try server.press("default", of: id)
        #expect(await room.house.event()?.name == "return-requested")
      }
      _ = try await room.posted(server)
      #expect(server.shown.count == 1)
    }
  }
}
