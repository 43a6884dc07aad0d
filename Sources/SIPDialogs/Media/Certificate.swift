// SPDX-License-Identifier: Apache-2.0

/// This end's certificate for the handshakes of one call, with its private key.
public struct Certificate: Sendable, Equatable {
  /// As DER.
  public var certificate: [UInt8]
  /// As DER.
  public var key: [UInt8]
  /// SHA-256 of ``certificate``.
  public var digest: [UInt8]

  public init(certificate: [UInt8], key: [UInt8], digest: [UInt8]) {
    (self.certificate, self.key, self.digest) = (certificate, key, digest)
  }

  var fingerprint: Fingerprint { Fingerprint(hash: "sha-256", digest: digest) }

  /// Of an association of this call: nobody else's (RFC 8842, 4).
  func tlsID(of association: UInt32) -> String {
    digest.prefix(16).map(Fingerprint.hexadecimal).joined().asciiLowercased + "-\(association)"
  }
}

/// In base64, because a ticket has little room.
extension Certificate: Codable {
  private enum CodingKeys: String, CodingKey { case certificate, key, digest }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func bytes(_ key: CodingKeys) throws -> [UInt8] {
      guard let bytes = Base64.decode(ArraySlice(try container.decode(String.self, forKey: key))) else {
        throw DecodingError.dataCorruptedError(forKey: key, in: container, debugDescription: "no base64")
      }
      return bytes
    }
    self.init(certificate: try bytes(.certificate), key: try bytes(.key), digest: try bytes(.digest))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(Base64.encode(certificate), forKey: .certificate)
    try container.encode(Base64.encode(key), forKey: .key)
    try container.encode(Base64.encode(digest), forKey: .digest)
  }
}
