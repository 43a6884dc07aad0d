// SPDX-License-Identifier: Apache-2.0

/// `a=crypto`: the key for what its writer sends (RFC 4568, 9).
public struct SecurityDescription: Sendable, Equatable {
  /// The known suites in order of preference, with the bytes of key and salt (RFC 4568, 6.2; 6188; 7714).
  public static let suites: [(name: String, bytes: Int)] = [
    ("AES_CM_128_HMAC_SHA1_80", 30), ("AES_256_CM_HMAC_SHA1_80", 46), ("AEAD_AES_128_GCM", 28),
    ("AEAD_AES_256_GCM", 44), ("AES_CM_128_HMAC_SHA1_32", 30),
  ]

  public var tag: UInt32
  public var key: MediaPlan.Key

  public init(tag: UInt32, key: MediaPlan.Key) { (self.tag, self.key) = (tag, key) }

  /// nil if it is malformed, or asks for something unsupported: another suite, a master key identifier in every packet,
  /// several keys, unencrypted packets. The lifetime of a key is longer than any call.
  public init?(_ value: String) {
    let fields = ArraySlice(value).split(whereSeparator: \.isBlank)
    guard fields.count >= 3, fields[0].count <= 9, let tag = fields[0].number(UInt32.self) else { return nil }
    let name = fields[1].text
    guard let suite = Self.suites.first(where: { $0.name == name }) else { return nil }
    let method = Array("inline:".utf8)
    guard fields[2].prefix(method.count).text.asciiLowercased == "inline:", !fields[2].contains(UInt8(ascii: ";"))
    else { return nil }
    let parts = fields[2].dropFirst(method.count).split(
      separator: UInt8(ascii: "|"), omittingEmptySubsequences: false)
    guard let first = parts.first, let material = Base64.decode(first), material.count == suite.bytes,
      !parts.dropFirst().contains(where: { $0.contains(UInt8(ascii: ":")) }), parts.count <= 2
    else { return nil }
    guard fields.dropFirst(3).allSatisfy(Self.isHarmless) else { return nil }
    (self.tag, key) = (tag, MediaPlan.Key(suite: name, material: material))
  }

  /// RFC 4568, 6.3: an unknown session parameter refuses the line, unless it begins with a dash.
  private static func isHarmless(_ parameter: ArraySlice<UInt8>) -> Bool {
    let text = parameter.text.uppercased()
    return text.hasPrefix("-") || text.hasPrefix("WSH=") || text == "KDR=0"
  }

  public var value: String { "\(tag) \(key.suite) inline:\(Base64.encode(key.material))" }

  /// The keys that can be made from so much material.
  static func keys(of material: [UInt8]) -> [MediaPlan.Key] {
    suites.filter { $0.bytes <= material.count }
      .map { MediaPlan.Key(suite: $0.name, material: Array(material.prefix($0.bytes))) }
  }
}
