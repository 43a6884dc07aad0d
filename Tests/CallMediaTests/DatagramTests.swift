// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import Glibc
  import NATTraversal
  import Testing

  extension MediaTests {
    /// What comes to the port of the sound for STUN and TURN.
    @Suite struct DatagramTests {
      private static func stun(_ number: UInt8) -> [UInt8] {
        [1, 1, 0, 0, 0x21, 0x12, 0xA4, 0x42] + [UInt8](repeating: number, count: 12)
      }

      private final class Sender {
        let socket = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
        let port: UInt16

        init() { port = Wire.bind(socket) }

        deinit { close(socket) }

        func send(_ number: UInt8, to end: End, times: Int = 1) {
          for _ in 0..<times { Wire.send(DatagramTests.stun(number), by: socket, to: end.media.ports.rtp) }
        }
      }

      /// Of more strangers than have a place, before and after the answer that the call's consent depends on.
      @Test func strangersTakeNoPlaceOfWhomThisEndHasAsked() throws {
        let (server, peer, strangers) = (Sender(), Sender(), (0..<4).map { _ in Sender() })
        let end = try End()
        try end.media.keepDatagrams()
        for asked in [server, peer] {
          end.media.send(Self.stun(0), to: try #require(TransportAddress(host: loopback, port: asked.port)))
        }
        for stranger in strangers { stranger.send(9, to: end, times: 20) }
        server.send(1, to: end)
        peer.send(2, to: end)
        for stranger in strangers { stranger.send(9, to: end, times: 20) }
        wait("all that have no place") { end.sample.foreign >= 128 }
        let taken = end.media.takeDatagrams()
        #expect(taken.prefix(2).map(\.bytes) == [Self.stun(1), Self.stun(2)])
        #expect(taken.prefix(2).map(\.source.port) == [server.port, peer.port])
        #expect(taken.count == 34 && end.sample.foreign == 128 && end.media.takeDatagrams().isEmpty)
      }

      /// Where the far end's address is not known yet, it is a stranger as well.
      @Test func strangersHavePlacesToo() throws {
        let stranger = Sender()
        let end = try End()
        try end.media.keepDatagrams()
        stranger.send(3, to: end)
        var taken: [CallMedia.Datagram] = []
        wait("the datagram") {
          taken += end.media.takeDatagrams()
          return !taken.isEmpty
        }
        #expect(taken.map(\.bytes) == [Self.stun(3)])
      }
    }
  }
#endif
