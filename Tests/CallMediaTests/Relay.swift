// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import Glibc
  import Testing

  /// A network between two ends: each sends to a port of its own, and may not get all, or not in order.
  final class Relay {
    /// By which end, and how many of its datagrams came before.
    enum Fate { case passed, lost, doubled, late }

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
          let times = fate == .lost ? 0 : fate == .doubled ? 2 : 1
          for _ in 0..<times { pass(datagram, from: end) }
          for held in late[end] { pass(held, from: end) }
          late[end] = []
        }
      }
    }

    private func pass(_ datagram: [UInt8], from end: Int) {
      Wire.send(datagram, by: sockets[1 - end], to: targets[1 - end])
    }

    var sound: [[UInt8]] { seen.filter { $0.count > 12 && $0[0] >> 6 == 2 && $0[1] & 0x7F < 72 } }
    var handshake: [[UInt8]] { seen.filter { 20...63 ~= $0[0] } }
  }
#endif
