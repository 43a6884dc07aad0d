// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import NATTraversal

/// What happens once there is a path.
@Suite final class ICELifeTests {
  let network = Network()

  deinit { network.close() }

  private func direct() throws -> (End, End) {
    let one = try End(network, "192.0.2.1:4000", isControlling: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    try #require(ICEAgentTests.connect(one, other))
    return (one, other)
  }

  private func relayed(_ turn: TURNServer) throws -> (End, End) {
    network.nats = [
      NAT("203.0.113.1", network: "10.0.1.", isSymmetric: true),
      NAT("203.0.113.2", network: "10.0.2.", isSymmetric: true),
    ]
    let one = try End(network, "10.0.1.7:4000", turn: turn.account, isControlling: true)
    let other = try End(network, "10.0.2.7:5000", stun: STUNServer(network), isControlling: false)
    try #require(ICEAgentTests.connect(one, other))
    return (one, other)
  }

  // MARK: Consent

  @Test func consentIsAskedForEveryFiveSeconds() throws {
    let (one, other) = try direct()
    network.run(for: 2000)
    let (start, count) = (network.now, network.sent.count)
    network.run(for: 100_000)
    let times = network.sent[count...].filter {
      $0.source == one.settings.local && $0.bytes[1] == 1 && $0.bytes[0] == 0
    }
    .map(\.time)
    #expect((17...25).contains(times.count))
    for (earlier, later) in zip([start] + times, times) { #expect(later - earlier <= 6000) }
    #expect(Set(zip(times, times.dropFirst()).map { $1 - $0 }).count > 5)
    #expect(!one.has(.lost) && !other.has(.lost))
  }

  @Test func silenceLosesThePathAfterHalfAMinute() throws {
    let (one, other) = try direct()
    network.run(for: 2000)
    let start = network.now
    network.darkened = ["192.0.2.2"]
    #expect(network.run(for: 40_000) { one.has(.lost) })
    #expect((24_000...30_000).contains(network.now - start))
    #expect(one.agent.selected == nil)
    network.run(for: 10_000)
    #expect(other.has(.lost))
    #expect(one.effects.count { $0.effect == .lost } == 1)
    // Nothing goes there any more.
    let count = network.sent.count
    network.run(for: 60_000)
    #expect(network.sent.count == count)
  }

  @Test func restartHelpsAfterSilence() throws {
    let (one, other) = try direct()
    network.darkened = ["192.0.2.2"]
    network.run(for: 40_000)
    network.darkened = []
    restart(one, other)
    #expect(network.run(for: 3000) { one.agent.selected != nil && other.agent.selected != nil })
    #expect(ICEAgentTests.bothHear(one, other))
  }

  /// A far end whose router gives it another port is found again by its own checks.
  @Test(arguments: [false, true])
  func farEndsNewAddressIsTaken(isControlling: Bool) throws {
    let nat = NAT("203.0.113.1", network: "10.0.1.", isSymmetric: false)
    network.nats = [nat]
    let moving = try End(network, "10.0.1.7:4000", isControlling: isControlling)
    let fixed = try End(network, "192.0.2.2:5000", isControlling: !isControlling)
    try #require(isControlling ? ICEAgentTests.connect(moving, fixed) : ICEAgentTests.connect(fixed, moving))
    #expect(fixed.agent.selected?.remote.description == "203.0.113.1:20000")
    nat.restart()
    #expect(network.run(for: 24_000) { fixed.agent.selected?.remote.description == "203.0.113.1:20001" })
    #expect(!moving.has(.lost))
    #expect(ICEAgentTests.bothHear(moving, fixed))
  }

  // MARK: Restart

  private func restart(_ offerer: End, _ answerer: End) {
    offerer.forgetEffects()
    offerer.restart()
    network.run(for: 2000) { offerer.isGathered }
    answerer.connect(to: offerer.agent.description, inOffer: true)
    network.run(for: 100)
    offerer.connect(to: answerer.agent.description)
  }

  @Test(arguments: [false, true])
  func restartChangesCredentialsAndKeepsThePath(isFirst: Bool) throws {
    let (one, other) = try direct()
    let (a, b) = isFirst ? (one, other) : (other, one)
    let before = (a.agent.description, b.agent.description)
    let count = (a.effects.count, b.effects.count)
    a.restart()
    #expect(a.agent.selected != nil)
    #expect(a.isGathered)
    #expect(a.agent.description.userFragment != before.0.userFragment)
    #expect(a.agent.description.candidates == before.0.candidates)
    // The offer takes its time.
    network.run(for: 40_000)
    #expect(a.agent.selected != nil && b.agent.selected != nil)
    b.connect(to: a.agent.description, inOffer: true)
    #expect(b.agent.description.userFragment != before.1.userFragment)
    network.run(for: 100)
    a.connect(to: b.agent.description)
    func isSelectedAgain(_ end: End, _ count: Int) -> Bool {
      end.effects[count...].contains { if case .selected = $0.effect { true } else { false } }
    }
    #expect(network.run(for: 3000) { isSelectedAgain(a, count.0) && isSelectedAgain(b, count.1) })
    network.run(for: 60_000)
    #expect(!a.has(.lost) && !b.has(.lost))
    #expect(ICEAgentTests.bothHear(one, other))
  }

  /// A restart that the far end never hears of costs nothing but itself.
  @Test func unansweredRestartLeavesThePath() throws {
    let (one, other) = try direct()
    one.restart()
    network.run(for: 120_000)
    #expect(!one.has(.lost) && !other.has(.lost))
    #expect(one.failure == nil)
    #expect(ICEAgentTests.bothHear(one, other))
  }

  /// Who answers in the end is not who answered first, and this end's offer holds for both.
  @Test func otherForkIsTaken() throws {
    let (one, other) = try direct()
    let local = one.agent.description
    let fork = try End(network, "192.0.2.3:6000", isControlling: false)
    fork.gather()
    fork.connect(to: local, inOffer: true)
    one.connect(to: fork.agent.description)
    #expect(one.agent.description == local)
    #expect(network.run(for: 3000) { one.agent.selected?.remote.host == "192.0.2.3" && fork.agent.selected != nil })
    other.close()
    network.run(for: 60_000)
    #expect(ICEAgentTests.bothHear(one, fork))
  }

  // MARK: Other far ends

  @Test func liteFarEndIsAccepted() throws {
    for isControlling in [true, false] {
      let one = try End(network, "192.0.2.1:4000", isControlling: isControlling)
      let lite = LiteEnd(network, "192.0.2.9:9000")
      one.gather()
      one.connect(to: lite.description, inOffer: !isControlling)
      #expect(network.run(for: 3000) { one.agent.selected != nil })
      #expect(one.agent.isControlling)
      #expect(lite.nominations == 1)
      network.run(for: 60_000)
      #expect(!one.has(.lost))
    }
  }

  /// It nominates whatever it checks, the worse path first.
  @Test func aggressiveFarEndIsAccepted() throws {
    let one = try End(network, "192.0.2.1:4000", isControlling: false)
    one.gather()
    let far = try #require(
      ICEDescription(attributes: [
        ("ice-ufrag", "farr"), ("ice-pwd", "0123456789012345678901"),
        ("candidate", "1 1 UDP 100 192.0.2.8 8000 typ host"), ("candidate", "1 1 UDP 200 192.0.2.8 8001 typ host"),
      ]))
    let ports = [TransportAddress(literal: "192.0.2.8:8000"), TransportAddress(literal: "192.0.2.8:8001")]
    for port in ports { Responder.open(network, port, password: far.password) }
    one.connect(to: far, inOffer: true)
    for (index, port) in ports.enumerated() {
      let bytes = Responder.check(one.agent.description, from: "farr", nominates: true)
      network.send(bytes, from: port, to: one.settings.local)
      #expect(network.run(for: 1000) { one.agent.selected?.remote == port }, "\(index)")
    }
    // The worse one does not come back.
    network.send(
      Responder.check(one.agent.description, from: "farr", nominates: true), from: ports[0], to: one.settings.local)
    network.run(for: 1000)
    #expect(one.agent.selected?.remote == ports[1])
  }

  @Test func checksMayComeBeforeTheAnswer() throws {
    let one = try End(network, "192.0.2.1:4000", isControlling: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    one.gather()
    other.gather()
    other.connect(to: one.agent.description, inOffer: true)
    network.run(for: 3000)
    #expect(one.agent.selected == nil && other.agent.selected == nil)
    let start = network.now
    one.connect(to: other.agent.description)
    #expect(network.run(for: 3000) { one.agent.selected != nil && other.agent.selected != nil })
    #expect(network.now - start < 200)
  }

  @Test func silentFarEndFails() throws {
    let one = try End(network, "192.0.2.1:4000", isControlling: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    other.gather()
    one.gather()
    network.darkened = ["192.0.2.2"]
    let start = network.now
    one.connect(to: other.agent.description)
    #expect(network.run(for: 30_000) { one.failure != nil })
    #expect(one.failure == .noAnswer)
    #expect(network.now - start == 25_000)
    let count = network.sent.count
    network.run(for: 60_000)
    #expect(network.sent.count == count)
  }

  // MARK: Successors

  @Test func successorGoesOnMidCall() throws {
    var (one, other) = try direct()
    for _ in 0..<3 {
      let description = one.agent.description
      one = try one.die()
      #expect(one.agent.selected?.remote.host == "192.0.2.2")
      #expect(one.agent.description == description)
      network.run(for: 40_000)
      #expect(ICEAgentTests.bothHear(one, other))
      other = try other.die()
      network.run(for: 40_000)
      #expect(ICEAgentTests.bothHear(one, other))
    }
    #expect(!one.has(.lost) && !other.has(.lost))
  }

  @Test func successorGoesOnThroughARelay() throws {
    let turn = TURNServer(network)
    var (one, other) = try relayed(turn)
    try #require(one.agent.selected?.relay != nil)
    network.run(for: 200_000)
    for _ in 0..<3 {
      let path = one.agent.selected
      one = try one.die()
      #expect(one.agent.selected == path)
      #expect(one.sends("at once", to: other))
      network.run(for: 700_000)
      #expect(ICEAgentTests.bothHear(one, other))
      other = try other.die()
    }
    #expect(turn.allocations.count == 1)
    restart(one, other)
    network.run(for: 30_000)
    #expect(ICEAgentTests.bothHear(one, other))
    one.close()
    network.run(for: 3000)
    #expect(turn.allocations.allSatisfy { $0.expiresAt <= network.now })
  }

  /// Whenever it dies.
  @Test(arguments: Array(stride(from: Int64(1), to: 1500, by: 101)), [false, true])
  func successorGoesOnMidChecks(time: Int64, isFirst: Bool) throws {
    let turn = TURNServer(network)
    network.nats = [
      NAT("203.0.113.1", network: "10.0.1.", isSymmetric: true),
      NAT("203.0.113.2", network: "10.0.2.", isSymmetric: true),
    ]
    var one = try End(network, "10.0.1.7:4000", turn: turn.account, isControlling: true)
    var other = try End(network, "10.0.2.7:5000", turn: turn.account, isControlling: false)
    one.gather()
    other.gather()
    network.run(for: 2000) { one.isGathered && other.isGathered }
    other.connect(to: one.agent.description, inOffer: true)
    one.connect(to: other.agent.description)
    network.run(for: time)
    if isFirst { one = try one.die() } else { other = try other.die() }
    #expect(network.run(for: 10_000) { one.agent.selected != nil && other.agent.selected != nil })
    network.run(for: 40_000)
    #expect(ICEAgentTests.bothHear(one, other))
    #expect(!one.has(.lost) && !other.has(.lost))
  }

  /// Nothing that it knows of is left.
  @Test func successorWithoutItsRelayHasNoPath() throws {
    let turn = TURNServer(network)
    let (one, _) = try relayed(turn)
    try #require(one.agent.selected?.relay != nil)
    turn.forgetEverything()
    let next = try one.die()
    #expect(network.run(for: 5000) { next.has(.lost) })
    #expect(next.agent.failures == [ServerFailure(.turn, turn.address, .allocationLost)])
  }

  /// The relay serves the far end of the new checks, even if none of them is ever answered.
  @Test func aRestartLeavesTheHostsOfTheChecksBefore() throws {
    let turn = TURNServer(network)
    let one = try End(network, "192.0.2.1:4000", turn: turn.account, isControlling: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    try #require(ICEAgentTests.connect(one, other))
    network.run(for: 1000)
    #expect(turn.allocations.map { Array($0.permissions.keys) } == [["192.0.2.2"]])
    one.restart()
    let silent = try End(network, "192.0.2.9:5000", isControlling: false)
    silent.gather()
    network.run(for: 2000) { silent.isGathered }
    let description = silent.agent.description
    silent.close()
    one.connect(to: description)
    network.run(for: 700_000)
    let now = network.now
    let left = turn.allocations.flatMap { $0.permissions.filter { $0.value > now }.keys }
    #expect(left == ["192.0.2.9"])
  }

  @Test func lostRelayIsAskedForAgainByARestart() throws {
    let turn = TURNServer(network)
    let (one, other) = try relayed(turn)
    turn.forgetEverything()
    #expect(network.run(for: 700_000) { one.has(.lost) })
    restart(one, other)
    #expect(network.run(for: 5000) { one.agent.selected != nil && other.agent.selected != nil })
    #expect(ICEAgentTests.bothHear(one, other))
  }
}
