// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import NATTraversal
import Testing

/// Sockets, NATs and the packets between them, in a time of their own: what happens is the same every time.
final class Network {
  struct Faults {
    /// Of a thousand packets.
    var lost = 0
    var doubled = 0
    /// In milliseconds. Packets overtake each other if it is a range.
    var delay: ClosedRange<Int64> = 10...10
  }

  private struct Packet {
    var time: Int64
    var number: Int
    var bytes: [UInt8]
    var source: TransportAddress
    var destination: TransportAddress
  }

  typealias Receiver = (_ bytes: [UInt8], _ source: TransportAddress) -> Void

  private(set) var now: Int64 = 1_000_000
  var dice: Dice
  var faults = Faults()
  private var packets: [Packet] = []
  private var count = 0
  private var receivers: [TransportAddress: Receiver] = [:]
  /// Before the NATs, and after them.
  private(set) var sent: [(time: Int64, source: TransportAddress, destination: TransportAddress, bytes: [UInt8])] = []
  var nats: [NAT] = []
  var ends: [End] = []
  /// Packets to these hosts do not arrive.
  var darkened: Set<String> = []

  init(seed: UInt64 = 1) { dice = Dice(seed) }

  func open(_ address: TransportAddress, _ receiver: @escaping Receiver) { receivers[address] = receiver }

  /// Who is on it has a reference to it.
  func close() { (receivers, ends) = ([:], []) }

  func close(_ address: TransportAddress) { receivers[address] = nil }

  func send(_ bytes: [UInt8], from source: TransportAddress, to destination: TransportAddress) {
    sent.append((now, source, destination, bytes))
    guard Int.random(in: 0..<1000, using: &dice) >= faults.lost else { return }
    let copies = Int.random(in: 0..<1000, using: &dice) < faults.doubled ? 2 : 1
    for _ in 0..<copies {
      count += 1
      let time = now + Int64.random(in: faults.delay, using: &dice)
      packets.append(
        Packet(time: time, number: count, bytes: bytes, source: source, destination: destination))
    }
  }

  private func deliver(_ packet: Packet) {
    var (source, destination) = (packet.source, packet.destination)
    let home = nats.first { $0.has(source) }
    if let nat = home, !nat.has(destination) { source = nat.translate(source, to: destination) }
    if let nat = nats.first(where: { $0.host == destination.host }) {
      guard let inside = nat.inside(destination, from: source) else { return }
      destination = inside
    } else if let nat = nats.first(where: { $0.has(destination) }), nat !== home {
      // A private address means nothing elsewhere.
      return
    }
    guard !darkened.contains(destination.host), !darkened.contains(source.host) else { return }
    receivers[destination]?(packet.bytes, source)
  }

  // MARK: - Time

  /// - Returns: whether it has come to be so.
  @discardableResult
  func run(for time: Int64, until isDone: () -> Bool = { false }) -> Bool {
    let end = now + time
    var idle = 0
    while !isDone() {
      let packet = packets.indices.min {
        (packets[$0].time, packets[$0].number) < (packets[$1].time, packets[$1].number)
      }
      let deadline = ends.indices.min { ends[$0].deadline < ends[$1].deadline }
      let (arrival, tick) = (packet.map { packets[$0].time } ?? .max, deadline.map { ends[$0].deadline } ?? .max)
      guard min(arrival, tick) <= end else {
        now = end
        return isDone()
      }
      idle = min(arrival, tick) <= now && arrival > tick ? idle + 1 : 0
      guard idle < 1000 else {
        Issue.record("time stands still")
        return false
      }
      now = max(now, min(arrival, tick))
      if let packet, arrival <= tick {
        deliver(packets.remove(at: packet))
      } else if let deadline {
        ends[deadline].tick()
      }
    }
    return true
  }
}

/// A home router.
final class NAT {
  private struct Mapping {
    var inside: TransportAddress
    /// Nil maps to the same port wherever the packets go (RFC 4787, 4.1).
    var destination: TransportAddress?
    var port: UInt16
    var allowed: Set<TransportAddress>
  }

  let host: String
  let network: String
  let isSymmetric: Bool
  private var mappings: [Mapping] = []
  private var nextPort: UInt16 = 20_000

  /// - Parameter network: how the addresses behind it begin.
  init(_ host: String, network: String, isSymmetric: Bool) {
    (self.host, self.network, self.isSymmetric) = (host, network, isSymmetric)
  }

  func has(_ address: TransportAddress) -> Bool { address.host.hasPrefix(network) }

  /// It forgets everything, and gives other ports.
  func restart() { mappings = [] }

  func translate(_ source: TransportAddress, to destination: TransportAddress) -> TransportAddress {
    let key = isSymmetric ? destination : nil
    if !mappings.contains(where: { $0.inside == source && $0.destination == key }) {
      mappings.append(Mapping(inside: source, destination: key, port: nextPort, allowed: []))
      nextPort += 1
    }
    for index in mappings.indices where mappings[index].inside == source && mappings[index].destination == key {
      mappings[index].allowed.insert(destination)
      return TransportAddress(literal: "\(host):\(mappings[index].port)")
    }
    return source
  }

  /// Filters by address and port (RFC 4787, 5).
  func inside(_ destination: TransportAddress, from source: TransportAddress) -> TransportAddress? {
    mappings.first { $0.port == destination.port && $0.allowed.contains(source) }?.inside
  }
}
