// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs

  /// What a SIP address says about where it is.
  struct NameQuestion {
    typealias Service = (name: String, transport: Target.Transport)

    let host: String
    let port: UInt16?
    /// Against which TLS checks certificates.
    private let name: String?
    /// In order of preference.
    private let candidates: [Target.Transport]
    /// DNS chooses the transport.
    let isFree: Bool

    init(_ uri: SIPURI, _ wish: Target.Transport?) {
      host = uri.parameters["maddr"] ?? uri.host
      port = uri.port
      name = NumericAddress(uri.host) == nil ? uri.host : nil
      let isSecure = uri.scheme == .sips
      let said = uri.transport.map { Target.Transport(rawValue: $0) }
      isFree = !isSecure && said == nil && wish == nil
      candidates = isSecure ? [.tls] : ((said ?? nil) ?? wish).map { [$0] } ?? [.udp, .tcp]
    }

    var bareHost: String { host.hasPrefix("[") && host.hasSuffix("]") ? String(host.dropFirst().dropLast()) : host }

    /// The names that RFC 3263, 4.1 constructs.
    var services: [Service] {
      candidates.map { transport in
        let service =
          switch transport {
          case .udp: "_sip._udp"
          case .tcp: "_sip._tcp"
          case .tls: "_sips._tcp"
          }
        return ("\(service).\(host)", transport)
      }
    }

    func targets(_ hosts: [String]) -> [Target] { targets(hosts, candidates.first ?? .udp, port) }

    func targets(_ hosts: [String], _ transport: Target.Transport, _ port: UInt16?) -> [Target] {
      hosts.map { Target(transport, $0, port ?? transport.defaultPort, name: name) }
    }
  }
#endif
