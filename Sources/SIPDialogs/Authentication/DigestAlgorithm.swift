// SPDX-License-Identifier: Apache-2.0

/// The hash of a challenge (RFC 7616, 3.2; in SIP: RFC 8760).
public enum DigestAlgorithm: String, Sendable, Codable, CaseIterable {
  case md5 = "MD5"
  case sha256 = "SHA-256"
  case sha512Half = "SHA-512-256"

  /// What a name in a challenge means; nil for an unknown one.
  init?(named name: String) {
    guard let known = Self.allCases.first(where: { $0.rawValue.isSame(as: name) }) else { return nil }
    self = known
  }
}

/// Hashes bytes. This module knows no hash itself: it links nothing.
public typealias DigestFunction = @Sendable (DigestAlgorithm, [UInt8]) -> [UInt8]
