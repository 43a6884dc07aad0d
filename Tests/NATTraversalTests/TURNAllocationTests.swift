// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import NATTraversal

@Suite final class TURNAllocationTests {
  let network = Network()
  let turn: TURNServer

  init() { turn = TURNServer(network) }

  deinit { network.close() }

  private func end(_ server: TransportAddress? = nil) throws -> End {
    var account = turn.account
    if let server { account.server = server }
    return try End(network, "192.0.2.1:4000", turn: account, isControlling: true)
  }

  private func gather(_ end: End) -> ServerFailure.Reason? {
    end.gather()
    network.run(for: 2000) { end.isGathered }
    return end.agent.failures.first?.reason
  }

  @Test(arguments: [false, true])
  func challengeIsMet(offersSHA256: Bool) throws {
    turn.offersSHA256 = offersSHA256
    let end = try end()
    #expect(gather(end) == nil)
    #expect(turn.requests.map(\.method) == [.allocate, .allocate])
    #expect(end.agent.description.candidates.last?.kind == .relayed)
  }

  @Test(
    arguments: [
      (486, "Quota", .quotaReached("Quota")), (508, "Full", .noCapacity("Full")),
      (441, "Wrong Credentials", .passwordRefused("Wrong Credentials")),
      (403, "Forbidden", .refused(code: 403, "Forbidden")), (442, "No UDP", .refused(code: 442, "No UDP")),
    ] as [(Int, String, ServerFailure.Reason)])
  func refusalIsTold(code: Int, phrase: String, reason: ServerFailure.Reason) throws {
    turn.refusals[.allocate] = .init(code: code, phrase: phrase)
    let start = network.now
    #expect(try gather(end()) == reason)
    #expect(network.now - start < 100)
  }

  @Test func wrongPasswordIsToldInTheServersWords() throws {
    turn.password = "other"
    let end = try end()
    #expect(gather(end) == .passwordRefused("Unauthorized"))
    #expect(turn.requests.count == 2)
    #expect(
      end.agent.failures.first?.description
        == "the TURN server 198.51.100.2:3478 does not accept the user name and the password: Unauthorized")
  }

  @Test func answersWithoutIntegrityAreNone() throws {
    turn.forgetsIntegrity = true
    let end = try end()
    #expect(gather(end) == .noAnswer)
    #expect(end.agent.description.candidates.count == 1)
  }

  @Test func redirectionIsFollowedOnce() throws {
    let other = TURNServer(network, "198.51.100.9:3478")
    turn.redirection = other.address
    let end = try end()
    #expect(gather(end) == nil)
    #expect(end.agent.description.candidates.last?.address.host == "198.51.100.9")
    other.redirection = TransportAddress(literal: "198.51.100.10:3478")
    let next = try End(network, "192.0.2.2:4000", turn: turn.account, isControlling: true)
    #expect(gather(next) == .redirected(to: TransportAddress(literal: "198.51.100.10:3478")))
  }

  @Test func redirectionToTheOwnMachineIsRefused() throws {
    turn.redirection = TransportAddress(literal: "127.0.0.1:3478")
    #expect(try gather(end()) == .redirected(to: turn.redirection))
  }

  /// An earlier process on this port has not given it back.
  @Test func forgottenAllocationIsReplaced() throws {
    let first = try end()
    #expect(gather(first) == nil)
    network.ends = []
    let second = try end()
    #expect(gather(second) == nil)
    #expect(turn.allocations.count { $0.expiresAt > network.now } == 1)
  }

  @Test func staleNonceAndShortLifetimeAreBorne() throws {
    (turn.nonceLifetime, turn.lifetime) = (20_000, 40)
    network.nats = [NAT("203.0.113.1", network: "10.0.1.", isSymmetric: true)]
    let one = try End(network, "10.0.1.7:4000", turn: turn.account, isControlling: true, isRelayOnly: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    try #require(ICEAgentTests.connect(one, other))
    network.run(for: 1_000_000)
    #expect(ICEAgentTests.bothHear(one, other))
    #expect(!one.has(.lost) && !other.has(.lost))
  }

  /// Refreshes come in time, and no more often than they must. Some meet a nonce that is stale.
  @Test func refreshesAreRare() throws {
    let one = try End(network, "192.0.2.1:4000", turn: turn.account, isControlling: true, isRelayOnly: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    try #require(ICEAgentTests.connect(one, other))
    network.run(for: 2000)
    let count = turn.requests.count
    network.run(for: 3_600_000)
    let methods = turn.requests[count...].map(\.method)
    #expect((6...14).contains(methods.count { $0 == .refresh }))
    #expect((14...22).contains(methods.count { $0 == .createPermission }))
    #expect((6...12).contains(methods.count { $0 == .channelBind }))
    #expect(methods.allSatisfy { [.refresh, .createPermission, .channelBind].contains($0) })
    #expect(ICEAgentTests.bothHear(one, other))
  }

  /// The server relays to nobody in its own network.
  @Test func forbiddenFarEndIsGivenUp() throws {
    turn.forbidden = ["192.0.2.2"]
    let one = try End(network, "192.0.2.1:4000", turn: turn.account, isControlling: true, isRelayOnly: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    #expect(!ICEAgentTests.connect(one, other, within: 26_000))
    #expect(one.failure == .noAnswer)
  }

  /// While the network is away, the server keeps what there is.
  @Test func outageIsBorne() throws {
    let one = try End(network, "192.0.2.1:4000", turn: turn.account, isControlling: true)
    _ = gather(one)
    network.run(for: 500_000)
    network.darkened = ["192.0.2.1"]
    network.run(for: 90_000)
    network.darkened = []
    network.run(for: 600_000)
    #expect(one.agent.description.candidates.last?.kind == .relayed)
    #expect(one.agent.failures.isEmpty)
  }

  @Test func closingWhileAskingGivesBack() throws {
    let end = try end()
    end.gather()
    network.run(for: 15)
    end.close()
    network.run(for: 2000)
    #expect(turn.allocations.allSatisfy { $0.expiresAt <= network.now })
    #expect(end.deadline == .max)
  }

  @Test func channelsThatNobodyUsesAreNotRefreshed() {
    let peers = ["192.0.2.2:5000", "192.0.2.2:5001"].map { TransportAddress(literal: $0) }
    let memory = TURNMemory(
      server: turn.address, relayed: TransportAddress(literal: "198.51.100.2:50000"), mapped: nil,
      channels: [.init(peer: peers[0], number: 0x4000), .init(peer: peers[1], number: 0x4001)], nextChannel: 0x4002)
    var allocation = TURNAllocation(turn.account, memory, .tests)
    allocation.keepOnly(["192.0.2.2"], channelTo: peers[1])
    let requests = allocation.tick(at: 1).compactMap { effect in
      if case .send(let bytes, _) = effect { STUNMessage(bytes) } else { nil }
    }
    #expect(requests.map(\.method) == [.refresh, .createPermission, .channelBind])
    #expect(requests.last?[.channelNumber] == [0x40, 1, 0, 0])
    #expect(allocation.channel(of: peers[0]) == nil && allocation.channel(of: peers[1]) == 0x4001)
    // What the server still sends on the other one is read.
    #expect(allocation.unwrap([0x40, 0, 0, 1, 7])?.peer == peers[0])
  }
}
