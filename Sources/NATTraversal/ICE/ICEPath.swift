// SPDX-License-Identifier: Apache-2.0

/// The way that media takes: from the agent's own address to the far end's, or through a TURN server.
public struct ICEPath: Sendable, Equatable, Codable {
  /// What the far end gets has these four bytes before it, and what it sends comes with them (RFC 8656, 12.4): the
  /// channel's number and the length, in network order.
  public struct Relay: Sendable, Equatable, Codable {
    /// Where to send to, and where data comes from.
    public var server: TransportAddress
    public var channel: UInt16

    public init(server: TransportAddress, channel: UInt16) { (self.server, self.channel) = (server, channel) }
  }

  /// The far end's address. Through a relay, nothing is sent to it directly.
  public var remote: TransportAddress
  public var relay: Relay?

  public init(remote: TransportAddress, relay: Relay? = nil) { (self.remote, self.relay) = (remote, relay) }
}
