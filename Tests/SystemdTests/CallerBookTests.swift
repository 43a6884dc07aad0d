// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// Who calls, on a real bus.
@Suite(.timeLimit(.minutes(1))) struct CallerBookTests {
  private nonisolated static let interface = "org.ongoingcall.Test"
  private nonisolated static let refusal = BusError("org.ongoingcall.Test.TooMany", "too many")

  @EventLoopActor
  private final class Desk {
    let peers: BusPeers
    let calls = Mailbox<(BusValue, Caller)>()
    /// Who was asked for, in that order.
    var asked: [String] = []
    var answer: @EventLoopActor (BusCredentials) -> Caller = { $0.identify() }
    var book: CallerBook?
    private var exported: ExportedObject?

    init(remembered: Int = 8, held: Int = 100) async throws {
      peers = try await BusPeers()
      book = try peers.server.identifyCallers(remembered: remembered, held: held, refusal) { [weak self] in
        self?.asked.append($0)
        return self?.answer($1) ?? .unidentified("")
      }
      let object = Answering { [calls] call in
        calls.put(((try? call.message.read()) ?? .bool(false), call.caller))
        call.reply([.array([], of: "(ttsosa{sv})")])
      }
      exported = try peers.server.export(object, at: "/manager", .manager, named: interface)
    }

    /// Returns how it was answered.
    func call(_ number: UInt64, from client: Bus) async -> BusError? {
      await BusTests.failure { () throws(BusError) in
        try await client.service(BusPeers.name).call(
          path: "/manager", interface: interface, member: "EventsSince", [.uint64(number)]
        ) { _ throws(BusError) in }
      }
    }
  }

  private static func desk(
    remembered: Int = 8, held: Int = 100, _ body: @escaping @EventLoopActor @Sendable (Desk) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let desk = try await Desk(remembered: remembered, held: held)
      try await body(desk)
      withExtendedLifetime(desk) {}
    }
  }

  @Test func theBusAndTheKernelTellWhoCalls() async throws {
    try await Self.desk { desk in
      #expect(await desk.call(1, from: desk.peers.client) == nil)
      let call = await desk.calls.next()
      #expect(call?.0 == .uint64(1) && call?.1 == .unconfined)
      #expect(desk.asked == [desk.peers.client.uniqueName])
    }
  }

  /// All of them are on their way before it is known who makes them.
  @Test func callsKeepTheirOrderAndTheirCallerIsAskedForOnce() async throws {
    try await Self.desk { desk in
      let answers = Mailbox<BusError?>()
      let server = desk.peers.client.service(try #require(desk.peers.server.uniqueName))
      for number in 0..<50 as Range<UInt64> {
        server.call(
          path: "/manager", interface: Self.interface, member: "EventsSince",
          [.uint64(number)], decode: { _ throws(BusError) in }
        ) { answer in
          do throws(BusError) {
            try answer.get()
            answers.put(nil)
          } catch { answers.put(error) }
        }
      }
      #expect(await answers.next(50) == Array(repeating: nil, count: 50))
      #expect(desk.calls.waiting.map(\.0) == (0..<50).map { .uint64($0) })
      #expect(desk.asked.count == 1)
    }
  }

  @Test func everyCallerIsItself() async throws {
    try await Self.desk { desk in
      let other = try Bus(address: desk.peers.daemon.address, description: "other")
      let sandbox = Caller.sandboxed(Sandbox(.flatpak, "org.example.Phone"))
      desk.answer = { _ in sandbox }
      #expect(await desk.call(1, from: other) == nil)
      desk.answer = { _ in .unconfined }
      #expect(await desk.call(2, from: desk.peers.client) == nil)
      #expect(await desk.call(3, from: other) == nil)
      #expect(await desk.calls.next(3).map(\.1) == [sandbox, .unconfined, sandbox])
      #expect(desk.asked.count == 2)
    }
  }

  @Test func whoHasGoneIsForgotten() async throws {
    try await Self.desk { desk in
      var other: Bus? = try Bus(address: desk.peers.daemon.address, description: "other")
      if let other { #expect(await desk.call(1, from: other) == nil) }
      #expect(desk.book?.count == 1)
      other = nil
      while desk.book?.count != 0 { try await desk.peers.settle() }
    }
  }

  @Test func onlySoManyAreRemembered() async throws {
    try await Self.desk(remembered: 2) { desk in
      let others = try (0..<3).map { try Bus(address: desk.peers.daemon.address, description: "\($0)") }
      for other in others { #expect(await desk.call(1, from: other) == nil) }
      #expect(desk.book?.count == 2)
      #expect(await desk.call(2, from: others[0]) == nil)
      #expect(desk.asked.count == 4)
      #expect(await desk.calls.next(4).map(\.1) == Array(repeating: .unconfined, count: 4))
    }
  }

  @Test func onlySoManyCallsWait() async throws {
    try await Self.desk(held: 2) { desk in
      let answers = Mailbox<BusError?>()
      for number in 0..<5 as Range<UInt64> {
        EventLoopActor.task { answers.put(await desk.call(number, from: desk.peers.client)) }
      }
      let failures = await answers.next(5).compactMap(\.self)
      #expect(failures.count < 5 && failures.allSatisfy { $0 == Self.refusal })
      // None waits any more.
      for number in 0..<5 as Range<UInt64> { #expect(await desk.call(number, from: desk.peers.client) == nil) }
    }
  }

  @Test func whereNobodyFindsOutWhoCallsNobodyIsTrusted() async throws {
    try await Self.desk { desk in
      desk.book = nil
      #expect(await desk.call(1, from: desk.peers.client) == nil)
      #expect(await desk.calls.next()?.1 == .unidentified("it was not asked for"))
    }
  }
}
