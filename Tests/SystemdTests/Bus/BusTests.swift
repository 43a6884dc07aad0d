// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

@Suite(.timeLimit(.minutes(1))) struct BusTests {
  private nonisolated static let interface = "org.ongoingcall.Test"

  // MARK: Names

  @Test func aNameHasOneOwner() async throws {
    let (again, refusal, later) = try await onEventLoop {
      let peers = try await BusPeers()
      // The owner may ask again.
      try await peers.server.requestName(BusPeers.name)
      let refusal = await Self.failure { () throws(BusError) in try await peers.client.requestName(BusPeers.name) }
      // Refused is not queued: when the owner goes, nobody has it, until it is asked for.
      try await peers.ask(peers.server, "ReleaseName", [.string(BusPeers.name)]) { _ throws(BusError) in }
      let owned = try await peers.ask(peers.client, "NameHasOwner", [.string(BusPeers.name)]) {
        message throws(BusError) in try message.read().asBool
      }
      try await peers.client.requestName(BusPeers.name)
      return (true, refusal, owned)
    }
    #expect(again)
    #expect(refusal?.message == "the bus name \(BusPeers.name) is taken: it belongs to another program")
    #expect(later == false)
  }

  @Test func aNameThatIsNoneIsRefused() async throws {
    let refusal = try await onEventLoop {
      let peers = try await BusPeers()
      return await Self.failure { () throws(BusError) in try await peers.server.requestName("no name") }
    }
    #expect(refusal?.name == "org.freedesktop.DBus.Error.InvalidArgs")
  }

  @Test func aConnectionThatIsDroppedLeavesTheBus() async throws {
    let gone = try await onEventLoop {
      let peers = try await BusPeers()
      var third: Bus? = try Bus(address: peers.daemon.address, description: "third")
      try await third?.requestName("org.ongoingcall.Third")
      let changes = Mailbox<[String]>()
      let slot = try peers.client.driver.onSignal(member: "NameOwnerChanged", arg0: "org.ongoingcall.Third") {
        message in
        changes.put((0..<3).map { _ in (try? message.readString()) ?? "?" })
      }
      try await peers.settle()
      third = nil
      let change = await changes.next()
      withExtendedLifetime((slot, third)) {}
      return change
    }
    #expect(gone?.first == "org.ongoingcall.Third")
    #expect(gone?.last == "")
  }

  // MARK: Calls that fail

  @Test func anErrorOfTheOtherSideIsThrown() async throws {
    let error = try await onEventLoop {
      let peers = try await BusPeers()
      return await Self.failure { () throws(BusError) in
        try await peers.ask(peers.client, "GetNameOwner", [.string("org.nobody")]) { _ throws(BusError) in }
      }
    }
    #expect(error?.name == "org.freedesktop.DBus.Error.NameHasNoOwner")
    #expect(error?.message.contains("org.nobody") == true)
  }

  @Test func anErrorInReadingTheReplyIsThrown() async throws {
    let error = try await onEventLoop {
      let peers = try await BusPeers()
      return await Self.failure { () throws(BusError) in
        try await peers.ask(peers.client, "GetId", []) { reply throws(BusError) in
          _ = try reply.read()
          _ = try reply.read()
        }
      }
    }
    #expect(error?.message == "a message is too short")
  }

  @Test(arguments: [
    ("no path", "a.b", "C"), ("/", "nointerface", "C"), ("/", "a.b", "no member"), ("/", "a.b", ""),
  ])
  func aCallThatCannotBeMadeIsRefused(_ path: String, _ interface: String, _ member: String) async throws {
    let error = try await onEventLoop {
      let peers = try await BusPeers()
      return await Self.failure { () throws(BusError) in
        try await peers.client.driver.call(path: path, interface: interface, member: member) { _ throws(BusError) in }
      }
    }
    #expect(error?.name == BusError.failed)
  }

  @Test func anAddressThatLeadsNowhereIsRefused() async throws {
    let error = try await onEventLoop { () -> BusError? in
      await Self.failure { () throws(BusError) in
        _ = try Bus(address: "unix:path=/nonexistent/bus", description: "test")
      }
    }
    #expect(error?.message == "could not connect to the bus unix:path=/nonexistent/bus: No such file or directory")
  }

  // MARK: Matches

  @Test func aMatchEndsWithItsSlot() async throws {
    let (first, second, own) = try await onEventLoop {
      let peers = try await BusPeers()
      let service = peers.client.service(BusPeers.name)
      final class State { var first = 0; var second = 0; var own = 0; var slots: [BusSlot] = [] }
      let state = State()
      var released: BusSlot? = try service.onSignal(interface: Self.interface) { _ in state.first += 1 }
      let kept = try service.onSignal(interface: Self.interface) { _ in state.second += 1 }
      // This one goes in its own handler.
      state.slots = [
        try service.onSignal(interface: Self.interface) { _ in
          state.own += 1
          state.slots = []
        }
      ]
      try await peers.settle()
      try peers.server.emit(path: "/", interface: Self.interface, member: "One", [])
      try await peers.settle()
      released = nil
      try peers.server.emit(path: "/", interface: Self.interface, member: "Two", [])
      try await peers.settle()
      withExtendedLifetime((released, kept)) {}
      return (state.first, state.second, state.own)
    }
    #expect(first == 1)
    #expect(second == 2)
    #expect(own == 1)
  }

  /// Who cannot hear is told that the connection is of no use.
  @Test func aRuleThatTheBusRefusesEndsTheConnection() async throws {
    let (isTold, later) = try await onEventLoop {
      let peers = try await BusPeers()
      let disconnected = Mailbox<Void>()
      let end = peers.client.onDisconnect { disconnected.put(()) }
      let slot = try peers.client.driver.onSignal(interface: "no interface") { _ in }
      let isTold = await disconnected.next() != nil
      let later = await Self.failure { () throws(BusError) in _ = try await peers.client.hasOwner("a.b") }
      withExtendedLifetime((end, slot)) {}
      return (isTold, later)
    }
    #expect(isTold)
    #expect(later?.name == BusError.failed)
  }

  /// What the bus grants later is asked for again.
  @Test func whatIsTooMuchForTheBusIsAskedForAgain() async throws {
    try await onEventLoop {
      let daemon = try PrivateBus(matchLimit: 2)
      let bus = try Bus(address: daemon.address, description: "test")
      let heard = Mailbox<String>()
      var first: BusSlot? = try bus.onDeparture(of: "a.first") {}
      let second = try bus.onDeparture(of: "a.second") {}
      let third = try bus.driver.onSignal(member: "NameOwnerChanged", arg0: "a.third") { heard.put($0.member) }
      try await bus.settle()
      withExtendedLifetime(first) {}
      first = nil
      // Until it is heard.
      while heard.waiting.isEmpty {
        let other = try Bus(address: daemon.address, description: "other")
        try await other.requestName("a.third")
        try await other.ask("ReleaseName", [.string("a.third")]) { _ throws(BusError) in }
        try await bus.settle()
      }
      withExtendedLifetime((second, third, daemon)) {}
    }
  }

  // MARK: The end of the bus

  @Test func theEndOfTheBusIsReportedAndEndsWhatIsPending() async throws {
    let (disconnections, pending, later, emission) = try await onEventLoop {
      let peers = try await BusPeers()
      let unanswered = Mailbox<MethodCall>()
      let object = Answering { unanswered.put($0) }
      let exported = try peers.server.export(object, at: "/manager", .manager, named: Self.interface)
      let disconnected = Mailbox<Void>()
      let slot = peers.client.onDisconnect { disconnected.put(()) }
      let ended = Mailbox<BusError?>()
      EventLoopActor.task {
        ended.put(await Self.failure { () throws(BusError) in try await Self.describe(peers.client) })
      }
      _ = await unanswered.next()
      peers.daemon.stop()
      let pending = await ended.next()
      _ = await disconnected.next()
      let later = await Self.failure { () throws(BusError) in try await Self.describe(peers.client) }
      let emission = await Self.failure { () throws(BusError) in
        try peers.client.emit(path: "/", interface: Self.interface, member: "Late", [])
      }
      withExtendedLifetime((exported, slot)) {}
      return (disconnected.waiting.count, pending, later, emission)
    }
    #expect(disconnections == 0)
    #expect((pending ?? nil)?.name == BusError.noReply)
    #expect(later?.name == BusError.failed)
    #expect(later?.message.hasPrefix("could not call ") == true)
    #expect(emission?.message.hasPrefix("could not ") == true)
  }

  /// Nobody reads what it has still to say.
  @Test func aConnectionThatIsDroppedWaitsForNobody() async throws {
    let time = try await onEventLoop {
      let peers = try await BusPeers()
      let process = try await peers.process()
      kill(process, SIGSTOP)
      defer { kill(process, SIGCONT) }
      var bus: Bus? = try Bus(address: peers.daemon.address, description: "third")
      bus?.ask("RequestName", [.string("org.ongoingcall.Third"), .uint32(4)], decode: { _ throws(BusError) in }) { _ in
      }
      let start = ContinuousClock.now
      bus = nil
      withExtendedLifetime(bus) {}
      return ContinuousClock.now - start
    }
    #expect(time < .seconds(1))
  }

  /// The error that `action` ends with.
  @EventLoopActor
  static func failure(_ action: @EventLoopActor () async throws(BusError) -> Void) async -> BusError? {
    do throws(BusError) {
      try await action()
      return nil
    } catch { return error }
  }

  @EventLoopActor
  private static func describe(_ bus: Bus) async throws(BusError) {
    try await bus.service(BusPeers.name).call(path: "/manager", interface: interface, member: "Describe") {
      _ throws(BusError) in
    }
  }
}

/// An object that answers as a test says.
@EventLoopActor
final class Answering: BusObject {
  private let answer: @EventLoopActor (MethodCall) -> Void
  private let properties: [String: BusValue]

  init(_ properties: [String: BusValue] = [:], _ answer: @escaping @EventLoopActor (MethodCall) -> Void) {
    self.answer = answer
    self.properties = properties
  }

  func handle(_ call: MethodCall) { answer(call) }
  func property(_ name: String) -> BusValue? { properties[name] }
}
