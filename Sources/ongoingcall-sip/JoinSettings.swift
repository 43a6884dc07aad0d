// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CallMedia
  import CallModel
  import EngineChannel
  import Glibc
  import SIPDialogs

  /// A checked `join` request.
  struct JoinSettings {
    var order: CallOrder
    var registration: RegistrationOrder?
    /// nil: calls do not use ICE.
    var ice: ICESettings?
    var ticket: CallTicket?
    var play: String?
    var record: String?
    var microphone: String?
    var speaker: String?
    /// The file of the previous engine's recording.
    var recording: String?
    var warning: String?
    /// The call's name in a mixer.
    var title: String

    enum Invalid: Error, CustomStringConvertible {
      case noAddress
      case address(String)
      case scheme(String)
      case identity(String, why: String)
      case transport(String)
      case insecureTransport(String)
      case twoTransports(String, String)
      case encryption(String)
      case keyExchange(String)
      case noCertificate
      case unencrypted(String)
      case anonymous(String)

      var description: String {
        switch self {
        case .noAddress: "the request has no address; this engine calls sip: and sips: addresses"
        case .address(let why): why
        case .scheme(let scheme): "this engine calls sip: and sips: addresses, not \(scheme):"
        case .identity(let text, let why): "the setting “identity”, \(text), is not a sip: address: \(why)"
        case .transport(let text): "unknown transport “\(text)”; use udp, tcp or tls"
        case .insecureTransport(let transport): "a sips: address needs the transport tls, not \(transport)"
        case .encryption(let text):
          "the setting “encryption” is “\(text)”; use off, offer or required"
        case .keyExchange(let text):
          "the setting “key-exchange” is “\(text)”; use auto, sdes or dtls"
        case .noCertificate: "the system cannot make a certificate for encrypted sound"
        case .unencrypted(let text):
          "a sips: address needs encrypted sound; the setting “encryption” must not be “\(text)”"
        case .anonymous(let text): "the setting “anonymous” is “\(text)”; use yes or no"
        case .twoTransports(let one, let other):
          "the address asks for the transport \(one), and the setting for \(other); remove one of them"
        }
      }
    }

    init(_ join: EngineRequest.Join) throws {
      guard let text = join.uri else { throw Invalid.noAddress }
      let uri = try Self.uri(text)
      let account = try join.account.map(SIPAccount.init)
      if let problem = account?.problem {
        guard join.resume != nil else { throw problem }
        warning = "\(problem)"
      }
      let transport = try Self.transport(
        of: account?.proxy ?? uri, setting: join.settings["transport"]?.lowercased(), account: account?.transport)
      // A call that is there goes on as it is.
      if uri.scheme == .sips, let transport, transport != .tls, account?.proxy != nil, join.resume == nil {
        throw Invalid.insecureTransport(transport.rawValue)
      }
      ticket = try join.resume.map { try TicketText.decode($0) }
      order = CallOrder(
        uri: uri, identity: try join.settings["identity"].map(Self.identity) ?? account?.identity,
        user: account?.identity.uri.user ?? Self.user, account: account?.call, transport: transport,
        codecs: CallMedia.availableCodecs(),
        encryption: try Self.encryption(of: uri, setting: join.settings["encryption"]),
        isAnonymous: try Self.isAnonymous(join.settings["anonymous"]),
        keyMaterial: (0..<64).map { _ in UInt8.random(in: 0...255) },
        keyExchange: try Self.keyExchange(join.settings["key-exchange"]),
        certificate: try ticket?.certificate ?? Self.certificate(),
        stream: StreamIdentity(
          source: .random(in: 1...UInt32.max), firstSequence: .random(in: 0...0x7FFF),
          firstTimestamp: .random(in: 0...UInt32.max),
          epoch: SoundController.now),
        muted: join.muted, held: join.held ?? ticket?.isHeld ?? false)
      registration = account?.registration(of: order.user)
      ice = account?.ice
      (play, record) = (join.settings["play-file"], join.settings["record-file"])
      recording = join.recording
      title = join.title ?? "\(uri)"
      (microphone, speaker) = (join.settings["microphone"], join.settings["speaker"])
    }

    private static func uri(_ text: String) throws(Invalid) -> SIPURI {
      let scheme = String(text.prefix { $0 != ":" }).lowercased()
      guard scheme == "sip" || scheme == "sips" else { throw .scheme(scheme) }
      do { return try SIPURI(text) } catch { throw .address("\(error)") }
    }

    private static func identity(_ text: String) throws(Invalid) -> NameAddress {
      do { return try NameAddress(text) } catch { throw .identity(text, why: "\(error)") }
    }

    private static func transport(
      of uri: SIPURI, setting: String?, account: String?
    ) throws(Invalid) -> Target.Transport? {
      if let asked = uri.transport, let setting, asked != setting { throw .twoTransports(asked, setting) }
      guard let name = uri.transport ?? setting ?? account else { return uri.scheme == .sips ? .tls : nil }
      guard let transport = Target.Transport(rawValue: name) else { throw .transport(name) }
      guard uri.scheme == .sip || transport != .udp else { throw .insecureTransport(name) }
      return uri.scheme == .sips ? .tls : transport
    }

    private static func encryption(of uri: SIPURI, setting: String?) throws(Invalid) -> OfferAnswer.Encryption {
      guard let setting else { return uri.scheme == .sips ? .required : .off }
      guard let encryption = OfferAnswer.Encryption(rawValue: setting) else { throw .encryption(setting) }
      guard uri.scheme == .sip || encryption == .required else { throw .unencrypted(setting) }
      return encryption
    }

    private static func keyExchange(_ setting: String?) throws(Invalid) -> OfferAnswer.KeyExchange {
      guard let setting else { return .auto }
      guard let exchange = OfferAnswer.KeyExchange(rawValue: setting) else { throw .keyExchange(setting) }
      return exchange
    }

    private static func certificate() throws(Invalid) -> Certificate {
      guard let certificate = CallMedia.makeCertificate() else { throw .noCertificate }
      return certificate
    }

    private static func isAnonymous(_ setting: String?) throws(Invalid) -> Bool {
      switch setting {
      case nil, "no": false
      case "yes": true
      case let other?: throw .anonymous(other)
      }
    }

    /// The login name, as far as it is allowed in an address.
    private static var user: String {
      let name = getpwuid(getuid()).map { String(cString: $0.pointee.pw_name) } ?? ""
      let allowed = name.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "-_.".contains($0)) }
      return allowed.isEmpty ? "anonymous" : allowed
    }
  }
#endif
