// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import FoundationEssentials
import Testing

@testable import NATTraversal

/// Far ends and strangers that mean harm.
@Suite final class ICEStrangerTests {
  let network = Network()

  deinit { network.close() }
  static let stranger = TransportAddress(literal: "192.0.2.66:666")

  private func description(_ candidates: [String]) throws -> ICEDescription {
    let attributes: [(name: String, value: String)] = [("ice-ufrag", "farr"), ("ice-pwd", "0123456789012345678901")]
    return try #require(ICEDescription(attributes: attributes + candidates.map { (name: "candidate", value: $0) }))
  }

  private func gathered() throws -> End {
    let end = try End(network, "192.0.2.1:4000", isControlling: false)
    end.gather()
    return end
  }

  @Test func answersWithoutIntegrityAreNone() throws {
    let one = try gathered()
    Responder.open(network, Self.stranger, password: nil)
    one.connect(to: try description(["1 1 UDP 100 192.0.2.66 666 typ host"]))
    network.run(for: 3000)
    Responder.open(network, Self.stranger, password: "another5678901234567890")
    network.run(for: 3000)
    #expect(one.agent.session.pairs.map(\.state) == [.inProgress])
    Responder.open(network, Self.stranger, password: "0123456789012345678901")
    network.run(for: 3000)
    #expect(one.agent.session.pairs.map(\.state) == [.succeeded])
  }

  /// The answer to a check comes from where it went.
  @Test func answersFromElsewhereAreNone() throws {
    let one = try gathered()
    let key = STUNKey(password: "0123456789012345678901", .tests)
    network.open(TransportAddress(literal: "192.0.2.8:8000")) { [network] bytes, source in
      guard let request = STUNMessage(bytes) else { return }
      network.send(Responder.response(request, source, key), from: Self.stranger, to: source)
    }
    one.connect(to: try description(["1 1 UDP 100 192.0.2.8 8000 typ host"]))
    network.run(for: 3000)
    #expect(one.agent.session.pairs.map(\.state) == [.inProgress])
  }

  @Test func strangersGetNoAnswerAndLeaveNoTrace() throws {
    let one = try gathered()
    one.connect(to: try description([]))
    let own = one.agent.description
    let (memory, count) = (one.agent.memory, network.sent.count)
    let checks = [
      Responder.check(own, from: "farr", to: "else"), Responder.check(own, from: "farr", password: "x"),
      Responder.check(own, from: "farr", to: ""), STUNVectorTests.request, STUNVectorTests.longTerm,
      STUNMessage(.request, .binding, transactionID: [UInt8](repeating: 1, count: 12)).encoded(),
      STUNMessage(.indication, .data, transactionID: [UInt8](repeating: 1, count: 12)).encoded(), [], [0x40],
      [0x40, 0],
      [0x80] + [UInt8](repeating: 0, count: 100), [0x40, 0, 0xFF, 0xFF] + STUNVectorTests.request,
    ]
    for check in checks { network.send(check, from: Self.stranger, to: one.settings.local) }
    network.run(for: 1000)
    #expect(network.sent.count == count + checks.count)
    #expect(one.agent.session.pairs.isEmpty && one.agent.session.early.isEmpty)
    #expect(one.agent.memory == memory)
  }

  @Test func whatMustBeUnderstoodIsRefused() throws {
    let one = try gathered()
    var request = STUNMessage(.request, .binding, transactionID: [UInt8](repeating: 1, count: 12))
    request.add(.username, "\(one.agent.description.userFragment):farr")
    request.add(.init(rawValue: 0x7777))
    var answer: STUNMessage?
    network.open(Self.stranger) { bytes, _ in answer = STUNMessage(bytes) }
    network.send(
      request.encoded(STUNKey(password: one.agent.description.password, .tests)), from: Self.stranger,
      to: one.settings.local)
    network.run(for: 100)
    #expect(answer?.failure?.code == 420)
    #expect(answer?.unknownAttributes.map(\.rawValue) == [0x7777])
  }

  /// A far end that points to somebody else makes this end send only so much there.
  @Test func victimsBearLittle() throws {
    let one = try gathered()
    let candidates = (1...1000).map {
      "\($0) 1 UDP \($0) 203.0.113.5 \($0 + 1000) typ \($0 % 2 == 0 ? "host" : "relay")"
    }
    let remote = try description(candidates)
    #expect(remote.candidates.count <= 16)
    let start = network.now
    one.connect(to: remote)
    // Again and again.
    for _ in 0..<20 {
      network.run(for: 3000)
      one.connect(to: remote)
    }
    let sent = network.sent.filter { $0.destination.host == "203.0.113.5" }
    #expect(sent.count <= 16 * 13)
    #expect(sent.allSatisfy { $0.bytes.count < 120 })
    for (earlier, later) in zip(sent, sent.dropFirst()) { #expect(later.time - earlier.time >= 50) }
    #expect((sent.last?.time ?? 0) - start < 25_000)
  }

  /// With the password, too, it is a check in 50 ms.
  @Test func floodsOfChecksAreBounded() throws {
    let one = try gathered()
    one.connect(to: try description([]))
    for round in 0..<10 {
      for port in UInt16(1)...100 {
        network.send(
          Responder.check(one.agent.description, from: round % 2 == 0 ? "farr" : "early\(port)", id: UInt8(port)),
          from: TransportAddress(literal: "203.0.113.5:\(port)"), to: one.settings.local)
      }
      network.run(for: 100)
    }
    #expect(one.agent.session.pairs.count <= 64)
    #expect(one.agent.session.remotes.count <= 24)
    #expect(one.agent.session.early.count <= 16)
    network.run(for: 30_000)
    let own = network.sent.filter { $0.source == one.settings.local && $0.bytes[0] == 0 }
    for (earlier, later) in zip(own, own.dropFirst()) { #expect(later.time - earlier.time >= 50) }
  }

  @Test func ownMachineIsNotNamed() throws {
    let one = try gathered()
    one.connect(
      to: try description([
        "1 1 UDP 1 127.0.0.1 22 typ host", "1 1 UDP 2 0.0.0.0 22 typ host", "1 1 UDP 3 224.0.0.1 22 typ host",
        "1 1 UDP 4 2001:db8::1 22 typ host",
      ]))
    network.run(for: 26_000)
    #expect(network.sent.isEmpty)
    #expect(one.failure == .noCandidate)
  }

  /// No bytes end the program, whatever state it is in.
  @Test func brokenDatagramsDoNothing() throws {
    let (stun, turn) = (STUNServer(network), TURNServer(network))
    let one = try End(network, "192.0.2.1:4000", stun: stun, turn: turn.account, isControlling: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    try #require(ICEAgentTests.connect(one, other))
    var dice = Dice(7)
    let seeds = network.sent.map(\.bytes)
    let sources = [other.settings.local, turn.address, stun.address, Self.stranger]
    let path = one.agent.selected
    var agent = one.agent
    for turn in 0..<20_000 {
      let bytes = dice.mutated(seeds[turn % seeds.count])
      _ = agent.received(bytes, from: sources[turn / 3 % sources.count], at: network.now + Int64(turn / 10))
    }
    #expect(agent.selected == path)
  }

  @Test func memoryIsSmall() throws {
    let turn = TURNServer(network)
    let one = try End(network, "192.0.2.1:4000", turn: turn.account, isControlling: true)
    one.gather()
    network.run(for: 1000)
    let text = String(repeating: "a", count: 256)
    let candidates = (1...16).map { "1 1 UDP \($0) 2001:db8:1111:2222:3333:4444:5555:\($0 + 4096) 50000 typ host" }
    let attributes: [(name: String, value: String)] =
      [("ice-ufrag", text), ("ice-pwd", text)] + candidates.map { (name: "candidate", value: $0) }
    one.connect(to: try #require(ICEDescription(attributes: attributes)))
    let bytes = try JSONEncoder().encode(one.agent.memory)
    #expect(bytes.count < 2048)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("secret"))
  }
}
