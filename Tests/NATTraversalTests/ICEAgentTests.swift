// SPDX-License-Identifier: Apache-2.0
import NATTraversal
import Testing

@Suite final class ICEAgentTests {
  let network = Network()

  deinit { network.close() }

  /// Both gather, the first one offers, and the second one answers.
  static func connect(
    _ offerer: End, _ answerer: End, within time: Int64 = 5000, _ faults: Network.Faults = .init()
  ) -> Bool {
    let network = offerer.network
    offerer.gather()
    network.run(for: 2000) { offerer.isGathered }
    answerer.gather()
    network.run(for: 2000) { answerer.isGathered }
    network.faults = faults
    answerer.connect(to: offerer.agent.description, inOffer: true)
    network.run(for: 100)
    offerer.connect(to: answerer.agent.description)
    return network.run(for: time) { offerer.agent.selected != nil && answerer.agent.selected != nil }
  }

  static func bothHear(_ one: End, _ other: End) -> Bool { one.sends("to", to: other) && other.sends("fro", to: one) }

  @Test func directPathIsFoundAtOnce() throws {
    let one = try End(network, "192.0.2.1:4000", isControlling: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    let start = network.now
    #expect(Self.connect(one, other))
    #expect(network.now - start < 300)
    #expect(one.agent.selected == ICEPath(remote: other.settings.local))
    #expect(other.agent.selected == ICEPath(remote: one.settings.local))
    #expect(Self.bothHear(one, other))
    #expect(one.agent.description.candidates.map(\.attribute) == ["1 1 UDP 2130706431 192.0.2.1 4000 typ host"])
  }

  @Test func serversTellTheAddressesOutside() throws {
    let (stun, turn) = (STUNServer(network), TURNServer(network))
    network.nats = [NAT("203.0.113.1", network: "10.0.1.", isSymmetric: false)]
    let end = try End(network, "10.0.1.7:4000", stun: stun, turn: turn.account, isControlling: true)
    let start = network.now
    end.gather()
    #expect(network.run(for: 2000) { end.isGathered })
    #expect(network.now - start < 100)
    #expect(
      end.agent.description.candidates.map(\.attribute) == [
        "1 1 UDP 2130706431 10.0.1.7 4000 typ host",
        "2 1 UDP 1694498815 203.0.113.1 20000 typ srflx raddr 10.0.1.7 rport 4000",
        "3 1 UDP 16777215 198.51.100.2 50000 typ relay raddr 203.0.113.1 rport 20000",
      ])
    #expect(end.agent.description.defaultCandidate?.description == "203.0.113.1:20000")
    #expect(end.agent.failures.isEmpty)
  }

  @Test(arguments: [false, true])
  func natOfOneEndIsCrossed(isOfferersNAT: Bool) throws {
    network.nats = [NAT("203.0.113.1", network: "10.0.1.", isSymmetric: true)]
    let inside = try End(network, "10.0.1.7:4000", isControlling: isOfferersNAT)
    let outside = try End(network, "192.0.2.2:5000", isControlling: !isOfferersNAT)
    #expect(isOfferersNAT ? Self.connect(inside, outside) : Self.connect(outside, inside))
    #expect(outside.agent.selected?.remote.host == "203.0.113.1")
    #expect(Self.bothHear(inside, outside))
  }

  @Test func natsOfBothEndsAreCrossedWithSTUN() throws {
    let stun = STUNServer(network)
    network.nats = [
      NAT("203.0.113.1", network: "10.0.1.", isSymmetric: false),
      NAT("203.0.113.2", network: "10.0.2.", isSymmetric: false),
    ]
    let one = try End(network, "10.0.1.7:4000", stun: stun, isControlling: true)
    let other = try End(network, "10.0.2.7:5000", stun: stun, isControlling: false)
    #expect(Self.connect(one, other))
    #expect(one.agent.selected?.remote.host == "203.0.113.2")
    #expect(Self.bothHear(one, other))
  }

  /// Nothing but a relay leads through.
  @Test(arguments: [(true, true), (true, false), (false, true)])
  func symmetricNATsNeedARelay(hasOne: Bool, hasOther: Bool) throws {
    let (stun, turn) = (STUNServer(network), TURNServer(network))
    network.nats = [
      NAT("203.0.113.1", network: "10.0.1.", isSymmetric: true),
      NAT("203.0.113.2", network: "10.0.2.", isSymmetric: true),
    ]
    let one = try End(
      network, "10.0.1.7:4000", stun: stun, turn: hasOne ? turn.account : nil, isControlling: true)
    let other = try End(
      network, "10.0.2.7:5000", stun: stun, turn: hasOther ? turn.account : nil, isControlling: false)
    #expect(Self.connect(one, other))
    #expect(one.agent.selected?.relay != nil || other.agent.selected?.relay != nil)
    #expect(Self.bothHear(one, other))
    // Longer than permissions, channels and the allocation last.
    network.run(for: 1_500_000)
    #expect(Self.bothHear(one, other))
    one.close()
    other.close()
    network.run(for: 1000)
    #expect(turn.allocations.allSatisfy { $0.expiresAt <= network.now })
    #expect(one.deadline == .max && other.deadline == .max)
  }

  @Test func relayOnlyTellsNothing() throws {
    let turn = TURNServer(network)
    let hidden = try End(
      network, "192.0.2.1:4000", stun: STUNServer(network), turn: turn.account, isControlling: true, isRelayOnly: true)
    let other = try End(network, "192.0.2.2:5000", isControlling: false)
    #expect(Self.connect(hidden, other))
    #expect(
      hidden.agent.description.candidates.map(\.attribute)
        == ["3 1 UDP 16777215 198.51.100.2 50000 typ relay raddr 0.0.0.0 rport 9"])
    #expect(other.agent.selected?.remote.description == "198.51.100.2:50000")
    #expect(Self.bothHear(hidden, other))
    #expect(!network.sent.contains { $0.source == hidden.settings.local && $0.destination != turn.address })
    // The far end itself gets no answer from the hidden address.
    let count = network.sent.count { $0.source == hidden.settings.local }
    network.send(
      Responder.check(hidden.agent.description, from: other.agent.description.userFragment), from: other.settings.local,
      to: hidden.settings.local)
    network.run(for: 100)
    #expect(network.sent.count { $0.source == hidden.settings.local } == count)
  }

  @Test func withoutARelayRelayOnlyFails() throws {
    let turn = TURNServer(network)
    turn.refusals[.allocate] = .init(code: 486, phrase: "Allocation Quota Reached")
    let end = try End(network, "192.0.2.1:4000", turn: turn.account, isControlling: true, isRelayOnly: true)
    end.gather()
    #expect(network.run(for: 1600) { end.isGathered })
    let failure = ServerFailure(.turn, turn.address, .quotaReached("Allocation Quota Reached"))
    #expect(end.failure == .noRelay(failure))
    #expect(end.agent.description.candidates.isEmpty)
    #expect(end.agent.description.defaultCandidate == nil)
  }

  @Test func silentServersCostLittle() throws {
    let (stun, turn) = (STUNServer(network), TURNServer(network))
    (stun.isSilent, turn.isSilent) = (true, true)
    let end = try End(network, "192.0.2.1:4000", stun: stun, turn: turn.account, isControlling: true)
    let start = network.now
    end.gather()
    #expect(network.run(for: 2000) { end.isGathered })
    #expect(network.now - start == 1500)
    #expect(
      end.agent.failures == [
        ServerFailure(.stun, stun.address, .noAnswer), ServerFailure(.turn, turn.address, .noAnswer),
      ])
    #expect(end.agent.description.defaultCandidate == end.settings.local)
    // Late answers are still welcome.
    (stun.isSilent, turn.isSilent) = (false, false)
    network.run(for: 8000)
    #expect(end.agent.failures.isEmpty)
    #expect(end.agent.description.candidates.count == 2)
  }

  static let bad = Network.Faults(lost: 300, doubled: 100, delay: 5...80)

  @Test(arguments: 1...20)
  func lossIsBorne(seed: UInt64) throws {
    let network = Network(seed: seed)
    defer { network.close() }
    network.nats = [NAT("203.0.113.1", network: "10.0.1.", isSymmetric: true)]
    let one = try End(network, "10.0.1.7:4000", isControlling: seed % 2 == 0)
    let other = try End(network, "192.0.2.2:5000", isControlling: seed % 2 == 1)
    #expect(seed % 2 == 0 ? Self.connect(one, other, Self.bad) : Self.connect(other, one, Self.bad))
    network.faults.lost = 100
    network.run(for: 60_000)
    network.faults = .init()
    #expect(Self.bothHear(one, other))
    #expect(!one.has(.lost) && !other.has(.lost))
  }

  /// Through two relays and back, a packet in nine arrives.
  @Test func lossIsBorneByRelays() throws {
    var found = 0
    for seed in UInt64(1)...40 {
      let network = Network(seed: seed)
      defer { network.close() }
      let (stun, turn) = (STUNServer(network), TURNServer(network))
      network.nats = [
        NAT("203.0.113.1", network: "10.0.1.", isSymmetric: seed % 2 == 0),
        NAT("203.0.113.2", network: "10.0.2.", isSymmetric: true),
      ]
      let one = try End(network, "10.0.1.7:4000", stun: stun, turn: turn.account, isControlling: true)
      let other = try End(network, "10.0.2.7:5000", stun: stun, turn: turn.account, isControlling: false)
      guard Self.connect(one, other, within: 24_000, Self.bad) else { continue }
      network.faults = .init()
      network.run(for: 2000)
      #expect(Self.bothHear(one, other))
      found += 1
    }
    #expect(found >= 38)
  }

  @Test(arguments: [false, true], 1...6)
  func roleConflictIsSolved(areControlling: Bool, seed: UInt64) throws {
    let network = Network(seed: seed)
    defer { network.close() }
    let one = try End(network, "192.0.2.1:4000", isControlling: areControlling)
    let other = try End(network, "192.0.2.2:5000", isControlling: areControlling)
    #expect(Self.connect(one, other))
    #expect(one.agent.isControlling != other.agent.isControlling)
    #expect(Self.bothHear(one, other))
  }

  /// The higher tie-breaker stays what it is.
  @Test(arguments: [(0, 487), (UInt64.max, nil)] as [(UInt64, Int?)])
  func weakerEndIsToldTheConflict(tieBreaker: UInt64, code: Int?) throws {
    let one = try End(network, "192.0.2.1:4000", isControlling: true)
    var answer: STUNMessage?
    let far = TransportAddress(literal: "192.0.2.2:5000")
    network.open(far) { bytes, _ in answer = STUNMessage(bytes) }
    network.send(
      Responder.check(one.agent.description, from: "farr", tieBreaker: tieBreaker), from: far, to: one.settings.local)
    network.run(for: 100)
    #expect(answer?.failure?.code == code)
    #expect(answer?.messageClass == (code == nil ? .success : .failure))
    #expect(one.agent.isControlling == (code != nil))
  }
}
