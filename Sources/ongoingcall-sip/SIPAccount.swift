// SPDX-License-Identifier: Apache-2.0
#if SIP
  import EngineChannel
  import SIPDialogs
  import SIPTransport

  /// The checked account of a `join` request.
  struct SIPAccount {
    /// For the From field.
    var identity: NameAddress
    var proxy: SIPURI?
    var transport: String?
    var call: CallAccount
    /// nil: calls do not use ICE.
    var ice: ICESettings?
    /// No call can begin, but one that is there goes on.
    private(set) var problem: Invalid?
    private var isToBeRegistered: Bool

    enum Invalid: Error, CustomStringConvertible {
      case address(String, why: String)
      case proxy(String, why: String)
      case registrar(String, why: String)
      case transport(String)
      case insecureTransport(String)
      case authorities(String, why: String)
      case connectivity(ICESettings.Invalid)

      var description: String {
        switch self {
        case .address(let text, let why): "the account's address, \(text), is not a sip: address: \(why)"
        case .proxy(let text, let why): "the account's outbound proxy, \(text), is not a sip: address: \(why)"
        case .registrar(let text, let why): "the account's registrar, \(text), is not a sip: address: \(why)"
        case .authorities(let file, let why):
          "the account's CA file, \(file), cannot be used: \(why); it must be a PEM file of an authority"
        case .connectivity(let invalid): "\(invalid)"
        case .transport(let text): "the account's transport is “\(text)”; use udp, tcp or tls"
        case .insecureTransport(let text):
          "the account's address is a sips: address, and its servers need the transport tls, not \(text)"
        }
      }
    }

    /// nil: it is not to be registered.
    func registration(of user: String) -> RegistrationOrder? {
      guard isToBeRegistered else { return nil }
      return RegistrationOrder(
        identity: identity, user: user, account: call, transport: transport.flatMap(Target.Transport.init))
    }

    init(_ account: EngineRequest.Account) throws(Invalid) {
      let uri: SIPURI
      do { uri = try SIPURI(account.address) } catch { throw .address(account.address, why: "\(error)") }
      identity = NameAddress(uri, displayName: account.displayName)
      if let text = account.outboundProxy {
        do { proxy = try SIPURI(text) } catch { throw .proxy(text, why: "\(error)") }
      }
      var registrar: SIPURI?
      if let text = account.registrar {
        do { registrar = try SIPURI(text) } catch { throw .registrar(text, why: "\(error)") }
      }
      let insecure = [proxy?.transport, registrar?.transport].compactMap { $0 }.first { $0 != "tls" }
      if uri.scheme == .sips, let insecure { problem = .insecureTransport(insecure) }
      if let file = account.caFile {
        do { try CertificateAuthorities.use(file: file) } catch { problem = .authorities(file, why: "\(error)") }
      }
      transport = account.transport?.lowercased()
      if let transport, Target.Transport(rawValue: transport) == nil { throw .transport(transport) }
      let user = account.authUser ?? uri.user ?? ""
      call = CallAccount(
        domain: uri.host, port: uri.port,
        credentials: account.password.map { DigestCredentials(user: user, password: $0) },
        realm: account.realm, proxy: proxy, registrar: registrar, hash: DigestHash.hash)
      do { ice = try ICESettings(account, user: user) } catch { throw .connectivity(error) }
      isToBeRegistered = account.register == true
    }
  }
#endif
