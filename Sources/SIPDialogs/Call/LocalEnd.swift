// SPDX-License-Identifier: Apache-2.0

/// This machine's side of a way to the far end: open sockets, by their addresses.
public struct LocalEnd: Sendable, Equatable, Hashable, Codable {
  /// What the way leads to.
  public var target: Target
  /// Numeric, IPv6 without brackets.
  public var address: String
  /// Where SIP comes in.
  public var port: UInt16
  /// Where RTP and RTCP come in.
  public var mediaPort: UInt16
  public var controlPort: UInt16

  public init(target: Target, address: String, port: UInt16, mediaPort: UInt16, controlPort: UInt16) {
    (self.target, self.address, self.port) = (target, address, port)
    (self.mediaPort, self.controlPort) = (mediaPort, controlPort)
  }

  /// `host:port`, as SIP writes it.
  var hostPort: String { "\(address.contains(":") ? "[\(address)]" : address):\(port)" }

  /// Whether packets come to the same sockets.
  func isSamePlace(as other: LocalEnd) -> Bool {
    address == other.address && port == other.port && mediaPort == other.mediaPort
      && controlPort == other.controlPort && target.transport == other.target.transport
  }
}

extension Target {
  /// Whether one way on this machine leads to both.
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
