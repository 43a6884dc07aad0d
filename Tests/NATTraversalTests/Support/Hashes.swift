// SPDX-License-Identifier: Apache-2.0
import NATTraversal

extension STUNHashes {
  static let tests = STUNHashes(md5: Hashes.md5, sha1: Hashes.sha1, sha256: Hashes.sha256)
}

/// As RFC 1321, RFC 3174 and RFC 6234 describe them.
enum Hashes {
  private static func padded(_ bytes: [UInt8], isBigEndian: Bool) -> [UInt8] {
    let zeros = [UInt8](repeating: 0, count: (119 - bytes.count % 64) % 64)
    let length = (0..<8).map { UInt8(truncatingIfNeeded: (bytes.count * 8) >> ($0 * 8)) }
    return bytes + [0x80] + zeros + (isBigEndian ? length.reversed() : length)
  }

  private static func word(_ bytes: [UInt8], _ place: Int, isBigEndian: Bool = true) -> UInt32 {
    let word = (0..<4).reduce(UInt32(0)) { $0 << 8 | UInt32(bytes[place + $1]) }
    return isBigEndian ? word : word.byteSwapped
  }

  private static func bytes(_ words: [UInt32]) -> [UInt8] {
    words.flatMap { word in (0..<4).map { UInt8(truncatingIfNeeded: word >> (24 - $0 * 8)) } }
  }

  private static func left(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }

  private static func right(_ word: UInt32, _ count: UInt32) -> UInt32 { word >> count | word << (32 - count) }

  @Sendable static func sha1(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
    let message = padded(message, isBigEndian: true)
    for block in stride(from: 0, to: message.count, by: 64) {
      var words = (0..<16).map { word(message, block + $0 * 4) }
      for t in 16..<80 { words.append(left(words[t - 3] ^ words[t - 8] ^ words[t - 14] ^ words[t - 16], 1)) }
      var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
      for t in 0..<80 {
        let (mixed, constant): (UInt32, UInt32) =
          switch t {
          case 0..<20: (b & c | ~b & d, 0x5A82_7999)
          case 20..<40: (b ^ c ^ d, 0x6ED9_EBA1)
          case 40..<60: (b & c | b & d | c & d, 0x8F1B_BCDC)
          default: (b ^ c ^ d, 0xCA62_C1D6)
          }
        (a, b, c, d, e) = (left(a, 5) &+ mixed &+ e &+ words[t] &+ constant, a, left(b, 30), c, d)
      }
      state = zip(state, [a, b, c, d, e]).map { $0 &+ $1 }
    }
    return bytes(state)
  }

  private static let sines: [UInt32] = [
    0xd76aa478, 0xe8c7b756, 0x242070db, 0xc1bdceee, 0xf57c0faf, 0x4787c62a, 0xa8304613, 0xfd469501,
    0x698098d8, 0x8b44f7af, 0xffff5bb1, 0x895cd7be, 0x6b901122, 0xfd987193, 0xa679438e, 0x49b40821,
    0xf61e2562, 0xc040b340, 0x265e5a51, 0xe9b6c7aa, 0xd62f105d, 0x02441453, 0xd8a1e681, 0xe7d3fbc8,
    0x21e1cde6, 0xc33707d6, 0xf4d50d87, 0x455a14ed, 0xa9e3e905, 0xfcefa3f8, 0x676f02d9, 0x8d2a4c8a,
    0xfffa3942, 0x8771f681, 0x6d9d6122, 0xfde5380c, 0xa4beea44, 0x4bdecfa9, 0xf6bb4b60, 0xbebfbc70,
    0x289b7ec6, 0xeaa127fa, 0xd4ef3085, 0x04881d05, 0xd9d4d039, 0xe6db99e5, 0x1fa27cf8, 0xc4ac5665,
    0xf4292244, 0x432aff97, 0xab9423a7, 0xfc93a039, 0x655b59c3, 0x8f0ccc92, 0xffeff47d, 0x85845dd1,
    0x6fa87e4f, 0xfe2ce6e0, 0xa3014314, 0x4e0811a1, 0xf7537e82, 0xbd3af235, 0x2ad7d2bb, 0xeb86d391,
  ]
  private static let shifts: [[UInt32]] = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]]

  @Sendable static func md5(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476]
    let message = padded(message, isBigEndian: false)
    for block in stride(from: 0, to: message.count, by: 64) {
      let words = (0..<16).map { word(message, block + $0 * 4, isBigEndian: false) }
      var (a, b, c, d) = (state[0], state[1], state[2], state[3])
      for t in 0..<64 {
        let (mixed, index): (UInt32, Int) =
          switch t / 16 {
          case 0: (b & c | ~b & d, t)
          case 1: (d & b | ~d & c, (5 * t + 1) % 16)
          case 2: (b ^ c ^ d, (3 * t + 5) % 16)
          default: (c ^ (b | ~d), 7 * t % 16)
          }
        let sum = a &+ mixed &+ sines[t] &+ words[index]
        (a, b, c, d) = (d, b &+ left(sum, shifts[t / 16][t % 4]), b, c)
      }
      state = zip(state, [a, b, c, d]).map { $0 &+ $1 }
    }
    return bytes(state.map(\.byteSwapped))
  }

  private static let roots: [UInt32] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
  ]

  @Sendable static func sha256(_ message: [UInt8]) -> [UInt8] {
    var state: [UInt32] = [
      0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
    ]
    let message = padded(message, isBigEndian: true)
    for block in stride(from: 0, to: message.count, by: 64) {
      var words = (0..<16).map { word(message, block + $0 * 4) }
      for t in 16..<64 {
        let s0 = right(words[t - 15], 7) ^ right(words[t - 15], 18) ^ words[t - 15] >> 3
        let s1 = right(words[t - 2], 17) ^ right(words[t - 2], 19) ^ words[t - 2] >> 10
        words.append(words[t - 16] &+ s0 &+ words[t - 7] &+ s1)
      }
      var v = state
      for t in 0..<64 {
        let s1 = right(v[4], 6) ^ right(v[4], 11) ^ right(v[4], 25)
        let chosen = v[4] & v[5] ^ ~v[4] & v[6]
        let first = v[7] &+ s1 &+ chosen &+ roots[t] &+ words[t]
        let s0 = right(v[0], 2) ^ right(v[0], 13) ^ right(v[0], 22)
        let majority = v[0] & v[1] ^ v[0] & v[2] ^ v[1] & v[2]
        v = [first &+ s0 &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
      }
      state = zip(state, v).map { $0 &+ $1 }
    }
    return bytes(state)
  }
}
