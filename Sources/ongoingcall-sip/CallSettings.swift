// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CallLife
  import EngineChannel
  import SIPCore

  /// Whom to call, and how: a `join` request that has been checked.
  struct CallSettings {
    /// The address to call, with the transport in it where it is not the default.
    var address: String
    /// The caller's address, for the From header.
    var identity: String?
    var transport: SIPTransport
    /// `sips:` asks for secure media, too.
    var isSecure: Bool
    var play: String?
    var record: String?
    var resume: ResumeTicket?

    enum Invalid: Error, CustomStringConvertible {
      case noAddress
      case address(CallURI.Invalid)
      case scheme(String)
      case identity(String, why: String)
      case transport(String)
      case insecureTransport(SIPTransport)
      case twoTransports(String, String)
      case resume

      var description: String {
        switch self {
        case .noAddress: "the request has no address; this engine calls sip: and sips: addresses"
        case .address(let error): "\(error)"
        case .scheme(let scheme): "this engine calls sip: and sips: addresses, not \(scheme):"
        case .identity(let text, let why): "the setting “identity”, \(text), is not a sip: address: \(why)"
        case .transport(let text): "the transport “\(text)” is not known; it is udp, tcp or tls"
        case .insecureTransport(let transport): "a sips: address needs the transport tls, not \(transport)"
        case .twoTransports(let one, let other):
          "the address asks for the transport \(one) and the setting for \(other); leave one of them out"
        case .resume: "the “resume” value is not one of this engine's"
        }
      }
    }

    init(_ join: EngineRequest.Join) throws(Invalid) {
      guard let text = join.uri else { throw .noAddress }
      let uri: CallURI
      do { uri = try CallURI(text) } catch { throw .address(error) }
      guard uri.scheme == "sip" || uri.scheme == "sips" else { throw .scheme(uri.scheme) }
      isSecure = uri.scheme == "sips"

      let asked = Self.transportParameter(text)
      let setting = join.settings["transport"]?.lowercased()
      if let asked, let setting, asked != setting { throw .twoTransports(asked, setting) }
      let name = asked ?? setting ?? (isSecure ? "tls" : "udp")
      guard let transport = SIPTransport(rawValue: name) else { throw .transport(name) }
      guard !isSecure || transport == .tls else { throw .insecureTransport(transport) }
      self.transport = transport
      address = asked != nil || isSecure || transport == .udp ? text : "\(text);transport=\(name)"

      if let identity = join.settings["identity"] {
        do { _ = try CallURI(identity) } catch { throw .identity(identity, why: "\(error)") }
        guard identity.lowercased().hasPrefix("sip") else {
          throw .identity(identity, why: "write it as in sip:someone@example.org")
        }
        self.identity = identity
      }
      (play, record) = (join.settings["play-file"], join.settings["record-file"])
      if let resume = join.resume {
        guard let ticket = ResumeTicket(resume) else { throw .resume }
        self.resume = ticket
      }
    }

    /// The host and the port to reach, where the host is a number and needs no DNS.
    var numericDestination: (host: String, port: UInt16)? { SIPHost(of: address)?.numeric }

    /// Calls within the machine need no network.
    var isLocal: Bool {
      let host = numericDestination?.host ?? ""
      return host.hasPrefix("127.") || host == "::1" || address.contains("@localhost")
        || address.contains(":localhost")
    }

    private static func transportParameter(_ address: String) -> String? {
      for parameter in address.split(separator: ";").dropFirst() {
        let parts = parameter.split(separator: "=", maxSplits: 1)
        if parts.count == 2, parts[0].lowercased() == "transport" { return parts[1].lowercased() }
      }
      return nil
    }
  }
#endif
