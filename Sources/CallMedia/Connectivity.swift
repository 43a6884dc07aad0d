// SPDX-License-Identifier: Apache-2.0
#if SIP
  internal import CCallMedia
  public import NATTraversal

  /// Where the sound goes.
  public enum MediaPath: Sendable, Equatable {
    /// To the address of the plan.
    case negotiated
    /// Connectivity checks have found no way yet: nothing is sent.
    case awaited
    /// The way that they have found. Only packets that come this way count.
    case checked(ICEPath)
  }

  extension CallMedia {
    /// A datagram of STUN or TURN.
    public struct Datagram: Sendable, Equatable {
      public var bytes: [UInt8]
      public var source: TransportAddress
    }

    /// All that wait at a time, of peers and of strangers: ``descriptor`` tells of more only when more come.
    private static let mostDatagrams = 64

    /// From now on, what comes for STUN and TURN at the RTP port is in ``takeDatagrams()``.
    public func keepDatagrams() throws(MediaError) {
      guard !isClosed, media_keep_datagrams(media) else {
        throw .plan("the system gives no thread or no memory for sound")
      }
    }

    /// Those that have come since, at most 64: ``descriptor`` is readable when there are any.
    public func takeDatagrams() -> [Datagram] {
      var (datagrams, next) = ([Datagram](), media_datagram())
      // Whoever sends them faster than they are handled must not hold up the rest.
      while !isClosed, datagrams.count < Self.mostDatagrams, media_next_datagram(media, &next) {
        let bytes = withUnsafeBytes(of: next.bytes) { Array($0.prefix(Int(next.size))) }
        guard let source = TransportAddress(host: text(in: next.host), port: next.port) else { continue }
        datagrams.append(Datagram(bytes: bytes, source: source))
      }
      return datagrams
    }

    /// Sends from the RTP port.
    public func send(_ bytes: [UInt8], to address: TransportAddress) {
      if !isClosed { media_send_datagram(media, address.host, address.port, bytes, Int32(bytes.count)) }
    }
  }

  extension media_plan {
    mutating func go(_ path: MediaPath) throws(MediaError) {
      switch path {
      case .negotiated: break
      case .awaited: unchecked = true
      case .checked(let path):
        checked = true
        guard media_plan_set_remote(&self, path.remote.host, path.remote.port) else {
          throw .plan("\(path.remote) is no address")
        }
        guard let relay = path.relay else { break }
        guard media_plan_set_relay(&self, relay.server.host, relay.server.port, relay.channel) else {
          throw .plan("\(relay.server) is no address")
        }
      }
    }
  }
#endif
