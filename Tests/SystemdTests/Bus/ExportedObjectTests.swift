// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// Objects on a bus, and the answers to their calls, with the table of the manager's interface.
@Suite struct ExportedObjectTests {
  private nonisolated static let interface = "org.ongoingcall.Test"
  private nonisolated static let path = "/manager"

  @EventLoopActor
  private final class Served {
    let peers: BusPeers
    let exported: ExportedObject

    init(_ properties: [String: BusValue] = [:], _ answer: @escaping @EventLoopActor (MethodCall) -> Void) async throws
    {
      peers = try await BusPeers()
      exported = try peers.server.export(Answering(properties, answer), at: path, .manager, named: interface)
    }

    func call(
      _ member: String, _ arguments: [BusValue] = [], interface: String = ExportedObjectTests.interface,
      path: String = ExportedObjectTests.path, timeout: Duration = .seconds(10)
    ) async -> Result<BusValue?, BusError> {
      do throws(BusError) {
        return .success(
          try await peers.client.service(BusPeers.name).call(
            path: path, interface: interface, member: member, arguments, timeout: timeout
          ) { reply throws(BusError) in try? reply.read() })
      } catch { return .failure(error) }
    }

    func property(_ name: String) async -> Result<BusValue?, BusError> {
      await call(
        "Get", [.string(ExportedObjectTests.interface), .string(name)], interface: "org.freedesktop.DBus.Properties")
    }
  }

  private static func served(
    _ properties: [String: BusValue] = [:], _ answer: @escaping @EventLoopActor @Sendable (MethodCall) -> Void,
    _ body: @escaping @EventLoopActor @Sendable (Served) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let served = try await Served(properties, answer)
      try await body(served)
      withExtendedLifetime(served) {}
    }
  }

  // MARK: Answers

  @Test func aCallIsAnsweredWithWhatItAskedFor() async throws {
    try await Self.served { call in
      #expect(call.message.path == Self.path)
      #expect(call.message.interface == Self.interface)
      #expect(call.message.member == "EventsSince")
      #expect((try? call.message.read()) == .uint64(7))
      call.reply([.array([], of: "(ttsosa{sv})")])
    } _: { served in
      #expect(await served.call("EventsSince", [.uint64(7)]) == .success(.array([], of: "(ttsosa{sv})")))
    }
  }

  @Test func aCallMayBeAnsweredLaterAndAfterAnother() async throws {
    let held = try await onEventLoop { Mailbox<MethodCall>() }
    try await Self.served {
      held.put($0)
    } _: { served in
      let answers = Mailbox<Result<BusValue?, BusError>>()
      for _ in 0..<2 { EventLoopActor.task { answers.put(await served.call("Describe")) } }
      let calls = await held.next(2)
      #expect(calls.count == 2)
      for (number, call) in calls.enumerated().reversed() { call.reply([.string("\(number)")]) }
      #expect(await answers.next(2) == [.success(.string("1")), .success(.string("0"))])
    }
  }

  @Test func onlyTheFirstAnswerCounts() async throws {
    try await Self.served { call in
      call.reply([.string("first")])
      call.reply([.string("second")])
      call.fail(BusError("org.ongoingcall.Test.Third", "third"))
    } _: { served in
      #expect(await served.call("Describe") == .success(.string("first")))
      // And the next call gets its own.
      #expect(await served.call("Describe") == .success(.string("first")))
    }
  }

  @Test func aFailureKeepsItsNameAndText() async throws {
    try await Self.served { call in
      call.fail(BusError("org.ongoingcall.Test.Error.No", "“ü” is not possible"))
      call.reply([.string("late")])
    } _: { served in
      let expected = BusError("org.ongoingcall.Test.Error.No", "“ü” is not possible")
      #expect(await served.call("Describe") == .failure(expected))
    }
  }

  @Test func aCallThatIsDroppedIsAnswered() async throws {
    try await Self.served { _ in
    } _: { served in
      #expect(await served.call("Describe") == .failure(BusError(BusError.noReply, "the call was dropped")))
    }
  }

  @Test(arguments: [[.uint32(1)], [], [.string("a"), .string("b")], [.objectPath("not a path")]] as [[BusValue]])
  func anAnswerOfTheWrongTypeIsAnErrorAndNotSilence(_ values: [BusValue]) async throws {
    try await Self.served { call in
      call.reply(values)
    } _: { served in
      guard case .failure(let error) = await served.call("Describe") else {
        Issue.record("it was taken")
        return
      }
      #expect(error.name == BusError.failed)
    }
  }

  @Test func aCallThatIsNotAnsweredInTimeFails() async throws {
    let held = try await onEventLoop { Mailbox<MethodCall>() }
    try await Self.served {
      held.put($0)
    } _: { served in
      let start = ContinuousClock.now
      guard case .failure(let error) = await served.call("Describe", timeout: .milliseconds(50)) else {
        Issue.record("it was answered")
        return
      }
      #expect(error.name == BusError.timeout)
      #expect(ContinuousClock.now - start >= .milliseconds(50))
      // An answer that is late harms nothing.
      await held.next()?.reply([.string("late")])
      try await served.peers.settle()
      EventLoopActor.task { await held.next()?.reply([.string("now")]) }
      #expect(await served.call("Describe") == .success(.string("now")))
    }
  }

  // MARK: What the table keeps away

  @Test func argumentsOfAnotherTypeDoNotArrive() async throws {
    try await Self.served { _ in
      Issue.record("it arrived")
    } _: { served in
      for arguments in [[], [.uint64(1)], [.string("a"), .string("b")]] as [[BusValue]] {
        guard case .failure(let error) = await served.call("Abort", arguments) else {
          Issue.record("\(arguments) was taken")
          continue
        }
        #expect(error.name == "org.freedesktop.DBus.Error.InvalidArgs")
      }
    }
  }

  @Test func whatIsNotThereIsAnError() async throws {
    try await Self.served { _ in
      Issue.record("it arrived")
    } _: { served in
      guard case .failure(let method) = await served.call("Nothing"),
        case .failure(let interface) = await served.call("Describe", interface: "a.b"),
        case .failure(let object) = await served.call("Describe", path: "/nothing")
      else {
        Issue.record("it was taken")
        return
      }
      #expect(method.name == "org.freedesktop.DBus.Error.UnknownMethod")
      #expect(interface.name == "org.freedesktop.DBus.Error.UnknownMethod")
      #expect(object.name == "org.freedesktop.DBus.Error.UnknownObject")
    }
  }

  // MARK: Properties

  @Test func propertiesAreRead() async throws {
    let values: [String: BusValue] = ["Version": .string("1"), "Engines": .strings(["a"]), "Sequence": .uint64(.max)]
    try await Self.served(values) { _ in
    } _: { served in
      for (name, value) in values { #expect(await served.property(name) == .success(.variant(value))) }
      guard case .failure(let missing) = await served.property("NotificationSurface"),
        case .failure(let unknown) = await served.property("Nothing")
      else {
        Issue.record("it was read")
        return
      }
      #expect(missing.name == "org.freedesktop.DBus.Error.UnknownProperty")
      #expect(unknown.name == "org.freedesktop.DBus.Error.UnknownProperty")
    }
  }

  @Test func aPropertyOfTheWrongTypeIsAnErrorAndNotSilence() async throws {
    try await Self.served(["Version": .uint32(1), "Engines": .strings([])]) { _ in
    } _: { served in
      guard case .failure = await served.property("Version") else {
        Issue.record("it was read")
        return
      }
      #expect(await served.property("Engines") == .success(.variant(.strings([]))))
    }
  }

  @Test func aChangeIsAnnouncedWithTheNewValue() async throws {
    try await Self.served(["NotificationSurface": .string("plain")]) { _ in
    } _: { served in
      let changes = Mailbox<[BusValue]>()
      let slot = try served.peers.client.service(BusPeers.name).onSignal(member: "PropertiesChanged") { message in
        changes.put((0..<3).compactMap { _ in try? message.read() })
      }
      try await served.peers.settle()
      try served.peers.server.emitPropertiesChanged(
        path: Self.path, interface: Self.interface, ["NotificationSurface"])
      let change = await changes.next()
      #expect(
        change == [
          .string(Self.interface), .dictionary(["NotificationSurface": .string("plain")]), .strings([]),
        ])
      withExtendedLifetime(slot) {}
    }
  }

  // MARK: Coming and going

  @Test func anObjectIsThereAsLongAsItIsKept() async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      let answers = Answering([
        "Version": .string("1"), "Engines": .strings([]), "NotificationSurface": .string("none"),
        "Sequence": .uint64(0), "NotificationChannels": .array([], of: "a{sv}"),
      ]) { $0.reply([.string("here")]) }
      let manager = try peers.server.addObjectManager(at: "/root")
      let signals = Mailbox<[String]>()
      let slot = try peers.client.service(BusPeers.name).onSignal(path: "/root") { message in
        signals.put([message.member, (try? message.readString()) ?? ""])
      }
      try await peers.settle()
      var object: ExportedObject? = try peers.server.export(
        answers, at: "/root/one", .manager, named: Self.interface)
      try peers.server.emitObjectAdded("/root/one")
      #expect(await signals.next() == ["InterfacesAdded", "/root/one"])
      try peers.server.emitObjectRemoved("/root/one")
      withExtendedLifetime(object) {}
      object = nil
      #expect(await signals.next() == ["InterfacesRemoved", "/root/one"])
      let gone = await BusTests.failure { () throws(BusError) in
        try await peers.client.service(BusPeers.name).call(
          path: "/root/one", interface: Self.interface, member: "Describe"
        ) { _ throws(BusError) in }
      }
      #expect(gone?.name == "org.freedesktop.DBus.Error.UnknownObject")
      withExtendedLifetime((manager, slot)) {}
    }
  }
}
