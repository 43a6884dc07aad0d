// SPDX-License-Identifier: Apache-2.0

/// A numeric IP address, distinguished from names without a lookup.
public struct NumericAddress: Sendable, Equatable, Hashable {
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

  /// An IPv4 address with four parts without leading zeros, or an IPv6 address without brackets and zone.
  public init?(_ text: String) {
    let text = ArraySlice<UInt8>(text)
    guard text.count <= 45 else { return nil }
    guard let bytes = text.contains(UInt8(ascii: ":")) ? Self.ipv6(text) : Self.ipv4(text) else { return nil }
    self.bytes = bytes
  }

  private static func ipv4(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bytes: [UInt8] = []
    for part in parts {
      guard part.count == 1 || part.first != UInt8(ascii: "0"), let byte = part.number(UInt8.self) else { return nil }
      bytes.append(byte)
    }
    return bytes
  }

  private static func ipv6(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let colon = UInt8(ascii: ":")
    var gap: ArraySlice<UInt8>.Index?
    for index in text.indices.dropLast() where text[index] == colon && text[index + 1] == colon {
      guard gap == nil else { return nil }
      gap = index
    }
    guard let gap else {
      guard let bytes = groups(text), bytes.count == 16 else { return nil }
      return bytes
    }
    let (before, after) = (text[..<gap], text[(gap + 2)...])
    guard let head = before.isEmpty ? [] : groups(before), let tail = after.isEmpty ? [] : groups(after),
      head.count + tail.count <= 14, before.isEmpty || !before.contains(UInt8(ascii: "."))
    else { return nil }
    return head + [UInt8](repeating: 0, count: 16 - head.count - tail.count) + tail
  }

  private static func groups(_ text: ArraySlice<UInt8>) -> [UInt8]? {
    let parts = text.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    guard parts.count <= 8 else { return nil }
    var bytes: [UInt8] = []
    for (place, part) in parts.enumerated() {
      if place == parts.count - 1, part.contains(UInt8(ascii: ".")) {
        guard let four = ipv4(part) else { return nil }
        bytes += four
      } else {
        guard (1...4).contains(part.count), part.allSatisfy(\.isHexDigit), let group = UInt16(part.text, radix: 16)
        else { return nil }
        bytes += [UInt8(group >> 8), UInt8(group & 0xFF)]
      }
    }
    return bytes
  }
}
