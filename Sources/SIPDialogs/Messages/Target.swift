// SPDX-License-Identifier: Apache-2.0

/// The target of a request: a transport and a numeric address.
public struct Target: Sendable, Equatable, Hashable, Codable, CustomStringConvertible {
  public enum Transport: String, Sendable, Codable, CaseIterable {
    case udp, tcp, tls

    /// RFC 3261, 18: if a message is lost on an unreliable transport, its transaction repeats it.
    public var isReliable: Bool { self != .udp }
    public var defaultPort: UInt16 { self == .tls ? 5061 : 5060 }
    /// In a Via's notation.
    public var viaName: String { rawValue.uppercased() }
  }

  public var transport: Transport
  /// A numeric address; IPv6 without brackets, and in one spelling.
  public let host: String
  public var port: UInt16
  /// The name that was looked up, against which TLS checks the certificate; nil if the address was numeric.
  public var name: String?

  public init(_ transport: Transport, _ host: String, _ port: UInt16, name: String? = nil) {
    (self.transport, self.port, self.name) = (transport, port, name)
    self.host = NumericAddress.canonical(host)
  }

  public var description: String {
    "\(transport.rawValue):" + (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + ":\(port)"
  }
}
