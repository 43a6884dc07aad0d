// SPDX-License-Identifier: Apache-2.0
import CallModel
import CallNotification
import Logging
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Servers that are slow, hang, refuse, crash and come back; daemons that do.
@Suite(.timeLimit(.minutes(1))) struct NotificationServerTests {
  @Test func absentAtFirstItIsToldAsSoonAsItIsThere() async throws {
    try await NotificationRoom.with { room in
      try await room.settle()
      #expect(room.notifications.surface == .none)
      let server = try await room.server()
      _ = try await room.posted(server)
      #expect(room.notifications.surface == .plain)
    }
  }

  @Test(arguments: [1, 2, 3])
  func aServerThatIsStillStartingIsAskedAgain(_ unready: Int) async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.unready = unready
      let posted = try await room.posted(server)
      #expect(posted.key("hang-up") != nil && room.notifications.surface == .plain)
      #expect(room.notifications.place(of: room.session.id).server == "recorder")
    }
  }

  @Test func anApplicationThatMayHaveOnlyAFewIsOneForEachCall() async throws {
    try await NotificationRoom.with { room in
      let usual = try await room.server()
      #expect(try await room.posted(usual).application == "OngoingCall")
      usual.crash()
      let shell = try await room.server(name: "gnome-shell")
      #expect(try await room.posted(shell).application == "OngoingCall (\(room.session.id))")
    }
  }

  @Test(arguments: [("recorder", true), ("cinnamon", false), ("lxqt-notificationd", false)])
  func anImageIsBesideTheIconWhereBothAreShown(_ name: String, _ areBoth: Bool) async throws {
    let face = "/srv/face.png"
    try await NotificationRoom.with { record in
      record.spec.notification = CustomNotification()
      record.spec.notification?.icon = face
    } _: { room in
      let posted = try await room.posted(try await room.server(name: name))
      #expect(posted.icon == (areBoth ? ApplicationIcon.known : face))
      #expect(posted.hints["image-path"] == (areBoth ? .string(face) : nil))
    }
  }

  @Test func theNextServerGetsItAnew() async throws {
    try await NotificationRoom.with { room in
      var old = try await room.server(firstID: 7)
      #expect(try await room.posted(old).id == 7)
      for _ in 0..<3 {
        old.crash()
        let next = try await room.server()
        // Its ids begin anew, and the old ones' mean nothing to it.
        #expect(try await room.posted(next).id == 1)
        try next.press(room.key("hang-up"), of: 7)
        try next.press(room.key("return"), of: 1)
        #expect(await room.house.event()?.name == "return-requested")
        #expect(next.shown.count == 1)
        old = next
      }
      #expect(room.house.events.allSatisfy { $0.name == "return-requested" })
    }
  }

  @Test func aServerThatAnotherReplacesHasNothingToSayAnyMore() async throws {
    try await NotificationRoom.with { room in
      let old = try await room.server()
      let id = try await room.posted(old).id
      try await old.releaseName()
      let next = try await room.server(firstID: id)
      #expect(try await room.posted(next).id == id)
      try old.press(room.key("hang-up"), of: id)
      try old.close(id)
      try await room.settle()
      #expect(next.told.waiting == [] && room.house.events.isEmpty)
    }
  }

  @Test func aServerThatDiesBeforeItAnswersLeavesItToTheNext() async throws {
    try await NotificationRoom.with { room in
      let dying = try await room.server()
      dying.manner = .dying
      #expect(try await room.notified(dying).replaced == 0)
      let next = try await room.server()
      _ = try await room.posted(next)
      #expect(next.shown.count == 1)
    }
  }

  @Test func aServerThatRefusesIsAskedAgain() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.manner = .refusing
      #expect(try await room.notified(server).replaced == 0)
      #expect(await room.surfaces.next() == .plain)
      // It is there, and shows nothing.
      #expect(await room.surfaces.next() == NotificationSurface.none)
      #expect(room.notifications.place(of: room.session.id).place == .none)
      server.manner = .atOnce
      _ = try await room.posted(server)
      #expect(server.shown.count == 1)
      #expect(await room.surfaces.next() == .plain)
    }
  }

  @Test func whatIsClosedRightAfterTheAnswerIsKnownToBeGone() async throws {
    try await NotificationRoom.with(dismissalPause: .milliseconds(20)) { room in
      let server = try await room.server()
      for _ in 0..<20 {
        server.manner = .closing(2)
        #expect(try await room.notified(server).replaced == 0)
      }
      server.manner = .atOnce
      _ = try await room.notified(server)
      try await room.settle()
      #expect(server.shown.count == 1)
    }
  }

  // MARK: Slow, and hanging

  @Test func aSlowServerIsToldTheNewestNext() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.manner = .shownButUnanswered
      #expect(try await room.notified(server).body == "Calling…")
      await room.say("ringing")
      await room.say("joined")
      #expect(await room.house.event()?.name == "session-ringing")
      #expect(await room.house.event()?.name == "session-joined")
      try await room.settle()
      #expect(server.told.waiting == [])
      server.goOn()
      let next = try await room.notified(server)
      #expect(next.body.hasPrefix("Since ") && next.replaced == 1)
      try await room.settle()
      #expect(server.told.waiting == [] && server.shown.count == 1)
    }
  }

  @Test func aServerThatHangsIsNoneUntilItAnswers() async throws {
    try await NotificationRoom.with(patience: .milliseconds(50)) { room in
      let server = try await room.server()
      _ = try await room.posted(server)
      #expect(await room.surfaces.next() == .plain)
      server.manner = .hanging
      await room.say("ringing")
      #expect(await room.surfaces.next() == NotificationSurface.none)
      // The call goes on meanwhile, and is not waited for.
      await room.say("joined")
      #expect(await room.house.event()?.name == "session-ringing")
      #expect(await room.house.event()?.name == "session-joined")
      server.goOn()
      #expect(await room.surfaces.next() == .plain)
      #expect(try await room.notified(server).body == "Ringing…")
      #expect(try await room.notified(server).body.hasPrefix("Since "))
      try await room.settle()
      #expect(server.shown.count == 1)
    }
  }

  @Test func aServerThatHangsFromTheBeginningIsNone() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.manner = .hanging
      try await room.settle()
      #expect(room.notifications.surface == .none)
      server.goOn()
      _ = try await room.posted(server)
      #expect(room.notifications.surface == .plain)
    }
  }

  @Test func whatAHangingServerShowsOfAForgottenSessionIsTakenAway() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.manner = .shownButUnanswered
      let id = try await room.notified(server).id
      await room.hangUp()
      #expect(await room.house.event()?.name == "session-left")
      let saved = room.house.saved
      room.notifications.sessionWillDisappear(room.session)
      server.goOn()
      #expect(await server.told.next() == .close(id))
      try await room.settle()
      #expect(server.shown.isEmpty)
      // Its record is gone; nothing writes it again.
      #expect(room.house.saved == saved)
    }
  }

  // MARK: The next daemon

  @Test(arguments: [false, true])
  func theNextDaemonReplacesItInPlace(_ knowingTheServer: Bool) async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      for _ in 0..<3 {
        try room.killDaemon()
        try await room.startDaemon(knowingTheServer: knowingTheServer)
        let again = try await room.notified(server)
        #expect(again.replaced == id && again.id == id && again.timeout == 0)
        try await room.settle()
        try server.press(room.key("return"), of: id)
        #expect(await room.house.event()?.name == "return-requested")
        #expect(server.shown.count == 1)
      }
    }
  }

  @Test func whatIsStillAsTheLastDaemonPostedItIsNotPostedAgain() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server(name: "mako")
      let id = try await room.posted(server).id
      try room.killDaemon()
      try await room.startDaemon()
      while room.notifications.surface == .none { try await room.settle() }
      try await room.settle()
      #expect(server.told.waiting == [] && Array(server.shown.keys) == [id])
      try server.press(room.key("return"), of: id)
      #expect(await room.house.event()?.name == "return-requested")
    }
  }

  /// As GNOME Shell takes it away.
  @Test func whatWentWithTheDaemonIsPostedAgain() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      try room.killDaemon()
      try server.close(id)
      try await room.startDaemon()
      let again = try await room.notified(server)
      #expect(again.replaced == id && again.id == id + 1 && again.timeout == 0)
      #expect(server.shown.count == 1)
    }
  }

  @Test(arguments: [false, true])
  func aDaemonThatDiesBeforeTheAnswerLeavesNothingThatStays(_ keepsOnePerTag: Bool) async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server(name: keepsOnePerTag ? "mako" : "Xfce Notify Daemon")
      server.keepsOnePerTag = keepsOnePerTag
      server.manner = .shownButUnanswered
      let lost = try await room.notified(server).id
      try room.killDaemon()
      server.goOn()
      try await room.startDaemon()
      let known = try await room.notified(server).id
      try await room.settle()
      #expect(known != lost && server.shown.count == (keepsOnePerTag ? 1 : 2))
      try server.expire()
      try await room.settle()
      #expect(Array(server.shown.keys) == [known])
      #expect(room.house.saved?.notification?.id == known)
    }
  }

  @Test func theButtonsOfALostOneWorkAndTakeItAway() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.manner = .shownButUnanswered
      let lost = try await room.notified(server).id
      try room.killDaemon()
      server.goOn()
      try await room.startDaemon()
      let known = try await room.posted(server).id
      try server.press(room.key("return"), of: lost)
      #expect(await room.house.event()?.name == "return-requested")
      #expect(await server.told.next() == .close(lost))
      try await room.settle()
      #expect(Array(server.shown.keys) == [known])
    }
  }

  @Test func whatIsPressedBeforeTheDaemonKnowsTheServerCounts() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      try room.killDaemon()
      server.manner = .hanging
      try await room.startDaemon()
      try await room.settle()
      try server.press(room.key("return"), of: id)
      try await room.settle()
      server.goOn()
      #expect(await room.house.event()?.name == "return-requested")
    }
  }

  @Test func whatWasLeftOfACallThatHasEndedIsTakenAway() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      try room.killDaemon()
      await room.hangUp()
      #expect(await room.house.event()?.name == "session-left")
      try await room.startDaemon()
      #expect(await server.told.next() == .close(id))
      try await room.settle()
      #expect(server.shown.isEmpty && server.told.waiting == [])
    }
  }

  // MARK: The last daemon

  @Test func aDaemonThatStopsTakesItAwayFirst() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      let id = try await room.posted(server).id
      server.manner = .shownButUnanswered
      await room.say("ringing")
      #expect(try await room.notified(server).body == "Ringing…")
      await room.hangUp()
      while await room.house.event()?.name != "session-left" {}
      EventLoopActor.task { server.goOn() }
      await room.notifications.takeAway(within: .seconds(3600))
      #expect(await server.told.next() == .close(id))
    }
  }

  @Test func aDaemonThatStopsDoesNotWaitForAServerThatHangs() async throws {
    try await NotificationRoom.with { room in
      let server = try await room.server()
      server.manner = .shownButUnanswered
      _ = try await room.notified(server)
      await room.hangUp()
      #expect(await room.house.event()?.name == "session-left")
      await room.notifications.takeAway(within: .milliseconds(50))
      #expect(server.told.waiting == [] && server.shown.count == 1)
    }
  }
}
