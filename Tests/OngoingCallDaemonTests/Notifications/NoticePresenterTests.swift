// SPDX-License-Identifier: Apache-2.0
import CallModel
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// What a user is told of a call's end.
@Suite(.timeLimit(.minutes(1))) struct NoticePresenterTests {
  let engines = EngineFolder()

  private func kept() -> [String] { Files.names(in: engines.folder["run/notices"]) }

  @Test func aDroppedCallIsToldAndCalledAgain() async throws {
    let kept = { Files.names(in: engines.folder["run/notices"]) }
    try await withCallDesk(engines) { desk in
      let (session, engine, own) = try await desk.call([("title", .string("Stand-up"))])
      try await desk.end(session, engine, "network")
      // The call's own is withdrawn as such.
      #expect(await desk.server.closed.next() == own.id)
      let notice = try await desk.notice()
      #expect(notice.summary == "Call dropped: Stand-up" && notice.id != own.id)
      #expect(notice.body.hasPrefix("The network connection was lost.\nIt lasted 0:0"))
      #expect(notice.actions == ["call-again.\(session.id)"])
      try await desk.peers.settle()
      #expect(kept() == ["\(session.id).json"])

      try desk.server.press("call-again.\(session.id)", of: notice.id)
      #expect(await desk.server.closed.next() == notice.id)
      let again = try #require(await desk.server.posts.next())
      #expect(again.summary == "Stand-up" && again.body == "Calling…")
      #expect(kept() == [])
      #expect(desk.service.live.map(\.spec.title) == ["Stand-up"])
      #expect(desk.service.live.first?.spec.command == session.spec.command)
    }
  }

  @Test func pressedTwiceItIsOneCall() async throws {
    try await withCallDesk(engines) { desk in
      let (session, engine, _) = try await desk.call()
      try await desk.end(session, engine, "network")
      let notice = try await desk.notice()
      for _ in 0..<3 { try desk.server.press("call-again.\(session.id)", of: notice.id) }
      #expect(await desk.server.posts.next()?.body == "Calling…")
      try await desk.peers.settle()
      #expect(desk.service.live.count == 1)
      #expect(desk.started().count == 2)
    }
  }

  /// Neither the tap of a notice nor a button of another's.
  @Test func onlyItsOwnButtonCallsAgain() async throws {
    try await withCallDesk(engines) { desk in
      let (session, engine, _) = try await desk.call()
      try await desk.end(session, engine, "network")
      let notice = try await desk.notice()
      try desk.server.press("call-again.\(session.id)", of: notice.id + 1)
      try desk.server.press("call-again.00000000", of: notice.id)
      try desk.server.press("default", of: notice.id)
      for _ in 0..<2 { try await desk.peers.settle() }
      #expect(desk.service.live.isEmpty && desk.server.shown[notice.id] != nil)
      try desk.server.press("call-again.\(session.id)", of: notice.id)
      #expect(await desk.server.posts.next()?.body == "Calling…")
      #expect(desk.started().count == 2)
    }
  }

  @Test func theNextDaemonKnowsWhatTheButtonIsFor() async throws {
    let engines = engines
    try await withCallDesk(engines) { first in
      let (session, engine, _) = try await first.call()
      try await first.end(session, engine, "network")
      let notice = try await first.notice()
      try await first.peers.settle()
      first.service.observers = []

      let second = try await CallDesk(engines, after: first)
      try await second.service.recover(stored: [])
      // In its place, and not told again, though the session is still remembered.
      #expect(await second.server.posts.next() == notice)
      try await second.peers.settle()
      #expect(second.server.shown.count == 1)
      try second.server.press("call-again.\(session.id)", of: notice.id)
      #expect(await second.server.posts.next()?.body == "Calling…")
      #expect(second.service.live.count == 1)
      second.finish()
    }
  }

  @Test func oneThatWasSeenIsForgotten() async throws {
    let kept = { Files.names(in: engines.folder["run/notices"]) }
    try await withCallDesk(engines) { desk in
      let (session, engine, _) = try await desk.call()
      try await desk.end(session, engine, "network")
      let notice = try await desk.notice()
      try await desk.peers.settle()
      try desk.server.dismiss(notice.id)
      for _ in 0..<2 { try await desk.peers.settle() }
      #expect(desk.notices.isEmpty && kept() == [])
      #expect(desk.server.posts.waiting.isEmpty)
    }
  }

  @Test func anEndThatWasWantedIsToldWhereThatIsWanted() async throws {
    try await withCallDesk(engines) { desk in
      for isTold in [false, true] {
        desk.notices.tellsWantedEnds = isTold
        let (session, engine, own) = try await desk.call()
        try await desk.end(session, engine, "removed")
        #expect(await desk.server.closed.next() == own.id)
        try await desk.peers.settle()
        let told = desk.server.posts.waiting
        #expect(told.map(\.summary) == (isTold ? ["Call ended: engine"] : []))
        #expect(told.allSatisfy { $0.transient && $0.actions == [] })
        #expect(desk.notices.isEmpty && session.record.endIsTold == true)
      }
    }
  }

  @Test func whatCannotBeCalledAgainIsSaid() async throws {
    let engines = engines
    try await withCallDesk(engines) { desk in
      let (session, engine, _) = try await desk.call()
      try await desk.end(session, engine, "network")
      let notice = try await desk.notice()
      Files.remove(engines.folder["engines/command.json"])
      try desk.server.press("call-again.\(session.id)", of: notice.id)
      let told = try #require(await desk.server.posts.next())
      #expect(told.summary == "Cannot place the call again" && told.transient)
      #expect(told.body.contains("there is no engine “command”"))
    }
  }

  @Test func oneApplicationInASandboxDrivesAwayNoNoticeButItsOwn() async throws {
    try await withCallDesk(engines) { desk in
      var notices: [NoticeServer.Shown] = []
      let phone = Sandbox(.flatpak, "org.example.Phone")
      for sandbox in [nil, Sandbox(.flatpak, "org.example.Mail")] + Array(repeating: phone, count: 18) {
        let (session, engine, _) = try await desk.call(of: sandbox)
        try await desk.end(session, engine, "network")
        notices.append(try await desk.notice())
      }
      for _ in 0..<2 { try await desk.peers.settle() }
      let kept = notices.prefix(2) + notices.suffix(Limit.notices.ofSandbox)
      #expect(desk.server.shown.keys.sorted() == kept.map(\.id).sorted())
    }
  }

  @Test func thereAreNotMoreThanCanBeLookedAt() async throws {
    try await withCallDesk(engines) { desk in
      var first: NoticeServer.Shown?
      for _ in 0...Limit.notices.ofUser {
        let (session, engine, _) = try await desk.call()
        try await desk.end(session, engine, "network")
        let notice = try await desk.notice()
        if first == nil { first = notice }
      }
      for _ in 0..<2 { try await desk.peers.settle() }
      #expect(desk.server.shown.count == Limit.notices.ofUser)
      #expect(desk.server.shown[try #require(first).id] == nil)
      desk.notices.withdrawAll()
      for _ in 0..<2 { try await desk.peers.settle() }
      #expect(desk.server.shown.isEmpty && desk.notices.isEmpty)
    }
    #expect(kept() == [])
  }

  @Test func whatIsNotReadableIsRemoved() async throws {
    engines.folder.makeFolder("run")
    engines.folder.makeFolder("run/notices")
    for name in ["7k3m9x2p.json", "not-an-id.json", "7k3m9x2p"] {
      engines.folder.write("{}", to: "run/notices/\(name)")
    }
    let directory = engines.folder["run"]
    let loaded = try await onEventLoop { try NoticeStore(directory: directory, logger: .silent).load() }
    #expect(loaded == [] && kept() == [])
  }
}
