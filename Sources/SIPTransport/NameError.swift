// SPDX-License-Identifier: Apache-2.0
#if SIP
  /// Why a SIP address leads nowhere.
  public enum NameError: Error, Equatable, Sendable, CustomStringConvertible {
    case notFound(String)
    case noAnswer(String, milliseconds: Int64)
    case failed(String, reason: String)
    /// A domain that says that it has no SIP (RFC 2782).
    case notOffered(String)
    case transport(String)

    public var description: String {
      switch self {
      case .notFound(let name): "there is no host \(name); look at the spelling"
      case .noAnswer(let name, let milliseconds) where milliseconds < 1000:
        "no name server can be reached to look up \(name); look at the network"
      case .noAnswer(let name, let milliseconds):
        "no name server has answered for \(name) in \(milliseconds / 1000) seconds; look at the network"
      case .failed(let name, let reason): "cannot look up \(name): \(reason)"
      case .notOffered(let name): "\(name) says that nobody can be called there by SIP"
      case .transport(let name): "the transport \(name) is not spoken here; udp, tcp and tls are"
      }
    }
  }
#endif
