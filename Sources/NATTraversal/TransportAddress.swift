// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A numeric IP address and a UDP port. Two that mean the same are equal: the text is canonical.
public struct TransportAddress: Sendable, Hashable, CustomStringConvertible {
  /// An IPv4 address, or an IPv6 address without brackets and zone, as inet_ntop(3) writes it.
  public let host: String
  public let port: UInt16

  /// - Parameter host: as inet_pton(3) reads it. Names, brackets and zones are none.
  public init?(host: String, port: UInt16) {
    // What comes after a NUL, C does not see.
    guard !host.utf8.contains(0), let bytes = Self.bytes(of: host) else { return nil }
    self.init(bytes: bytes, port: port)
  }

  /// - Parameter bytes: four or sixteen, in network order.
  public init?(bytes: [UInt8], port: UInt16) {
    guard bytes.count == 4 || bytes.count == 16 else { return nil }
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    let family = bytes.count == 4 ? AF_INET : AF_INET6
    guard inet_ntop(family, bytes, &text, socklen_t(text.count)) != nil else { return nil }
    host = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    self.port = port
  }

  /// Four or sixteen, in network order.
  public var bytes: [UInt8] { Self.bytes(of: host) ?? [] }

  public var isIPv6: Bool { host.utf8.contains(UInt8(ascii: ":")) }

  /// `192.0.2.1:5060` or `[2001:db8::1]:5060`.
  public var description: String { isIPv6 ? "[\(host)]:\(port)" : "\(host):\(port)" }

  private static func bytes(of host: String) -> [UInt8]? {
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: four) { Array($0) } }
    if inet_pton(AF_INET6, host, &six) == 1 { return withUnsafeBytes(of: six) { Array($0) } }
    return nil
  }
}

// MARK: - What may be sent to it

extension TransportAddress {
  var isLoopback: Bool {
    let bytes = bytes
    return isIPv6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 : bytes.first == 127
  }

  /// Whether a far end may name it: a unicast address that is no special form of another one, and a port.
  ///
  /// The far end must not make this end talk to programs of its own machine, unless all of it happens there.
  func isReachable(from base: TransportAddress) -> Bool {
    let bytes = bytes
    guard port != 0, !bytes.allSatisfy({ $0 == 0 }), !isLoopback || base.isLoopback else { return false }
    guard isIPv6 else { return bytes[0] != 0 && bytes[0] < 224 }
    // A link-local address means nothing without its zone. IPv4-mapped addresses: RFC 8445, 5.1.1.1.
    let isLinkLocal = bytes[0] == 0xFE && bytes[1] & 0xC0 == 0x80
    let isMapped = bytes.prefix(10).allSatisfy { $0 == 0 } && bytes[10] == 0xFF && bytes[11] == 0xFF
    return bytes[0] != 0xFF && !isLinkLocal && !isMapped
  }
}

// MARK: - As text

extension TransportAddress: Codable {
  /// What ``description`` has written.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = text[..<colon]
    if host.first == "[", host.last == "]" { host = host.dropFirst().dropLast() }
    self.init(host: String(host), port: port)
  }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    guard let address = Self(try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "expected an address and a port")
    }
    self = address
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
