// SPDX-License-Identifier: Apache-2.0
public import NATTraversal

/// This machine's end of a path to the far end: open sockets, by their addresses.
public struct LocalEnd: Sendable, Equatable, Hashable, Codable {
  /// The other end of the path.
  public var target: Target
  /// Numeric, IPv6 without brackets.
  public var address: String
  /// The port that receives SIP.
  public var port: UInt16
  /// The port that receives RTP and RTCP.
  public var mediaPort: UInt16
  public var controlPort: UInt16
  /// The ways by which others may reach ``mediaPort`` (RFC 8445); nil: by ``address`` only.
  public var ice: ICEDescription?

  public init(
    target: Target, address: String, port: UInt16, mediaPort: UInt16, controlPort: UInt16, ice: ICEDescription? = nil
  ) {
    (self.target, self.address, self.port) = (target, address, port)
    (self.mediaPort, self.controlPort, self.ice) = (mediaPort, controlPort, ice)
  }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(target)
    hasher.combine(address)
    hasher.combine(port)
  }

  /// In the notation of a URI.
  var bareHost: String { address.contains(":") ? "[\(address)]" : address }

  /// `host:port` in SIP's notation.
  var hostPort: String { "\(address.contains(":") ? "[\(address)]" : address):\(port)" }

  /// Whether packets arrive at the same sockets.
  func isSamePlace(as other: LocalEnd) -> Bool {
    address == other.address && port == other.port && mediaPort == other.mediaPort
      && controlPort == other.controlPort && target.transport == other.target.transport
  }
}

extension Target {
  func isSamePeer(as other: Target) -> Bool {
    transport == other.transport && port == other.port && NumericAddress(host) == NumericAddress(other.host)
  }

  /// Whether the same local sockets can reach both.
  func isAlike(_ other: Target) -> Bool {
    transport == other.transport && host.contains(":") == other.host.contains(":")
  }
}

extension MediaPlan {
  func signalled(by end: LocalEnd) -> MediaPlan {
    var plan = self
    plan.signaller = end.target.host
    return plan
  }
}
