// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// When the notification server is asked to hold others' notifications back. (`test_do_not_disturb.py` has a whole
/// daemon do it, and `Tests/Desktops/run` a real server.)
@Suite(.timeLimit(.minutes(1))) struct QuietRequestTests {
  private typealias Told = RecordingNotificationServer.Told
  private static let capabilities = ["body", "actions", "inhibitions"]

  /// A call that has just been joined, where that is asked for; and the urgency of its notification before.
  private static func joined(
    _ capabilities: [String] = capabilities, asks: Bool = true, uri: String? = "sip:a@h", refuses: Bool = false,
    _ body: @escaping @EventLoopActor @Sendable (NotificationRoom, RecordingNotificationServer) async throws -> Void
  ) async throws {
    try await NotificationRoom.with { record in
      if let uri { (record.spec.uri, record.spec.command) = (uri, nil) }
    } _: { room in
      room.notifications.asksForQuiet = asks
      let server = try await room.server(capabilities)
      #expect(try await room.posted(server).hints["urgency"] == .byte(1))
      if refuses { server.manner = .refusing }
      await room.say("joined")
      #expect(await room.house.event()?.name == "session-joined")
      try await body(room, server)
    }
  }

  @Test func itIsAskedOnceTheCallIsUrgentAndLetsThroughAtItsEnd() async throws {
    try await Self.joined { room, server in
      #expect(try await room.notified(server).hints["urgency"] == .byte(2))
      #expect(await server.told.next() == .inhibit("In a call"))
      try await room.settle()
      await room.hangUp()
      var told: [Told] = []
      while let next = await server.told.next(), next != .uninhibit(RecordingNotificationServer.inhibition) {
        told.append(next)
      }
      #expect(!told.contains { if case .inhibit = $0 { true } else { false } })
    }
  }

  @Test func whatIsTakenBackIsLetThroughAtOnce() async throws {
    try await Self.joined { room, server in
      _ = try await room.notified(server)
      #expect(await server.told.next() == .inhibit("In a call"))
      try await room.settle()
      room.notifications.asksForQuiet = false
      #expect(await server.told.next() == .uninhibit(RecordingNotificationServer.inhibition))
      #expect(try await room.notified(server).hints["urgency"] == .byte(1))
    }
  }

  @Test(
    arguments: [
      (["body", "actions"], true, "sip:a@h"), (capabilities, false, "sip:a@h"), (capabilities, true, nil),
    ] as [([String], Bool, String?)])
  func itIsNotAskedWhereNobodyWantsItOrNobodyCan(_ capabilities: [String], _ asks: Bool, _ uri: String?) async throws {
    try await Self.joined(capabilities, asks: asks, uri: uri) { room, server in
      #expect(try await room.notified(server).hints["urgency"] == .byte(1))
      try await room.settle()
      await room.hangUp()
      while let next = await server.told.next() {
        if case .inhibit = next { Issue.record("it is asked") }
        if case .close = next { return }
      }
    }
  }

  /// It is asked again for the next call, and not before.
  @Test func aServerThatRefusesIsLeftInPeace() async throws {
    try await Self.joined(refuses: true) { room, server in
      #expect(try await room.notified(server).hints["urgency"] == .byte(2))
      #expect(await server.told.next() == .inhibit("In a call"))
      server.manner = .atOnce
      try await room.settle()
      await room.say("joined", muted: true)
      await room.hangUp()
      while let next = await server.told.next() {
        switch next {
        case .inhibit, .uninhibit: Issue.record("it is told \(next)")
        case .close: return
        case .notify: break
        }
      }
    }
  }
}
