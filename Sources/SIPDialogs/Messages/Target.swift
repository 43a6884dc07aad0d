// SPDX-License-Identifier: Apache-2.0

/// Where a request goes: a transport and a numeric address.
public struct Target: Sendable, Equatable, Hashable, Codable, CustomStringConvertible {
  public enum Transport: String, Sendable, Codable, CaseIterable {
    case udp, tcp, tls

    /// RFC 3261, 18: a lost message is lost, and is sent again by its transaction.
    public var isReliable: Bool { self != .udp }
    public var defaultPort: UInt16 { self == .tls ? 5061 : 5060 }
    /// As a Via says it.
    public var viaName: String { rawValue.uppercased() }
  }

  public var transport: Transport
  /// A numeric address, IPv6 without brackets.
  public var host: String
  public var port: UInt16
  /// The name that was looked up, which TLS holds the certificate against; nil where the address was given as number.
  public var name: String?

  public init(_ transport: Transport, _ host: String, _ port: UInt16, name: String? = nil) {
    (self.transport, self.host, self.port, self.name) = (transport, host, port, name)
  }

  public var description: String {
    "\(transport.rawValue):" + (host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host) + ":\(port)"
  }
}
