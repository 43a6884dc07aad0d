// SPDX-License-Identifier: Apache-2.0
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// What is said to the service manager, over a real bus; with the real manager: Tests/EndToEnd.
@Suite(.timeLimit(.minutes(1))) struct ServiceManagerTests {
  private nonisolated static let unit = "app-ongoingcall-a@1.service"

  private static func managed(
    _ body: @escaping @EventLoopActor @Sendable (ServiceManager, ServiceManagerStandIn, BusPeers) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      let standIn = try await ServiceManagerStandIn(on: peers.server)
      try await body(ServiceManager(bus: peers.client), standIn, peers)
      withExtendedLifetime((peers, standIn)) {}
    }
  }

  @Test func aUnitIsStartedWithItsProperties() async throws {
    try await Self.managed { manager, standIn, _ in
      try await manager.subscribe()
      try await manager.startTransient(Self.unit, [("Type", .string("exec")), ("OOM", .strings([]))])
      let request = await standIn.requests.next()
      #expect(
        request
          == .init(
            member: "StartTransientUnit",
            arguments: [
              .string(Self.unit), .string("fail"),
              .array(
                [
                  .structure([.string("Type"), .variant(.string("exec"))]),
                  .structure([.string("OOM"), .variant(.strings([]))]),
                ], of: "(sv)"),
              .array([], of: "(sa(sv))"),
            ]))
      let units = try await manager.units(matching: "*")
      #expect(units == [.init(name: Self.unit, activeState: "active")])
    }
  }

  @Test func aUnitThatDoesNotStartIsAnError() async throws {
    try await Self.managed { manager, standIn, _ in
      standIn.jobResult = "failed"
      let error = await BusTests.failure { () throws(BusError) in try await manager.startTransient(Self.unit, []) }
      #expect(
        error?.message == "the service manager could not start \(Self.unit): its job's result is “failed”")
    }
  }

  @Test func aUnitIsStoppedAndKilled() async throws {
    try await Self.managed { manager, standIn, _ in
      standIn.units = [Self.unit]
      try await manager.stop(Self.unit)
      try await manager.kill(Self.unit, signal: 9)
      let requests = await standIn.requests.next(2)
      #expect(
        requests == [
          .init(member: "StopUnit", arguments: [.string(Self.unit), .string("replace")]),
          .init(member: "KillUnit", arguments: [.string(Self.unit), .string("all"), .int32(9)]),
        ])
      standIn.units = []
      let error = await BusTests.failure { () throws(BusError) in try await manager.stop(Self.unit) }
      #expect(error?.name == BusError.noSuchUnit)
    }
  }

  @Test func theEndOfAUnitIsToldOfThatUnitAlone() async throws {
    try await Self.managed { manager, standIn, peers in
      standIn.units = [Self.unit, "other.service"]
      let removed = Mailbox<Void>()
      var slot: BusSlot? = try manager.onRemoval(of: Self.unit) { removed.put(()) }
      try await peers.settle()
      try standIn.remove("other.service")
      // A reload forgets every unit, and knows it again.
      try standIn.reload()
      for _ in 0..<2 { try await peers.settle() }
      #expect(removed.waiting.isEmpty)
      try standIn.remove(Self.unit)
      #expect(await removed.next() != nil)
      withExtendedLifetime(slot) {}
      slot = nil
      try standIn.remove(Self.unit)
      for _ in 0..<2 { try await peers.settle() }
      #expect(removed.waiting.isEmpty)
    }
  }

  @Test func withoutAServiceManagerNothingIsStarted() async throws {
    let error = try await onEventLoop {
      let peers = try await BusPeers()
      let manager = ServiceManager(bus: peers.client)
      return await BusTests.failure { () throws(BusError) in try await manager.startTransient(Self.unit, []) }
    }
    #expect(error?.name == "org.freedesktop.DBus.Error.ServiceUnknown")
  }
}
