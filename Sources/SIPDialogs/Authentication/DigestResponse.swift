// SPDX-License-Identifier: Apache-2.0

/// A name and a password. They are for one engine's memory only: neither is in a ``CallTicket``.
public struct DigestCredentials: Sendable, Equatable {
  public var user: String
  public var password: String

  public init(user: String, password: String) { (self.user, self.password) = (user, password) }
}

/// The answer to a challenge, for one request (RFC 7616, 3.4).
struct DigestResponse {
  var challenge: DigestChallenge
  var credentials: DigestCredentials
  var method: String
  /// As in the request line.
  var uri: String
  /// Of this end, never used before.
  var clientNonce: String
  /// How many requests have used the challenge's nonce, this one included.
  var count: UInt32

  /// The name of the header field.
  var name: String { challenge.isOfProxy ? "Proxy-Authorization" : "Authorization" }

  func value(_ hash: DigestFunction) -> String {
    var value = "Digest username=\(credentials.user.quoted), realm=\(challenge.realm.quoted), "
    value += "nonce=\(challenge.nonce.quoted), uri=\(uri.quoted), response=\"\(response(hash))\""
    value += ", algorithm=\(challenge.algorithm.rawValue)\(challenge.isOfSession ? "-sess" : "")"
    if let opaque = challenge.opaque { value += ", opaque=\(opaque.quoted)" }
    if challenge.hasQuality { value += ", qop=auth, nc=\(countText)" }
    if challenge.hasQuality || challenge.isOfSession { value += ", cnonce=\(clientNonce.quoted)" }
    return value
  }

  private var countText: String {
    let digits = String(count, radix: 16)
    return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
  }

  private func response(_ hash: DigestFunction) -> String {
    func hex(_ text: String) -> String {
      hash(challenge.algorithm, Array(text.utf8)).map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "0" + digits : digits
      }.joined()
    }
    var secret = hex("\(credentials.user):\(challenge.realm):\(credentials.password)")
    if challenge.isOfSession { secret = hex("\(secret):\(challenge.nonce):\(clientNonce)") }
    let request = hex("\(method):\(uri)")
    let middle = challenge.hasQuality ? "\(countText):\(clientNonce):auth:" : ""
    return hex("\(secret):\(challenge.nonce):\(middle)\(request)")
  }
}
