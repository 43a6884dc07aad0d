// SPDX-License-Identifier: Apache-2.0

/// The hash functions that STUN needs, from outside: this code has none.
public struct STUNHashes: Sendable {
  public typealias Hash = @Sendable ([UInt8]) -> [UInt8]

  /// 16 bytes.
  public var md5: Hash
  /// 20 bytes.
  public var sha1: Hash
  /// 32 bytes.
  public var sha256: Hash

  public init(md5: @escaping Hash, sha1: @escaping Hash, sha256: @escaping Hash) {
    (self.md5, self.sha1, self.sha256) = (md5, sha1, sha256)
  }

  /// RFC 2104. All of these hashes work on blocks of 64 bytes.
  static func hmac(_ hash: Hash, key: [UInt8], _ message: [UInt8]) -> [UInt8] {
    var key = key.count > 64 ? hash(key) : key
    key += [UInt8](repeating: 0, count: 64 - key.count)
    return hash(key.map { $0 ^ 0x5C } + hash(key.map { $0 ^ 0x36 } + message))
  }
}
