// SPDX-License-Identifier: Apache-2.0

extension EngineRequest {
  /// Whose call it is, and what lets it through that account's servers.
  public struct Account: Sendable, Equatable, Codable {
    /// The caller's address, for a SIP engine a `sip:` or `sips:` address.
    public var address: String
    public var displayName: String?
    /// The name that goes with the password; nil is the user part of the address.
    public var authUser: String?
    /// A secret. An engine keeps it in memory only, and no message, log or `resume` has it.
    public var password: String?
    /// The password is only for challenges of this realm; nil is for all of the account's servers.
    public var realm: String?
    /// The address of the proxy that the call goes through; nil is where its own address leads.
    public var outboundProxy: String?
    /// If no address names one: udp, tcp or tls.
    public var transport: String?
    /// The absolute path of a PEM file with the authorities of its servers' certificates; nil is the system's.
    public var caFile: String?
    /// Calls need the address to be registered at its server; nil is no.
    public var register: Bool?
    /// The address of that server; nil is the host of ``address``.
    public var registrar: String?
    /// Whether the sound uses ICE (RFC 8445): no, yes, or relay for the TURN server only; nil is yes if there is a STUN
    /// or TURN server, and no if there is not.
    public var ice: String?
    /// `HOST[:PORT]`; the port is 3478 if it is missing.
    public var stunServer: String?
    /// The same, of a server that takes ``authUser`` and ``password``.
    public var turnServer: String?

    public init(
      address: String, displayName: String? = nil, authUser: String? = nil, password: String? = nil,
      realm: String? = nil, outboundProxy: String? = nil, transport: String? = nil, register: Bool? = nil,
      registrar: String? = nil, caFile: String? = nil, ice: String? = nil, stunServer: String? = nil,
      turnServer: String? = nil
    ) {
      (self.address, self.displayName, self.authUser, self.password) = (address, displayName, authUser, password)
      (self.realm, self.outboundProxy, self.transport) = (realm, outboundProxy, transport)
      (self.register, self.registrar, self.caFile) = (register, registrar, caFile)
      (self.ice, self.stunServer, self.turnServer) = (ice, stunServer, turnServer)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case address, password, realm, transport, register, registrar, ice
      case stunServer = "stun-server"
      case turnServer = "turn-server"
      case caFile = "ca-file"
      case displayName = "display-name"
      case authUser = "auth-user"
      case outboundProxy = "outbound-proxy"
    }
  }
}

extension EngineRequest.Account {
  /// Each text, with its name and the longest that it may be.
  var parts: [(name: String, value: String, limit: Int)] {
    let addresses: [(CodingKeys, String?)] = [
      (.address, address), (.outboundProxy, outboundProxy), (.registrar, registrar), (.caFile, caFile),
      (.stunServer, stunServer), (.turnServer, turnServer),
    ]
    let others: [(CodingKeys, String?)] = [
      (.displayName, displayName), (.authUser, authUser), (.password, password), (.realm, realm),
      (.transport, transport), (.ice, ice),
    ]
    func bounded(_ values: [(CodingKeys, String?)], by limit: Int) -> [(name: String, value: String, limit: Int)] {
      values.compactMap { key, value in value.map { (key.rawValue, $0, limit) } }
    }
    return bounded(addresses, by: EngineProtocol.maximumAddressLength)
      + bounded(others, by: EngineProtocol.maximumAccountValueLength)
  }
}

/// It never shows its password.
extension EngineRequest.Account: CustomStringConvertible, CustomReflectable {
  public var description: String { "account \(address)" }
  public var customMirror: Mirror { Mirror(self, children: ["address": address]) }
}
