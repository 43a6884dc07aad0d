// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite(.timeLimit(.minutes(1))) struct TransferTests: CallsSuite {
  let engines = EngineFolder()
  private static let third = "sip:third@example.org"
  private static let target = third + "?Replaces=secret%3Bto-tag%3Da%3Bfrom-tag%3Db&Referred-By=sip%3Ab%40h"

  /// A joined call, and its engine, which answers all that it is asked.
  @EventLoopActor
  private final class Line {
    let session: Session
    let end: EngineEnd

    init(_ session: Session, _ end: EngineEnd) { (self.session, self.end) = (session, end) }

    func joined(_ more: String = "") async throws {
      await end.say(#"{"type":"state","state":"joined","resume":"r"\#(more)}"# + "\n")
    }

    func asks(_ target: String?) async throws {
      try await joined(target.map { #","transfer-request":"\#($0)""# } ?? "")
      await until { self.session.life.reported.transferRequest == target }
    }

    /// The next request of that type, when the daemon knows what the engine thinks of it.
    func takes(_ type: String, saying answer: String = "") async -> String? {
      var taken: String?
      while let line = await end.hear(1).first {
        if line.contains(#""type":"\#(type)""#) {
          taken = line
          await end.say(answer)
        }
        guard line.contains(#""type":"ping""#), let serial = line.split(separator: ":")[1].split(separator: ",").first
        else { continue }
        await end.say(#"{"type":"pong","serial":\#(serial)}"# + "\n")
        if taken != nil { return taken }
      }
      return nil
    }
  }

  private func house(_ body: @escaping @EventLoopActor @Sendable (Calls) async throws -> Void) async throws {
    engines.install(
      EngineDescriptor(
        name: "sip", command: [engines.program, "-x"], schemes: ["sip", "sips"],
        capabilities: ["mute", "transfer", "resume"], settings: ["identity", "record-file"]))
    try await calls(body)
  }

  @EventLoopActor
  private static func line(_ calls: Calls, _ options: [String: BusValue] = [:]) async throws -> Line {
    let all = ["uri": BusValue.string("sip:b@example.org")].merging(options) { $1 }
    let session = try await calls.launch(all).get()
    let line = Line(session, try calls.engine(of: session))
    try await line.joined()
    await until { session.life.hasJoined }
    return line
  }

  /// The call that was launched for the far end of another.
  @EventLoopActor
  private static func launched(_ calls: Calls, for line: Line) async throws -> Line {
    func its() -> Session? { calls.service.live.first { $0.spec.referral?.session == line.session.id.description } }
    await until { its() != nil }
    let launched = try #require(its())
    return Line(launched, try calls.engine(of: launched))
  }

  // MARK: Asking

  @Test(
    arguments: [
      ("sip:c@example.net", "sip:c@example.net"), ("sips:c@h", "sips:c@h"), ("alice", nil), ("030 123", nil),
      ("tel:+49301", nil), ("https://example.org/", nil), ("sip:c@h?Replaces=x", nil), ("", nil), ("sip:a:b@h", nil),
    ] as [(String, String?)])
  func whatIsAskedForIsChecked(_ written: String, _ target: String?) async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      let answers = Mailbox<CallRefusal?>()
      do throws(CallRefusal) {
        try line.session.transfer(to: written) { answers.put($0) }
        #expect(target != nil, "\(written)")
      } catch {
        #expect(target == nil && error.name == BusErrorName.invalidOption, "\(error)")
        return
      }
      let asked = await line.takes("transfer")
      #expect(asked?.contains(#""target":"\#(target ?? "")""#) == true)
      #expect(await answers.next() == .some(nil))
    }
  }

  @Test func numbersAndNamesGoThroughTheAccountOfTheCall() async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      var record = line.session.record
      record.spec.accountSettings = try Account([
        ("address", .string("sip:me@example.net")), ("country-code", .string("49")),
      ])
      record.spec.account = "me"
      let session = Session(record, id: line.session.id, host: calls.service, logger: .silent)
      let (daemon, end) = EngineEnd.pair()
      try session.connect(daemon, takenOver: false)
      for (written, target) in [("alice", "sip:alice@example.net"), ("030 1", "sip:+49301@example.net")] {
        try session.transfer(to: written) { _ in }
        #expect(await Line(session, end).takes("transfer")?.contains(#""target":"\#(target)""#) == true)
      }
    }
  }

  @Test func whyItFailsIsAnAnswerAtFirstAndThenAnEvent() async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      let answers = Mailbox<CallRefusal?>()
      let refusal = #"{"type":"error","code":"failed","request":"transfer","message":"it is 486"}"# + "\n"
      try line.session.transfer(to: Self.third) { answers.put($0) }
      _ = await line.takes("transfer", saying: refusal)
      #expect(await answers.next() == .engineFailed("it is 486"))
      #expect(!line.session.record.events.contains { $0.name == "transfer-failed" })
      await line.end.say(refusal)
      await until { line.session.record.events.last?.name == "transfer-failed" }
      #expect(line.session.record.events.last?.detail == "it is 486")
    }
  }

  @Test func twoCallsAreConnectedByWhatIsShownToNobody() async throws {
    try await house { calls in
      let (line, other) = (try await Self.line(calls), try await Self.line(calls))
      #expect(throws: CallRefusal.self) { try line.session.transfer(to: line.session) { _ in } }
      let early = #expect(throws: CallRefusal.self) { try line.session.transfer(to: other.session) { _ in } }
      #expect(early?.name == BusErrorName.notSupported)
      try await other.joined(#","transfer-target":"\#(Self.target)""#)
      await until { other.session.transferTarget != nil }
      try line.session.transfer(to: other.session) { _ in }
      #expect(await line.takes("transfer")?.contains("Replaces=secret") == true)
      #expect(!"\(other.session.record)\(line.session.record)".contains("secret"))
      #expect(!calls.told.lines.contains { $0.contains("secret") })
    }
  }

  @Test func anEngineThatCannotIsNotAsked() async throws {
    try await calls { calls in
      let session = try await calls.launch(["uri": .string("sip:b@example.org")]).get()
      let lacks = CallRefusal.notSupported("the engine “sip” of \(session.id) cannot do this (it lacks “transfer”)")
      #expect(throws: lacks) { try session.transfer(to: Self.third) { _ in } }
      await #expect(throws: lacks) { _ = try await session.answerTransfer(true, to: Self.third) }
    }
  }

  // MARK: Being asked

  @Test func theUserIsToldWhomAndNothingElse() async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      await #expect(throws: CallRefusal.notSupported("the far end of \(line.session.id) does not ask for a transfer")) {
        _ = try await line.session.answerTransfer(true, to: Self.third)
      }
      try await line.asks(Self.target)
      let event = line.session.record.events.last
      #expect(event?.name == "transfer-requested" && event?.detail == Self.third)
      #expect(event?.details.announcement == .dictionary(["more": .bool(true)]))
      #expect(line.session.record.info.transferRequest == Self.third)
      #expect(!"\(line.session.record.shown)".contains("secret"))
      #expect(calls.store.load().records.map(\.life) == [line.session.life])
      try await line.asks("sip:a?b@h?Replaces=secret")
      #expect(line.session.record.info.transferRequest == "sip:a?b@h")
      try await line.asks(nil)
      #expect(line.session.record.events.last?.name == "transfer-request-ended")
      #expect(line.session.record.info.transferRequest.isEmpty)
    }
  }

  /// The far end has asked for another, while the user was reading.
  @Test(arguments: [true, false]) func anAnswerIsForTheRequestThatWasSeen(_ accepts: Bool) async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      try await line.asks(Self.target)
      let mark = line.session.record.transferMark
      try await line.joined(#","muted":true,"transfer-request":"\#(Self.target)""#)
      await until { line.session.life.reported.muted }
      #expect(mark != nil && line.session.record.transferMark == mark)
      // For the next daemon, whose notification may be the same.
      #expect(calls.store.load().records.map(\.transferMark) == [mark])
      try await line.asks("sip:evil@example.org")
      #expect(line.session.record.transferMark != mark)
      let error = await #expect(throws: CallRefusal.self) {
        _ = try await line.session.answerTransfer(accepts, to: Self.third)
      }
      #expect(error?.name == BusErrorName.notSupported && error?.message.contains("sip:evil@example.org") == true)
      #expect(calls.started() == 1 && line.session.isAskedForTransfer)
    }
  }

  @Test func declinedTheFarEndIsToldAndNothingLaunched() async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      try await line.asks(Self.target)
      let answered = Mailbox<Session?>()
      EventLoopActor.task { answered.put(try? await line.session.answerTransfer(false, to: Self.third)) }
      #expect(
        await line.takes("answer-transfer")
          == #"{"answer":"declined","target":"\#(Self.target)","type":"answer-transfer"}"#)
      #expect(try #require(await answered.next()) === nil)
      #expect(calls.started() == 1 && !line.session.isAskedForTransfer)
    }
  }

  @Test(arguments: [true, false]) func acceptedACallLikeThisOneIsLaunched(_ joins: Bool) async throws {
    try await house { calls in
      let line = try await Self.line(
        calls,
        [
          "name": .string("work"), "token": .string("t"), "alone-timeout": .uint32(7), "title": .string("Bob"),
          "engine-settings": .array(
            [.entry(.string("identity"), .string("sip:x@y")), .entry(.string("record-file"), .string("/a"))], of: "{ss}"
          ),
        ])
      try await line.joined(#","muted":true"#)
      try await line.asks(Self.target)
      let answered = Mailbox<Session?>()
      EventLoopActor.task { answered.put(try? await line.session.answerTransfer(true, to: Self.third)) }
      EventLoopActor.task { #expect(await line.takes("answer-transfer")?.contains("accepted") == true) }
      let next = try await Self.launched(calls, for: line)
      #expect(try #require(await answered.next()) === next.session)
      let twice = await #expect(throws: CallRefusal.self) {
        _ = try await line.session.answerTransfer(true, to: Self.third)
      }
      #expect(twice?.name == BusErrorName.engineFailed || twice?.name == BusErrorName.notSupported)
      let spec = next.session.spec
      #expect(spec.uri == Self.third && spec.title == Self.third && spec.name == nil && spec.token == nil)
      #expect(spec.aloneTimeout == 7 && spec.settings == ["identity": "sip:x@y"] && spec.sandbox == nil)
      #expect(next.session.record.info.uri == Self.third && spec.problem == nil)
      let join = await next.end.hear(2).last
      #expect(join?.contains("Replaces=secret") == true && join?.contains(#""muted":"#) == true)
      await until { next.session.referralNews.acceptedBy != nil }
      try await line.asks(nil)
      if joins {
        try await next.joined()
      } else {
        await next.end.say(#"{"type":"state","state":"ended","reason":"busy"}"# + "\n")
      }
      let told = await line.takes("answer-transfer")
      #expect(told?.contains(joins ? "done" : "failed") == true && told?.contains("Replaces=secret") == true)
      await until { next.session.record.referralIsTold == true }
      #expect(line.session.life.state == .joined)
    }
  }

  @Test func ofASandboxTheCallIsItsOwnAndGoesThroughNoAccount() async throws {
    try await house { calls in
      _ = try? await calls.service.accounts.add(
        Account([("address", .string("sip:me@example.net")), ("default", .bool(true))]))
      let sandbox = Sandbox(.flatpak, "org.example.Phone")
      let options = try LaunchOptions(
        [("uri", .string("sip:b@example.org"))], permission: Permission(caller: .sandboxed(sandbox)))
      let session = try await calls.service.launch(options)
      let line = Line(session, try calls.engine(of: session))
      try await line.asks(Self.target)
      EventLoopActor.task { _ = try? await session.answerTransfer(true, to: Self.third) }
      let next = try await Self.launched(calls, for: line).session
      #expect(next.spec.sandbox == sandbox && next.spec.applicationID == sandbox.application)
      #expect(next.spec.account == nil)
    }
  }

  @Test func oneThatLapsesMeanwhileIsNotCalled() async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      try await line.asks(Self.target)
      EventLoopActor.task { _ = try? await line.session.answerTransfer(true, to: Self.third) }
      let refusal = #"{"type":"error","code":"failed","request":"answer-transfer","message":"none"}"# + "\n"
      EventLoopActor.task { _ = await line.takes("answer-transfer", saying: refusal) }
      let next = try await Self.launched(calls, for: line)
      await until { next.session.life.state == .leaving }
      #expect(next.session.record.referralIsTold == true)
    }
  }

  @Test func whatCannotBeCalledIsAskedStill() async throws {
    try await house { calls in
      let line = try await Self.line(calls)
      try await line.asks("sip:a:b@h?Referred-By=x")
      let error = await #expect(throws: CallRefusal.self) {
        _ = try await line.session.answerTransfer(true, to: "sip:a:b@h")
      }
      #expect(error?.message.contains("password") == true && line.session.isAskedForTransfer)
      #expect(calls.started() == 1)
    }
  }

  // MARK: The next daemon

  /// What the old call's engine says first, whether the new call has joined, and what the engine is told.
  @Test(
    arguments: [
      (true, false, ["accepted"]), (true, true, ["accepted", "done"]), (false, true, ["done"]), (false, false, []),
    ] as [(Bool, Bool, [String])])
  func theNextDaemonTellsHowItWent(_ isAsked: Bool, _ joins: Bool, _ answers: [String]) async throws {
    try await house { calls in
      let capabilities = ["transfer", "resume"]
      var old = SessionRecord.joined(SessionID(), capabilities: capabilities)
      var report = EngineReport(.joined)
      report.transferRequest = isAsked ? Self.target : nil
      old.live(.report(report, resumable: true))
      var new = SessionRecord.launched(SessionID(), capabilities: capabilities)
      new.spec.uri = Self.third
      new.spec.referral = Referral(session: old.id, target: Self.target)
      if joins { new.live(.report(EngineReport(.joined), resumable: true)) }
      for record in [old, new] { try calls.store.save(record) }
      let (ends, others) = (EngineEnd.pair(), EngineEnd.pair())
      calls.units.units = [old.unit, new.unit]
      try await calls.service.recover(
        stored: [(StoredFD.channel(old.id), ends.daemon), (StoredFD.channel(new.id), others.daemon)])
      let line = Line(try calls.service.session(old.id), ends.engine)
      for answer in answers { #expect(await line.takes("answer-transfer")?.contains(answer) == true) }
      let next = try calls.service.session(new.id)
      if answers.last == "done" { await until { next.record.referralIsTold == true } }
      #expect((next.record.referralIsTold == true) == (answers.last == "done"))
      withExtendedLifetime(others) {}
    }
  }

  @Test func aCallWhoseAskerIsGoneOwesNothing() async throws {
    try await house { calls in
      var new = SessionRecord.joined(SessionID(), capabilities: ["transfer"])
      new.spec.uri = Self.third
      new.spec.referral = Referral(session: SessionID().description, target: Self.target)
      try calls.store.save(new)
      calls.units.units = [new.unit]
      let (daemon, end) = EngineEnd.pair()
      try await calls.service.recover(stored: [(StoredFD.channel(new.id), daemon)])
      #expect(try calls.service.session(new.id).record.referralIsTold == true)
      withExtendedLifetime(end) {}
    }
  }
}
