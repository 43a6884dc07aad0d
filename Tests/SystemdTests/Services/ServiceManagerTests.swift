// SPDX-License-Identifier: Apache-2.0
import CallModel
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
        error?.message == "the service manager could not start \(Self.unit): the result of its job is “failed”")
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

  // MARK: What goes by unheard

  private static var impatient: ServiceManager.Patience {
    var patience = ServiceManager.Patience()
    patience.job = .milliseconds(50)
    return patience
  }

  @Test func aStartWhoseEndIsNotHeardIsAskedFor() async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      let standIn = try await ServiceManagerStandIn(on: peers.server)
      let manager = ServiceManager(bus: peers.client, Self.impatient)
      standIn.saysEnds = false
      try await manager.startTransient(Self.unit, [])
      standIn.jobResult = "failed"
      let error = await BusTests.failure { () throws(BusError) in
        try await manager.startTransient("other.service", [])
      }
      #expect(
        error?.message
          == "the service manager could not start other.service: the result of its job is “unknown, and the unit "
          + "failed”")
    }
  }

  /// systemctl(1), daemon-reexec: the name is nobody's for a moment, and what was asked goes unanswered.
  private static func replaced(
    _ manner: ServiceManagerStandIn.Manner,
    _ body:
      @escaping @EventLoopActor @Sendable (ServiceManager, ServiceManagerStandIn, _ successor: Bus) async throws
      -> Void
  ) async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      // Nobody else has its connection.
      let standIn = try await ServiceManagerStandIn(on: Bus(address: peers.daemon.address, description: "manager"))
      let manager = ServiceManager(bus: peers.client)
      try await manager.subscribe()
      standIn.manner = manner
      try await body(manager, standIn, try Bus(address: peers.daemon.address, description: "successor"))
      withExtendedLifetime(peers) {}
    }
  }

  @Test func whatWasBegunIsNotBegunAgain() async throws {
    try await Self.replaced(.leaving) { manager, standIn, successor in
      let started = Mailbox<BusError?>()
      EventLoopActor.task {
        started.put(
          await BusTests.failure { () throws(BusError) in try await manager.startTransient(Self.unit, []) })
      }
      #expect(await standIn.requests.next()?.member == "StartTransientUnit")
      try await standIn.reexecute(on: successor)
      #expect(await started.next() == .some(nil))
      #expect(standIn.requests.waiting.isEmpty)
    }
  }

  @Test func whatWasLostIsAskedAgain() async throws {
    try await Self.replaced(.leavingAtOnce) { manager, standIn, successor in
      let (started, killed) = (Mailbox<BusError?>(), Mailbox<BusError?>())
      let removed = Mailbox<Void>()
      let slot = try manager.onRemoval(of: Self.unit) { removed.put(()) }
      EventLoopActor.task {
        started.put(
          await BusTests.failure { () throws(BusError) in try await manager.startTransient(Self.unit, []) })
      }
      EventLoopActor.task {
        killed.put(await BusTests.failure { () throws(BusError) in try await manager.kill("other.service", signal: 9) })
      }
      #expect(await standIn.requests.next(2).map(\.member) == ["StartTransientUnit", "KillUnit"])
      standIn.units = ["other.service"]
      try await standIn.reexecute(on: successor)
      #expect(Set(await standIn.requests.next(2).map(\.member)) == ["StartTransientUnit", "KillUnit"])
      #expect(await started.next() == .some(nil))
      #expect(await killed.next() == .some(nil))
      // What the successor did not have at first was never gone.
      #expect(removed.waiting.isEmpty)
      withExtendedLifetime(slot) {}
    }
  }

  @Test func whatEndsMeanwhileIsKnownToHaveEnded() async throws {
    try await Self.replaced(.answering) { manager, standIn, successor in
      standIn.units = [Self.unit, "other.service"]
      let removed = Mailbox<String>()
      let slots = try standIn.units.map { unit in try manager.onRemoval(of: unit) { removed.put(unit) } }
      standIn.saysEnds = false
      let started = Mailbox<BusError?>()
      EventLoopActor.task {
        started.put(
          await BusTests.failure { () throws(BusError) in try await manager.startTransient("new.service", []) })
      }
      #expect(await standIn.requests.next()?.member == "StartTransientUnit")
      standIn.units.remove(Self.unit)
      let start = ContinuousClock.now
      try await standIn.reexecute(on: successor)
      #expect(await removed.next() == Self.unit)
      #expect(await started.next() == .some(nil))
      // Sooner than without a successor.
      #expect(ContinuousClock.now - start < .seconds(4))
      #expect(removed.waiting.isEmpty)
      withExtendedLifetime(slots) {}
    }
  }

  @Test func withoutAServiceManagerNothingIsStarted() async throws {
    let error = try await onEventLoop {
      let peers = try await BusPeers()
      var patience = ServiceManager.Patience()
      patience.successor = .milliseconds(50)
      let manager = ServiceManager(bus: peers.client, patience)
      return await BusTests.failure { () throws(BusError) in try await manager.startTransient(Self.unit, []) }
    }
    #expect(error?.name == "org.freedesktop.DBus.Error.ServiceUnknown")
  }
}
