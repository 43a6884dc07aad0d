// SPDX-License-Identifier: Apache-2.0
#if SIP
  /// Why a SIP address cannot be resolved.
  public enum NameError: Error, Equatable, Sendable, CustomStringConvertible {
    case notFound(String)
    case noAnswer(String, milliseconds: Int64)
    case failed(String, reason: String)
    /// A domain that declares that it has no SIP (RFC 2782).
    case notOffered(String)
    case transport(String)

    public var description: String {
      switch self {
      case .notFound(let name): "there is no host \(name); check the spelling"
      case .noAnswer(let name, let milliseconds) where milliseconds < 1000:
        "no name server is there, or none looks up \(name); check the network"
      case .noAnswer(let name, let milliseconds):
        "no name server answered for \(name) within \(milliseconds / 1000) seconds; check the network"
      case .failed(let name, let reason): "cannot look up \(name): \(reason)"
      case .notOffered(let name): "\(name) does not offer SIP calls"
      case .transport(let name): "the transport \(name) is not supported; use udp, tcp or tls"
      }
    }
  }
#endif
