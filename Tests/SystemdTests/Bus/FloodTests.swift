// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Testing

@testable import Systemd

/// What nobody waits for is dropped before sd-bus reads it, and nothing else is.
@Suite(.timeLimit(.minutes(1))) struct FloodTests {
  private nonisolated static let interface = "org.ongoingcall.Test"
  private nonisolated static let many = 5_000

  enum Message: CaseIterable {
    case signal, reply, error

    func send(_ forger: Forger, to victim: String, _ number: Int) {
      switch self {
      case .signal: forger.signal("Said", to: victim, path: "/test", interface: interface, ["forged"])
      case .reply: forger.reply(to: victim, number: UInt32(1 + number % 1000), ["forged"])
      case .error: forger.reply(to: victim, number: UInt32(1 + number % 1000), error: "org.example.No")
      }
    }
  }

  /// The owner's signals and answers come in between. dbus-broker drops replies itself.
  @Test(arguments: Message.allCases)
  func whatIsForgedIsDropped(_ message: Message) async throws {
    try await ForgeryTests.forged(on: .daemon) { peers, forger, client in
      let heard = Mailbox<String>()
      let service = peers.client.service(BusPeers.name)
      let slots = [
        try service.onSignal(path: "/test", interface: Self.interface, member: "Said") {
          heard.put((try? $0.readString()) ?? "?")
        },
        try peers.server.serve("/test") { $0.reply([.string("answer")]) },
      ]
      try await peers.settle()
      for number in 0..<10 {
        for count in 0..<Self.many / 10 { message.send(forger, to: client, count) }
        await forger.settle()
        try peers.server.emit(path: "/test", interface: Self.interface, member: "Said", [.string("\(number)")])
        let answer = try await service.call(path: "/test", interface: Self.interface, member: "Ask") {
          reply throws(BusError) in try reply.readString()
        }
        #expect(answer == "answer")
      }
      #expect(await heard.next(10) == (0..<10).map { "\($0)" })
      #expect(heard.waiting.isEmpty)
      // The first of what comes at once is read by sd-bus.
      #expect(peers.client.pump?.dropped ?? 0 > Self.many / 2)
      withExtendedLifetime(slots) {}
    }
  }

  @Test(arguments: PrivateBus.Kind.installed)
  func aLargeMessageIsDroppedInParts(_ kind: PrivateBus.Kind) async throws {
    try await ForgeryTests.forged(on: kind) { peers, forger, client in
      let text = String(repeating: "x", count: 3_000_000)
      for _ in 0..<5 { forger.signal("Said", to: client, path: "/test", interface: Self.interface, [text]) }
      await forger.settle()
      try await peers.settle()
      #expect(peers.client.pump?.dropped ?? 0 >= 3)
      #expect(try await peers.client.hasOwner(BusPeers.name))
    }
  }

  /// The kernel closes them.
  @Test func descriptorsThatComeWithItAreClosed() async throws {
    try await ForgeryTests.forged(on: .daemon) { peers, forger, client in
      let file = open("/dev/null", O_RDONLY | O_CLOEXEC)
      defer { close(file) }
      let count = { Files.names(in: "/proc/self/fd").count }
      forger.signal("Said", to: client, path: "/test", interface: Self.interface, values: [.string("warm")])
      await forger.settle()
      try await peers.settle()
      let before = count()
      for _ in 0..<200 {
        forger.signal(
          "Said", to: client, path: "/test", interface: Self.interface,
          values: [.descriptor(BusDescriptor(borrowing: file))])
      }
      await forger.settle()
      try await peers.settle()
      forger.discard()
      #expect(peers.client.pump?.dropped ?? 0 > 0)
      // Other tests have some of their own.
      #expect(count() < before + 100)
    }
  }

  /// Who owns a name is learned before that owner's first signal, which comes at once.
  @Test func aNewOwnersFirstSignalIsHeard() async throws {
    try await ForgeryTests.forged(on: .daemon) { peers, forger, client in
      let heard = Mailbox<String>()
      let slot = try peers.client.service("org.ongoingcall.New").onSignal(interface: Self.interface) {
        heard.put((try? $0.readString()) ?? "?")
      }
      try await peers.settle()
      for number in 0..<Self.many { Message.signal.send(forger, to: client, number) }
      forger.flush()
      try await peers.server.requestName("org.ongoingcall.New")
      try peers.server.emit(path: "/test", interface: Self.interface, member: "Said", [.string("first")])
      #expect(await heard.next() == "first")
      withExtendedLifetime(slot) {}
    }
  }
}
