// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Who has asked an engine something hears what came of it: that, and nothing that another has asked.
@Suite(.timeLimit(.minutes(1))) struct RequestAnswersTests {
  /// What callers were told, by their numbers.
  @EventLoopActor
  private final class Room {
    let requests: RequestAnswers
    let told = Mailbox<(Int, CallRefusal?)>()
    private(set) var pings: [UInt64] = []
    private(set) var lines: [[String]] = []

    init() throws { requests = RequestAnswers(of: try #require(SessionID("abcd0000"))) }

    func ask(_ caller: Int, within time: Duration = .seconds(600)) throws {
      let sent = try requests.wait(for: .sendDtmf("1"), within: time) { [told] in told.put((caller, $0)) }
      lines.append(sent.map(\.type))
      pings += sent.compactMap { if case .ping(let serial) = $0 { serial } else { nil } }
    }

    func refuse(_ request: String = "send-dtmf", _ text: String = "no") {
      requests.heard(EngineError(.failed, request: request, message: text))
    }

    var answers: [String] { told.waiting.map { "\($0): \($1?.message ?? "done")" } }
  }

  private static func room(_ body: @escaping @EventLoopActor @Sendable (Room) async throws -> Void) async throws {
    try await onEventLoop { try await body(try Room()) }
  }

  @Test func aPongIsTheAnswer() async throws {
    try await Self.room { room in
      try room.ask(1)
      try room.ask(2)
      #expect(room.lines == [["ping", "send-dtmf", "ping"], ["send-dtmf", "ping"]])
      #expect(Set(room.pings).count == 3)
      room.requests.heard(pong: room.pings[0])
      room.requests.heard(pong: 1)
      #expect(room.answers == [])
      room.requests.heard(pong: room.pings[1])
      #expect(room.answers == ["1: done"])
      // That of the second.
      room.refuse()
      room.requests.heard(pong: room.pings[2])
      room.requests.heard(pong: room.pings[2])
      #expect(room.answers == ["1: done", "2: no"])
    }
  }

  @Test func whatAnotherHasAskedIsAnothersAnswer() async throws {
    try await Self.room { room in
      try room.ask(1)
      // An earlier daemon has asked, and this one of something else.
      room.refuse()
      room.requests.heard(pong: room.pings[0])
      room.refuse("set-held")
      room.requests.heard(pong: room.pings[1])
      #expect(room.answers == ["1: done"])
    }
  }

  @Test func whereNothingIsHeardItIsUnknown() async throws {
    try await Self.room { room in
      try room.ask(1)
      try room.ask(2)
      try room.ask(3)
      // The engine has forgotten its first answers.
      room.requests.heard(pong: room.pings[2])
      room.refuse()
      room.requests.engineIsGone()
      #expect(
        room.answers == [
          "1: the engine of abcd0000 did not answer in time", "2: done", "3: no",
        ])
      try room.ask(4)
      #expect(room.lines.last == ["ping", "send-dtmf", "ping"])
      room.requests.engineIsGone()
      #expect(room.answers.last == "4: the engine of abcd0000 exited before it answered")
    }
  }

  @Test func nobodyWaitsForEver() async throws {
    try await Self.room { room in
      try room.ask(1, within: .milliseconds(1))
      #expect(await room.told.next()?.1?.name == BusErrorName.outcomeUnknown)
      try room.ask(2)
      // It is the first one's, who has gone.
      room.refuse()
      room.requests.heard(pong: room.pings[1])
      room.requests.heard(pong: room.pings[2])
      #expect(room.answers == ["2: done"])
    }
  }

  @Test func digitsAreAnsweredWhenTheyAreSent() async throws {
    try await Self.room { room in
      try room.ask(1)
      room.requests.heard(DigitCount(taken: 3))
      room.requests.heard(pong: room.pings[0])
      room.requests.heard(pong: room.pings[1])
      try room.ask(2)
      room.requests.heard(DigitCount(taken: 5, sent: 2))
      room.requests.heard(pong: room.pings[2])
      #expect(room.answers == [])
      room.requests.heard(DigitCount(taken: 5, sent: 3))
      #expect(room.answers == ["1: done"])
      try room.ask(3)
      room.refuse()
      room.requests.heard(pong: room.pings[3])
      #expect(room.answers == ["1: done", "3: no"])
      room.requests.heard(DigitCount(taken: 5, sent: 5))
      #expect(room.answers == ["1: done", "3: no", "2: done"])
    }
  }

  @Test func digitsThatAreNotSentAreUnknown() async throws {
    try await Self.room { room in
      try room.ask(1, within: .milliseconds(1))
      room.requests.heard(DigitCount(taken: 1))
      for ping in room.pings { room.requests.heard(pong: ping) }
      let told = await room.told.next()?.1
      #expect(told == .outcomeUnknown("the engine of abcd0000 has not sent all of the digits yet"))
      try room.ask(2)
      room.requests.heard(pong: room.pings[2])
      room.requests.engineIsGone()
      #expect(room.answers == ["2: the engine of abcd0000 exited before it answered"])
      // The next engine has taken none.
      try room.ask(3)
      for ping in room.pings { room.requests.heard(pong: ping) }
      #expect(room.answers.last == "3: done")
    }
  }

  @Test func notAllCanWait() async throws {
    try await Self.room { room in
      for caller in 1..<Limit.requestWaiters {
        try room.requests.checkRoom()
        try room.ask(caller)
      }
      let error = #expect(throws: CallRefusal.self) { try room.requests.checkRoom() }
      #expect(error?.name == BusErrorName.limitReached)
      #expect(error?.message == "12 requests are already waiting for the engine of abcd0000; try again")
      for ping in room.pings { room.requests.heard(pong: ping) }
      try room.requests.checkRoom()
    }
  }
}
