// SPDX-License-Identifier: Apache-2.0

extension ICEAgent {
  public struct Settings: Sendable {
    /// The socket's own address, which must be a specific one.
    public var local: TransportAddress
    /// Tells this end's address outside of its NAT.
    public var stunServer: TransportAddress?
    public var turnServer: TURNAccount?
    /// This end has made the first offer (RFC 8445, 6.1.1).
    public var isControlling: Bool
    /// Everything goes through the TURN server, and the far end does not learn this end's address.
    public var isRelayOnly: Bool

    public init(
      local: TransportAddress, stunServer: TransportAddress? = nil, turnServer: TURNAccount? = nil, isControlling: Bool,
      isRelayOnly: Bool = false
    ) {
      (self.local, self.stunServer, self.turnServer) = (local, stunServer, turnServer)
      (self.isControlling, self.isRelayOnly) = (isControlling, isRelayOnly)
    }
  }
}
