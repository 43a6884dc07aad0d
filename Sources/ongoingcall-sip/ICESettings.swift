// SPDX-License-Identifier: Apache-2.0
#if SIP
  import EngineChannel
  import NATTraversal
  import SIPDialogs

  /// What an account says of ICE, checked.
  struct ICESettings {
    var stunServer: SIPURI?
    var turnServer: SIPURI?
    var user: String
    var password: String
    var relayOnly: Bool

    enum Invalid: Error, CustomStringConvertible {
      case mode(String)
      case server(String, why: String)
      case noRelay

      var description: String {
        switch self {
        case .mode(let text): "the account's “ice” is “\(text)”; use no, yes or relay"
        case .server(let text, let why): "the account's STUN or TURN server, \(text), is not HOST[:PORT]: \(why)"
        case .noRelay: "the account's “ice” is “relay”, and it has no “turn-server”"
        }
      }
    }

    static let port: UInt16 = 3478

    /// nil: calls do not use ICE.
    init?(_ account: EngineRequest.Account, user: String) throws(Invalid) {
      stunServer = try account.stunServer.map(Self.server)
      turnServer = try account.turnServer.map(Self.server)
      (self.user, password) = (user, account.password ?? "")
      switch account.ice {
      case "no": return nil
      case "yes": relayOnly = false
      case "relay":
        guard turnServer != nil else { throw .noRelay }
        relayOnly = true
      case nil:
        guard stunServer != nil || turnServer != nil else { return nil }
        relayOnly = false
      case let other?: throw .mode(other)
      }
    }

    func agent(
      at local: TransportAddress, _ servers: ICEServers, relay: TransportAddress? = nil
    ) -> ICEAgent.Settings {
      func near(_ addresses: [TransportAddress]) -> TransportAddress? {
        addresses.first { $0.isIPv6 == local.isIPv6 }
      }
      return ICEAgent.Settings(
        local: local,
        // Every TURN server also says by which address it sees this end, and needs no password for that.
        stunServer: near(servers.stun) ?? near(servers.turn),
        turnServer: (relay ?? near(servers.turn)).map { TURNAccount(server: $0, user: user, password: password) },
        isControlling: true, isRelayOnly: relayOnly)
    }

    /// As an address for the resolver: with a port, it looks for no service.
    private static func server(_ text: String) throws(Invalid) -> SIPURI {
      do {
        var uri = try SIPURI("sip:\(text);transport=udp")
        uri.port = uri.port ?? port
        return uri
      } catch { throw .server(text, why: "\(error)") }
    }
  }
#endif
