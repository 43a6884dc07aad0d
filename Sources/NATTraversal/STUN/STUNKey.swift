// SPDX-License-Identifier: Apache-2.0

/// What authenticates messages: MESSAGE-INTEGRITY or MESSAGE-INTEGRITY-SHA256 (RFC 8489, 14.5 and 14.6).
public struct STUNKey: Sendable {
  let bytes: [UInt8]
  let isSHA256: Bool
  private let hashes: STUNHashes

  /// A short-term credential (RFC 8489, 9.1.1), as ICE uses it.
  public init(password: String, _ hashes: STUNHashes) {
    (bytes, isSHA256, self.hashes) = (Array(password.utf8), false, hashes)
  }

  /// A long-term credential (RFC 8489, 9.2.2).
  ///
  /// User and password are taken as they are: who has them in another Unicode normalization must prepare them
  /// (RFC 8265, OpaqueString).
  /// - Parameters:
  ///   - realm: the server's.
  ///   - hashesWithSHA256: the password algorithm is SHA-256, and not MD5 (RFC 8489, 18.5).
  ///   - signsWithSHA256: messages have MESSAGE-INTEGRITY-SHA256, as all have once the server has offered password
  ///     algorithms (RFC 8489, 9.2.5).
  public init(
    user: String, realm: [UInt8], password: String, hashesWithSHA256: Bool = false, signsWithSHA256: Bool = false,
    _ hashes: STUNHashes
  ) {
    let text = Array(user.utf8) + [UInt8(ascii: ":")] + realm + [UInt8(ascii: ":")] + Array(password.utf8)
    bytes = hashesWithSHA256 ? hashes.sha256(text) : hashes.md5(text)
    (isSHA256, self.hashes) = (signsWithSHA256, hashes)
  }

  /// Whether the datagram is a STUN message that somebody with this key has made, up to the integrity. What follows
  /// the integrity, ``STUNMessage/init(_:)`` leaves out.
  public func authenticates(_ datagram: [UInt8]) -> Bool {
    guard let slot = STUNSlot.all(in: datagram)?.first(where: { $0.kind == attribute }), slot.value.count == length
    else { return false }
    let code = code(of: datagram.cut(at: slot.start, lengthUpTo: slot.value.upperBound))
    // In constant time.
    return zip(code, datagram[slot.value]).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }

  var attribute: STUNAttribute.Kind { isSHA256 ? .messageIntegritySHA256 : .messageIntegrity }

  var length: Int { isSHA256 ? 32 : 20 }

  func code(of bytes: [UInt8]) -> [UInt8] {
    STUNHashes.hmac(isSHA256 ? hashes.sha256 : hashes.sha1, key: self.bytes, bytes)
  }
}
