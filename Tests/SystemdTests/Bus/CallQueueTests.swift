// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// Who calls, and in which order that is answered, on a real bus.
@Suite(.timeLimit(.minutes(1))) struct CallQueueTests {
  private nonisolated static let interface = "org.ongoingcall.Test"
  private nonisolated static let refusal = BusError("org.ongoingcall.Test.TooMany", "too many")
  private nonisolated static let tooLarge = BusError("org.ongoingcall.Test.TooLarge", "too large")

  @EventLoopActor
  private final class Desk {
    let peers: BusPeers
    let calls = Mailbox<(BusValue, Caller)>()
    /// Who was asked for, in that order.
    var asked: [String] = []
    var answer: @EventLoopActor (BusCredentials) -> Caller = { $0.identify() }
    var queue: CallQueue?
    let ends = Mailbox<Bool>()
    /// What the bus is like when a call is being answered.
    var whileAnswering: @EventLoopActor () -> Void = {}
    private var exported: ExportedObject?
    private var ending: BusSlot?

    init(remembered: Int = 8, waiting: Int = 100) async throws {
      peers = try await BusPeers()
      var rules = CallRules(tooMany: refusal, tooLarge: tooLarge, noDescriptors: refusal)
      (rules.remembered, rules.calls, rules.callBytes) = (remembered, waiting, 4096)
      (rules.endings, rules.beginnings, rules.large) = (["Abort"], ["Launch"], ["Describe"])
      let identify: CallQueue.Identify = { [weak self] in
        self?.asked.append($0)
        return self?.answer($1) ?? .unidentified("")
      }
      queue = try peers.server.queueCalls(rules, identify: identify)
      ending = peers.server.onDisconnect { [ends] in ends.put(true) }
      let object = Answering { [calls, weak self] call in
        self?.whileAnswering()
        let member = call.message.member
        let what = member == "Abort" ? .string("end") : (try? call.message.read()) ?? .bool(false)
        calls.put((what, call.caller))
        switch member {
        case "Launch": call.reply([.objectPath("/begun")])
        case "Describe": call.reply([.string(String(repeating: "x", count: 200_000))])
        case "Abort": call.reply()
        default: call.reply([.array([], of: "(ttsosa{sv})")])
        }
      }
      exported = try peers.server.export(object, at: "/manager", .manager, named: interface)
    }

    /// Makes a call whose answer is in the box.
    func begin(
      _ member: String, _ arguments: [BusValue] = [], from client: Bus? = nil, _ answers: Mailbox<BusError?>
    ) {
      (client ?? peers.client).service(peers.server.uniqueName ?? "").call(
        path: "/manager", interface: interface, member: member, arguments,
        decode: { _ throws(BusError) in }
      ) { answer in
        do throws(BusError) {
          try answer.get()
          answers.put(nil)
        } catch { answers.put(error) }
      }
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
    remembered: Int = 8, waiting: Int = 100, _ body: @escaping @EventLoopActor @Sendable (Desk) async throws -> Void
  ) async throws {
    try await onEventLoop(with: { try await Desk(remembered: remembered, waiting: waiting) }, body)
  }

  /// Keeps the loop from all else, so that what is sent meanwhile is there when it goes on.
  private nonisolated static func block() {
    let end = ContinuousClock.now + .milliseconds(100)
    while ContinuousClock.now < end {}
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
      #expect(desk.queue?.callerCache?.count == 1)
      other = nil
      while desk.queue?.callerCache?.count != 0 { try await desk.peers.settle() }
    }
  }

  @Test func onlySoManyAreRemembered() async throws {
    try await Self.desk(remembered: 2) { desk in
      let others = try (0..<3).map { try Bus(address: desk.peers.daemon.address, description: "\($0)") }
      for other in others { #expect(await desk.call(1, from: other) == nil) }
      #expect(desk.queue?.callerCache?.count == 2)
      #expect(await desk.call(2, from: others[0]) == nil)
      #expect(desk.asked.count == 4)
      #expect(await desk.calls.next(4).map(\.1) == Array(repeating: .unconfined, count: 4))
    }
  }

  @Test func onlySoManyCallsWait() async throws {
    try await Self.desk(waiting: 2) { desk in
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
      desk.queue = nil
      #expect(await desk.call(1, from: desk.peers.client) == nil)
      #expect(await desk.calls.next()?.1 == .unidentified("it was not asked for"))
    }
  }

  // MARK: Turns

  /// Of one caller, who is not known yet, so that all of it is there before any of it is answered.
  @Test func anEndingOvertakesWhatItsCallerHasAskedBefore() async throws {
    try await Self.desk { desk in
      let answers = Mailbox<BusError?>()
      for number in 0..<5 as Range<UInt64> { desk.begin("EventsSince", [.uint64(number)], answers) }
      desk.begin("Abort", [.string("")], answers)
      #expect(await answers.next(6) == Array(repeating: nil, count: 6))
      #expect(desk.calls.waiting.map(\.0) == [.string("end")] + (0..<5).map { .uint64($0) })
    }
  }

  @Test func anEndingDoesNotOvertakeWhatItsCallerBegins() async throws {
    try await Self.desk { desk in
      let answers = Mailbox<BusError?>()
      desk.begin("EventsSince", [.uint64(1)], answers)
      desk.begin("Launch", [.dictionary([:])], answers)
      desk.begin("Abort", [.string("")], answers)
      #expect(await answers.next(3) == [nil, nil, nil])
      #expect(desk.calls.waiting.map(\.0) == [.uint64(1), .dictionary([:]), .string("end")])
    }
  }

  /// A client has asked for more than can be answered at once when another one calls. (This bus lets one connection
  /// wait for 128 answers.)
  @Test func callersTakeTurnsAndEndingsComeFirst() async throws {
    try await Self.desk(waiting: 1000) { desk in
      let other = try Bus(address: desk.peers.daemon.address, description: "other")
      for client in [desk.peers.client, other] { #expect(await desk.call(0, from: client) == nil) }
      desk.calls.clear()
      let (answers, others) = (Mailbox<BusError?>(), Mailbox<BusError?>())
      var isFirst = true
      desk.whileAnswering = {
        guard isFirst else { return }
        isFirst = false
        desk.begin("EventsSince", [.uint64(1000)], from: other, others)
        desk.begin("Abort", [.string("")], from: other, others)
        Self.block()
      }
      for number in 0..<100 as Range<UInt64> { desk.begin("EventsSince", [.uint64(number)], answers) }
      #expect(await others.next(2) == [nil, nil])
      #expect(await answers.next(100) == Array(repeating: nil, count: 100))
      let order = desk.calls.waiting.map(\.0)
      let (end, call) = (order.firstIndex(of: .string("end")), order.firstIndex(of: .uint64(1000)))
      #expect((end ?? 100) < 50 && (call ?? 100) < 50)
      #expect(order.filter { $0 != .string("end") && $0 != .uint64(1000) } == (0..<100).map { .uint64($0) })
    }
  }

  @Test func moreThanMayWaitIsRefusedAndEveryCallIsAnswered() async throws {
    try await Self.desk(waiting: 20) { desk in
      #expect(await desk.call(0, from: desk.peers.client) == nil)
      let answers = Mailbox<BusError?>()
      for number in 0..<100 as Range<UInt64> { desk.begin("EventsSince", [.uint64(number)], answers) }
      let all = await answers.next(100)
      #expect(all.count == 100)
      #expect(all.allSatisfy { $0 == nil || $0 == Self.refusal })
      #expect(all.contains(nil))
      #expect(desk.queue?.count == 0)
    }
  }

  @Test func aCallThatIsTooLargeIsRefusedBeforeAnybodyLooksAtIt() async throws {
    try await Self.desk { desk in
      for number in 0..<2 as Range<UInt64> { #expect(await desk.call(number, from: desk.peers.client) == nil) }
      let answers = Mailbox<BusError?>()
      let text = BusValue.string(String(repeating: "x", count: 5000))
      desk.begin("Launch", [.dictionary(["title": text])], answers)
      #expect(await answers.next() == .some(Self.tooLarge))
      #expect(desk.calls.waiting.count == 2)
      #expect(await desk.call(2, from: desk.peers.client) == nil)
    }
  }

  @Test func largeAnswersAreSentOneAfterTheOther() async throws {
    try await Self.desk { desk in
      let answers = Mailbox<BusError?>()
      for _ in 0..<50 { desk.begin("Describe", [], answers) }
      #expect(await answers.next(50) == Array(repeating: nil, count: 50))
    }
  }

  @Test func theBusIsGoneBeforeWhatItLeft() async throws {
    try await Self.desk(waiting: 1000) { desk in
      #expect(await desk.call(0, from: desk.peers.client) == nil)
      desk.calls.clear()
      var isFirst = true
      desk.whileAnswering = {
        guard isFirst else { return }
        isFirst = false
        Self.block()
        desk.peers.daemon.stop()
      }
      let answers = Mailbox<BusError?>()
      for number in 0..<100 as Range<UInt64> { desk.begin("EventsSince", [.uint64(number)], answers) }
      #expect(await desk.ends.next() == true)
      #expect(desk.calls.waiting.count < 100)
    }
  }
}
