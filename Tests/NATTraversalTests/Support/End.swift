// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import FoundationEssentials
import NATTraversal
import Testing

/// An agent with its socket, and what became of it.
final class End {
  let network: Network
  let settings: ICEAgent.Settings
  private(set) var agent: ICEAgent
  private(set) var effects: [(time: Int64, effect: ICEEffect)] = []
  /// As its last ``ICEEffect/remembered`` has left it.
  private(set) var memory: Data?
  /// By what it has said.
  private var selected: ICEPath?
  /// The process is gone.
  private(set) var isDead = false

  var deadline: Int64 { isDead ? .max : agent.nextDeadline ?? .max }

  init(_ network: Network, _ settings: ICEAgent.Settings, _ memory: Data? = nil) throws {
    (self.network, self.settings) = (network, settings)
    let random = Dice(network.dice.next())
    if let memory {
      let memory = try JSONDecoder().decode(ICEAgent.Memory.self, from: memory)
      agent = ICEAgent(settings, memory: memory, .tests, random: random)
      self.memory = try JSONEncoder().encode(memory)
    } else {
      agent = ICEAgent(settings, .tests, random: random)
    }
    selected = agent.selected
    network.open(settings.local) { [self] bytes, source in
      perform(agent.received(bytes, from: source, at: network.now))
    }
    network.ends.append(self)
  }

  convenience init(
    _ network: Network, _ local: String, stun: STUNServer? = nil, turn: TURNAccount? = nil, isControlling: Bool,
    isRelayOnly: Bool = false
  ) throws {
    try self.init(
      network,
      ICEAgent.Settings(
        local: TransportAddress(literal: local), stunServer: stun?.address, turnServer: turn,
        isControlling: isControlling, isRelayOnly: isRelayOnly))
  }

  /// Its successor, from what it has remembered.
  func die() throws -> End {
    isDead = true
    network.ends.removeAll { $0 === self }
    return try End(network, settings, memory)
  }

  func tick() { perform(agent.tick(at: network.now)) }
  func gather() { perform(agent.gather(at: network.now)) }
  func restart() { perform(agent.restart(at: network.now)) }
  func close() {
    selected = nil
    perform(agent.close(at: network.now))
  }
  func connect(to remote: ICEDescription, inOffer: Bool = false) {
    perform(agent.connect(to: remote, inOffer: inOffer, at: network.now))
  }

  private func perform(_ effects: [ICEEffect]) {
    for effect in effects {
      self.effects.append((network.now, effect))
      switch effect {
      case .send(let bytes, let destination): network.send(bytes, from: settings.local, to: destination)
      case .remembered:
        memory = try? JSONEncoder().encode(agent.memory)
        #expect((memory?.count ?? 0) < 3072)
      case .selected(let path): selected = path
      case .lost: selected = nil
      case .gathered, .failed: break
      }
    }
    #expect(agent.selected == selected)
  }

  var isGathered: Bool { effects.contains { $0.effect == .gathered } }

  func has(_ effect: ICEEffect) -> Bool { effects.contains { $0.effect == effect } }

  var failure: ICEFailure? {
    effects.lazy.compactMap { if case .failed(let failure) = $0.effect { failure } else { nil } }.last
  }

  func forgetEffects() { effects = effects.filter { if case .selected = $0.effect { true } else { false } } }

  // MARK: - Media

  /// What came, without what the relay has put before it.
  func sends(_ text: String, to other: End) -> Bool {
    guard let path = agent.selected, let otherPath = other.agent.selected else { return false }
    var isHeard = false
    network.open(other.settings.local) { bytes, source in
      var bytes = bytes
      if let relay = otherPath.relay, source == relay.server, bytes.starts(with: relay.channel.bytes) {
        bytes.removeFirst(4)
      } else if source != otherPath.remote {
        return other.perform(other.agent.received(bytes, from: source, at: other.network.now))
      }
      if bytes == Array(text.utf8) { return isHeard = true }
      other.perform(other.agent.received(bytes, from: source, at: other.network.now))
    }
    var bytes = Array(text.utf8)
    if let relay = path.relay { bytes = relay.channel.bytes + UInt16(bytes.count).bytes + bytes }
    network.send(bytes, from: settings.local, to: path.relay?.server ?? path.remote)
    network.run(for: 1000) { isHeard }
    network.open(other.settings.local) { bytes, source in
      other.perform(other.agent.received(bytes, from: source, at: other.network.now))
    }
    return isHeard
  }
}

extension UInt16 {
  var bytes: [UInt8] { [UInt8(self >> 8), UInt8(self & 0xFF)] }
}
