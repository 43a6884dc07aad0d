// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// What is sent in others' names, on every bus that is installed: `client` listens to `server` and asks it, and a third
/// connection sends what it likes.
@Suite(.timeLimit(.minutes(1))) struct ForgeryTests {
  private nonisolated static let interface = "org.ongoingcall.Test"

  static func forged(
    on kind: PrivateBus.Kind,
    _ body:
      @escaping @EventLoopActor @Sendable (_ peers: BusPeers, _ forger: Forger, _ client: String) async throws -> Void
  ) async throws {
    try await onEventLoop {
      let peers = try await BusPeers(kind)
      try await body(peers, Forger.connect(to: peers.daemon.address), try #require(peers.client.uniqueName))
      withExtendedLifetime(peers) {}
    }
  }

  // MARK: Signals

  @Test(arguments: PrivateBus.Kind.installed)
  func onlyTheOwnersSignalsAreHeard(_ kind: PrivateBus.Kind) async throws {
    try await Self.forged(on: kind) { peers, forger, client in
      let heard = Mailbox<String>()
      let slot = try peers.client.service(BusPeers.name).onSignal(
        path: "/test", interface: Self.interface, member: "Said"
      ) { heard.put((try? $0.readString()) ?? "?") }
      try await peers.settle()
      for victim in [client, nil] {
        forger.signal("Said", to: victim, path: "/test", interface: Self.interface, ["forged"])
      }
      await forger.settle()
      try peers.server.emit(path: "/test", interface: Self.interface, member: "Said", [.string("true")])
      #expect(await heard.next() == "true")
      try await peers.settle()
      #expect(heard.waiting.isEmpty)
      withExtendedLifetime(slot) {}
    }
  }

  /// A signal that the bus was not asked to compare, as the owner sends it to nobody else.
  @Test func whatTheOwnerSendsHasToFit() async throws {
    try await onEventLoop {
      let peers = try await BusPeers()
      let owner = try await Forger.connect(to: peers.daemon.address)
      let client = try #require(peers.client.uniqueName)
      let heard = Mailbox<String>()
      let slot = try peers.client.service(owner.name).onSignal(
        path: "/test", interface: Self.interface, member: "Said", arg0: "a"
      ) { message in
        heard.put((try? message.readString()) ?? "?")
        heard.put((try? message.readString()) ?? "?")
      }
      try await peers.settle()
      owner.signal("Said", to: client, path: "/other", interface: Self.interface, ["a", "path"])
      owner.signal("Said", to: client, path: "/test", interface: "a.b", ["a", "interface"])
      owner.signal("Told", to: client, path: "/test", interface: Self.interface, ["a", "member"])
      owner.signal("Said", to: client, path: "/test", interface: Self.interface, ["b", "argument"])
      owner.signal("Said", to: client, path: "/test", interface: Self.interface)
      owner.signal("Said", to: client, path: "/test", interface: Self.interface, ["a", "right"])
      #expect(await heard.next(2) == ["a", "right"])
      #expect(heard.waiting.isEmpty)
      withExtendedLifetime(slot) {}
    }
  }

  /// That another would be the owner of a name from now on, or nobody.
  @Test(arguments: PrivateBus.Kind.installed)
  func onlyTheBusSaysWhoseANameIs(_ kind: PrivateBus.Kind) async throws {
    try await Self.forged(on: kind) { peers, forger, client in
      let owners = Mailbox<String?>()
      let departures = Mailbox<Void>()
      let service = peers.client.service(BusPeers.name)
      let slots = [
        try service.onOwner { owners.put($0) },
        try peers.client.onDeparture(of: BusPeers.name) { departures.put(()) },
      ]
      let server = try #require(peers.server.uniqueName)
      #expect(await owners.next() == .some(server))
      for owner in [forger.name, ""] {
        for victim in [client, nil] {
          forger.signal(
            "NameOwnerChanged", to: victim, path: "/org/freedesktop/DBus", interface: "org.freedesktop.DBus",
            [BusPeers.name, server, owner])
        }
      }
      await forger.settle()
      try await peers.settle()
      #expect(owners.waiting.isEmpty && departures.waiting.isEmpty)
      #expect(service.owner == server)
      // The bus itself is believed.
      try await peers.server.ask("ReleaseName", [.string(BusPeers.name)]) { _ throws(BusError) in }
      #expect(await owners.next() == .some(nil))
      #expect(await departures.next() != nil)
      withExtendedLifetime(slots) {}
    }
  }

  @Test func theNextOwnerIsHeardAndTheFormerIsNot() async throws {
    try await Self.forged(on: .daemon) { peers, _, _ in
      let service = peers.client.service(BusPeers.name)
      let heard = Mailbox<String>()
      let slot = try service.onSignal(interface: Self.interface) { heard.put($0.member) }
      try await peers.settle()
      let next = try Bus(address: peers.daemon.address, description: "next")
      try await peers.server.ask("ReleaseName", [.string(BusPeers.name)]) { _ throws(BusError) in }
      try await next.requestName(BusPeers.name)
      try peers.server.emit(path: "/", interface: Self.interface, member: "Former", [])
      try await peers.settle()
      try next.emit(path: "/", interface: Self.interface, member: "Next", [])
      #expect(await heard.next() == "Next")
      #expect(service.owner == next.uniqueName)
      withExtendedLifetime((slot, next)) {}
    }
  }

  /// Only the connection itself says that it is lost.
  @Test(arguments: PrivateBus.Kind.installed)
  func nobodySaysThatTheConnectionIsLost(_ kind: PrivateBus.Kind) async throws {
    try await Self.forged(on: kind) { peers, forger, client in
      let lost = Mailbox<Void>()
      let slot = peers.client.onDisconnect { lost.put(()) }
      forger.signal("Disconnected", to: client, path: "/any", interface: Self.interface)
      await forger.settle()
      try await peers.settle()
      #expect(lost.waiting.isEmpty)
      withExtendedLifetime(slot) {}
    }
  }

  // MARK: Replies

  /// Whoever guesses the number of a call, with an error or with values.
  @Test(arguments: PrivateBus.Kind.installed)
  func onlyWhoWasAskedReplies(_ kind: PrivateBus.Kind) async throws {
    try await Self.forged(on: kind) { peers, forger, client in
      let asked = Mailbox<MethodCall>()
      let slot = try peers.server.serve("/test") { asked.put($0) }
      let answers = Mailbox<Result<String, BusError>>()
      let service = peers.client.service(try #require(peers.server.uniqueName))
      service.call(path: "/test", interface: Self.interface, member: "Ask") { reply throws(BusError) in
        try reply.readString()
      } answer: {
        answers.put($0)
      }
      let call = await asked.next()
      for number in 1...100 as ClosedRange<UInt32> {
        forger.reply(to: client, number: number, error: BusError.noSuchUnit, ["forged"])
        forger.reply(to: client, number: number, ["forged"])
      }
      await forger.settle()
      try await peers.settle()
      #expect(answers.waiting.isEmpty)
      call?.reply([.string("true")])
      #expect(await answers.next() == .success("true"))
      withExtendedLifetime(slot) {}
    }
  }

  /// Who calls can send, right behind its call, the answer to the question of who it is.
  @Test(arguments: PrivateBus.Kind.installed)
  func whoCallsDoesNotSayWhoItIs(_ kind: PrivateBus.Kind) async throws {
    try await Self.forged(on: kind) { peers, forger, client in
      let asked = Mailbox<Caller>()
      let refusal = BusError(BusError.failed, "too many")
      let rules = CallRules(tooMany: refusal, tooLarge: refusal, noDescriptors: refusal)
      let queue = try peers.client.queueCalls(rules) { _, credentials in
        credentials.process == getpid() ? .unconfined : .unidentified("it is another")
      }
      let object = Answering { call in
        asked.put(call.caller)
        call.reply([.string("{}")])
      }
      let exported = try peers.client.export(object, at: "/manager", .manager, named: Self.interface)
      forger.call("Describe", of: client, path: "/manager", interface: Self.interface)
      for number in 1...100 as ClosedRange<UInt32> {
        forger.reply(to: client, number: number, error: BusError.nameHasNoOwner)
      }
      await forger.settle()
      #expect(await asked.next() == .unconfined)
      withExtendedLifetime((queue, exported)) {}
    }
  }

  /// sd-bus itself would end the connection.
  @Test func nobodySaysThatTheBusRefusesToListen() async throws {
    try await Self.forged(on: .daemon) { peers, forger, client in
      let lost = Mailbox<Void>()
      let slot = peers.client.onDisconnect { lost.put(()) }
      let bus = try await peers.process()
      var slots: [BusSlot] = []
      // What both have sent is there when the bus goes on.
      for _ in 0..<20 {
        kill(bus, SIGSTOP)
        for number in 1...200 as ClosedRange<UInt32> {
          forger.reply(to: client, number: number, error: BusError.failed)
        }
        forger.flush()
        slots.append(try peers.client.service(forger.name).onSignal { _ in })
        kill(bus, SIGCONT)
        try await peers.settle()
      }
      #expect(lost.waiting.isEmpty)
      withExtendedLifetime((slot, slots)) {}
    }
  }
}
