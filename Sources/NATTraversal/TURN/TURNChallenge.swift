// SPDX-License-Identifier: Apache-2.0

/// What the server wants requests to be authenticated with (RFC 8489, 9.2).
struct TURNChallenge: Sendable {
  /// Of a realm and of a nonce, in bytes (RFC 8489, 14.9 and 14.10).
  static let longest = 763

  let realm: [UInt8]
  var nonce: [UInt8]
  /// PASSWORD-ALGORITHMS, to be said again as it is.
  let algorithms: [UInt8]?
  let key: STUNKey
  private let isSHA256: Bool

  /// Nil if the answer is no challenge that can be met.
  init?(_ response: STUNMessage, _ account: TURNAccount, _ hashes: STUNHashes) {
    guard let realm = response[.realm], let nonce = response[.nonce], realm.count <= Self.longest,
      nonce.count <= Self.longest
    else { return nil }
    (self.realm, self.nonce) = (realm, nonce)
    let listed = Self.offersAlgorithms(nonce) ? response[.passwordAlgorithms] : nil
    // Who leaves out the list that the nonce speaks of is not the server.
    guard !Self.offersAlgorithms(nonce) || listed != nil else { return nil }
    let known = listed.map(Self.codes) ?? []
    guard listed == nil || known.contains(1) || known.contains(2) else { return nil }
    (algorithms, isSHA256) = (listed, known.contains(2))
    key = STUNKey(
      user: account.user, realm: realm, password: account.password, hashesWithSHA256: isSHA256,
      signsWithSHA256: listed != nil, hashes)
  }

  /// The nonce begins with the cookie, and has the security feature bit of password algorithms (RFC 8489, 9.2). Three
  /// bytes in base 64 follow the cookie; the bit is the first.
  private static func offersAlgorithms(_ nonce: [UInt8]) -> Bool {
    guard nonce.starts(with: Array("obMatJos2".utf8)), nonce.count >= 13 else { return false }
    // The digits from 32 to 63.
    return Array("ghijklmnopqrstuvwxyz0123456789+/".utf8).contains(nonce[9])
  }

  /// MD5 is 1, SHA-256 is 2 (RFC 8489, 18.5.1). Neither has parameters.
  private static func codes(_ list: [UInt8]) -> [UInt16] {
    var codes: [UInt16] = []
    var place = 0
    while place + 4 <= list.count, codes.count < 16 {
      codes.append(UInt16(list[place]) << 8 | UInt16(list[place + 1]))
      place += 4 + (Int(list[place + 2]) << 8 | Int(list[place + 3]) + 3) & ~3
    }
    return codes
  }

  func authorize(_ request: inout STUNMessage, _ account: TURNAccount) {
    request.add(.username, account.user)
    request.add(.realm, realm)
    request.add(.nonce, nonce)
    guard let algorithms else { return }
    request.add(.passwordAlgorithms, algorithms)
    request.add(.passwordAlgorithm, [0, isSHA256 ? 2 : 1, 0, 0])
  }
}
