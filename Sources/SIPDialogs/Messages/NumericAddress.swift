// SPDX-License-Identifier: Apache-2.0
internal import Glibc

/// A numeric IP address, distinguished from names without a lookup.
public struct NumericAddress: Sendable, Equatable, Hashable, CustomStringConvertible {
  /// Four or sixteen.
  public let bytes: [UInt8]

  public var isIPv6: Bool { bytes.count == 16 }
  public var isUnspecified: Bool { bytes.allSatisfy { $0 == 0 } }
  public var isLoopback: Bool {
    isIPv6 ? bytes.dropLast().allSatisfy { $0 == 0 } && bytes.last == 1 : bytes.first == 127
  }
  /// Whether it is not a multicast or broadcast address.
  public var isUnicast: Bool {
    isIPv6 ? bytes.first != 0xFF : (bytes.first ?? 0) & 0xF0 != 0xE0 && bytes != [255, 255, 255, 255]
  }

  /// As the system and OpenSSL write it (inet_ntop(3)); an IPv6 address has many other spellings.
  public var description: String {
    var text = [CChar](repeating: 0, count: Int(INET6_ADDRSTRLEN))
    _ = inet_ntop(isIPv6 ? AF_INET6 : AF_INET, bytes, &text, socklen_t(text.count))
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// A host as it is compared, if it is numeric.
  public static func canonical(_ host: String) -> String { NumericAddress(host)?.description ?? host }

  /// An IPv4 address in four parts without leading zeros, or an IPv6 address without brackets and zone (inet_pton(3)).
  public init?(_ text: String) {
    // What comes after a NUL, C does not see.
    guard !text.utf8.contains(0) else { return nil }
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, text, &four) == 1 {
      bytes = withUnsafeBytes(of: four) { Array($0) }
    } else if inet_pton(AF_INET6, text, &six) == 1 {
      bytes = withUnsafeBytes(of: six) { Array($0) }
    } else {
      return nil
    }
  }
}
