// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  public import SIPDialogs

  /// The hashes of digest authentication.
  public enum DigestHash {
    /// Empty if this machine's OpenSSL does not have the algorithm.
    @Sendable public static func hash(_ algorithm: DigestAlgorithm, _ bytes: [UInt8]) -> [UInt8] {
      hash(name(of: algorithm), bytes)
    }

    /// By OpenSSL's name of the algorithm.
    static func hash(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
      [UInt8](unsafeUninitializedCapacity: Int(CSOFIA_LARGEST_HASH)) { hash, count in
        // The capacity is the largest size that C writes.
        count = hash.baseAddress.map { csofia_hash(name, bytes, bytes.count, $0) } ?? 0
      }
    }

    private static func name(of algorithm: DigestAlgorithm) -> String {
      switch algorithm {
      case .md5: "MD5"
      case .sha256: "SHA2-256"
      case .sha512Half: "SHA2-512/256"
      }
    }
  }
#endif
