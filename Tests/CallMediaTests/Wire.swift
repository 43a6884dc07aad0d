// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc
  import Testing

  /// Two ports that keep all packets that come, and send what they are told.
  final class Wire {
    struct Packet {
      var bytes: [UInt8]

      var type: UInt8 { bytes[1] & 0x7F }
      var isMarked: Bool { bytes[1] & 0x80 != 0 }
      var sequence: UInt16 { UInt16(bytes[2]) << 8 | UInt16(bytes[3]) }
      var timestamp: UInt32 { word(4) }
      var source: UInt32 { word(8) }
      var payload: ArraySlice<UInt8> { bytes[12...] }

      private func word(_ at: Int) -> UInt32 { bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } }
    }

    let ports: (rtp: UInt16, control: UInt16)
    private let sockets: [Int32]
    private var packets: [Packet] = []
    private var reports: [[UInt8]] = []
    private var sent: UInt16 = 0

    init() {
      sockets = (0..<2).map { _ in socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0) }
      let bound = sockets.map { Wire.bind($0) }
      ports = (bound[0], bound[1])
    }

    deinit { for socket in sockets { close(socket) } }

    /// The RTP packets so far.
    func heard() -> [Packet] {
      packets += Wire.receive(sockets[0]).filter { $0.count >= 12 }.map { Packet(bytes: $0) }
      return packets
    }

    /// The types of RTCP packets so far: each datagram may have several.
    func reportTypes() -> [[UInt8]] {
      reports += Wire.receive(sockets[1])
      return reports.map { report in
        var types: [UInt8] = []
        var at = 0
        while at + 4 <= report.count {
          types.append(report[at + 1])
          at += 4 * (1 + Int(report[at + 2]) << 8 + Int(report[at + 3]))
        }
        return types
      }
    }

    /// 20 ms of PCMU.
    func speak(to port: UInt16) {
      sent += 1
      let stamp = UInt32(sent) * 160
      let header: [UInt8] = [
        0x80, 0, UInt8(sent >> 8), UInt8(sent & 255), UInt8(stamp >> 24), UInt8(stamp >> 16 & 255),
        UInt8(stamp >> 8 & 255), UInt8(stamp & 255), 1, 2, 3, 4,
      ]
      Wire.send(header + [UInt8](repeating: 0x90, count: 160), by: sockets[0], to: port)
    }

    static func send(_ bytes: [UInt8], by socket: Int32, to port: UInt16) {
      var address = address(port)
      withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          _ = sendto(socket, bytes, bytes.count, 0, $0, addressSize)
        }
      }
    }

    static func receive(_ socket: Int32) -> [[UInt8]] {
      var all: [[UInt8]] = []
      var buffer = [UInt8](repeating: 0, count: 2048)
      while case let count = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT)), count >= 0 {
        all.append(Array(buffer[..<count]))
      }
      return all
    }

    private static let addressSize = socklen_t(MemoryLayout<sockaddr_in>.size)

    private static func address(_ port: UInt16) -> sockaddr_in {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      return address
    }

    static func bind(_ socket: Int32) -> UInt16 {
      var address = address(0)
      var size = addressSize
      return withUnsafeMutablePointer(to: &address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          #expect(Glibc.bind(socket, $0, size) == 0 && getsockname(socket, $0, &size) == 0)
        }
        return UInt16(bigEndian: address.pointee.sin_port)
      }
    }
  }

  extension [Wire.Packet] {
    /// Whether each has the number after that of the one before it.
    var isContiguous: Bool { zip(self, dropFirst()).allSatisfy { $1.sequence == $0.sequence &+ 1 } }
    /// Whether each is of a later time.
    var growsInTime: Bool { zip(self, dropFirst()).allSatisfy { 1..<0x8000_0000 ~= $1.timestamp &- $0.timestamp } }
  }
#endif
