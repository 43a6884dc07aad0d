// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import Glibc
  import Testing

  /// A network between two ends: each sends to a port of its own, and may not get all, or not in order.
  final class Relay {
    /// By which end, and how many of its datagrams came before.
    enum Fate { case passed, lost, doubled, late, spoiled }

    private(set) var near: Place
    private(set) var far: Place
    private let sockets: [Int32]
    private var targets: [UInt16] = [0, 0]
    private var counts = [0, 0]
    private var late: [[[UInt8]]] = [[], []]
    /// All that was sent, from whichever end.
    private(set) var seen: [[UInt8]] = []
    var fate: (_ isNear: Bool, _ number: Int) -> Fate = { _, _ in .passed }

    init() {
      sockets = (0..<2).map { _ in Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) }
      let bound = sockets.map { Wire.bind($0) }
      (near, far) = (Place((bound[0], bound[0])), Place((bound[1], bound[1])))
    }

    /// From which the near end hears.
    var socket: Int32 { sockets[0] }

    deinit { for socket in sockets { close(socket) } }

    /// The near end sends to ``near``, the far one to ``far``.
    func connect(_ near: End, _ far: End) { targets = [near.media.ports.rtp, far.media.ports.rtp] }

    /// Passes on what has come.
    func run() {
      for end in 0..<2 {
        for datagram in Wire.receive(sockets[end]) {
          seen.append(datagram)
          let fate = fate(end == 0, counts[end])
          counts[end] += 1
          if fate == .late {
            late[end].append(datagram)
            continue
          }
          if fate == .spoiled { pass(spoiled(datagram), from: end) }
          let times = fate == .lost ? 0 : fate == .doubled ? 2 : 1
          for _ in 0..<times { pass(datagram, from: end) }
          for held in late[end] { pass(held, from: end) }
          late[end] = []
        }
      }
    }

    /// Nearly the same.
    private func spoiled(_ datagram: [UInt8]) -> [UInt8] {
      var bytes = datagram
      for _ in 0..<Int.random(in: 1...6) where !bytes.isEmpty {
        let place = bytes.indices.randomElement() ?? 0
        switch Int.random(in: 0..<4) {
        case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8)
        case 1: bytes[place] = [0, 1, 0x7F, 0xFF].randomElement() ?? 0
        case 2: bytes.removeSubrange(place..<min(bytes.count, place + .random(in: 1...40)))
        default: bytes.insert(contentsOf: bytes[place...].prefix(.random(in: 1...300)), at: place)
        }
      }
      return Array(bytes.prefix(2000))
    }

    private func pass(_ datagram: [UInt8], from end: Int) {
      Wire.send(datagram, by: sockets[1 - end], to: targets[1 - end])
    }

    var sound: [[UInt8]] { seen.filter { $0.count > 12 && $0[0] >> 6 == 2 && $0[1] & 0x7F < 72 } }
    var handshake: [[UInt8]] { seen.filter { 20...63 ~= $0[0] } }
  }
#endif
