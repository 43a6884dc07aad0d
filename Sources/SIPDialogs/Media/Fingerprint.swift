// SPDX-License-Identifier: Apache-2.0

/// The hash of a certificate, as `a=fingerprint` has it (RFC 8122): `sha-256 4A:AD:…`.
public struct Fingerprint: Sendable, Equatable, Hashable {
  /// The known hashes, the strongest first, with their bytes. Others are too weak to be trusted, or unknown.
  static let hashes: [(name: String, bytes: Int)] = [("sha-512", 64), ("sha-384", 48), ("sha-256", 32)]

  public var hash: String
  public var digest: [UInt8]

  public init(hash: String, digest: [UInt8]) { (self.hash, self.digest) = (hash, digest) }

  /// nil if it is malformed, or of another hash.
  init?(_ value: String) {
    let fields = ArraySlice(value).split(whereSeparator: \.isBlank)
    guard fields.count == 2 else { return nil }
    let name = fields[0].text.asciiLowercased
    let digits = fields[1].split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
    let digest = digits.compactMap { $0.count == 2 ? UInt8($0.text, radix: 16) : nil }
    guard let known = Self.hashes.first(where: { $0.name == name }), digits.count == known.bytes,
      digest.count == known.bytes
    else { return nil }
    (hash, self.digest) = (name, digest)
  }

  var value: String { "\(hash) " + digest.map(Self.hexadecimal).joined(separator: ":") }

  static func hexadecimal(_ byte: UInt8) -> String {
    let digits = String(byte, radix: 16, uppercase: true)
    return digits.utf8.count == 1 ? "0" + digits : digits
  }
}

extension Fingerprint: Codable {
  public init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let read = Fingerprint(text) else {
      throw DecodingError.dataCorrupted(.init(codingPath: decoder.codingPath, debugDescription: "no fingerprint"))
    }
    self = read
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(value)
  }
}
