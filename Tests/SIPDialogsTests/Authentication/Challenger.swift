// SPDX-License-Identifier: Apache-2.0
@testable import SIPDialogs

/// A server in front of a far end, which asks for a password and checks the answers.
final class Challenger {
  static let credentials = DigestCredentials(user: "me", password: "the secret")
  /// A stand-in without security, which is the same at both ends; real ones are in DigestResponseTests.
  static let hash: DigestFunction = { _, bytes in
    let sum = bytes.reduce(UInt64(14_695_981_039_346_656_037)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
    return (0..<8).map { UInt8(truncatingIfNeeded: sum >> (8 * UInt64($0))) }
  }

  static func account(
    _ credentials: DigestCredentials? = credentials, domain: String = "192.0.2.9", realm: String? = nil,
    proxy: SIPURI? = nil
  ) -> CallAccount {
    CallAccount(domain: domain, credentials: credentials, realm: realm, proxy: proxy, hash: hash)
  }

  let realm: String
  let isProxy: Bool
  /// Which requests it looks at.
  var concerns: (SIPMessage) -> Bool = { _ in true }
  /// How many requests may use a nonce.
  var lifetime = UInt32.max
  private var nonce = 1
  private var highest: UInt32 = 0
  /// Requests that it let through.
  private(set) var accepted: [String] = []
  private(set) var challenges = 0

  init(realm: String = "r", isProxy: Bool = false) { (self.realm, self.isProxy) = (realm, isProxy) }

  var status: Int { isProxy ? 407 : 401 }

  /// The challenge that a request gets instead of an answer; nil lets it through.
  func challenge(_ request: SIPMessage, complain: (String) -> Void) -> SIPMessage.Header? {
    guard let method = request.method, method != "ACK", method != "CANCEL", concerns(request) else { return nil }
    let field = isProxy ? "Proxy-Authorization" : "Authorization"
    let values = request.all(field).lazy.compactMap { try? DigestChallenge.values(ArraySlice($0.utf8.dropFirst(7))) }
      .first { $0["realm"] == self.realm }
    guard let values, let count = values["nc"].flatMap({ UInt32($0, radix: 16) }) else { return ask(isStale: false) }
    guard values["uri"] == request.requestURI else {
      complain("\(method): the answer is for \(values["uri"] ?? "nothing")")
      return ask(isStale: false)
    }
    guard values["nonce"] == "\(nonce)", count <= lifetime else { return ask(isStale: true) }
    guard isRight(values, method, count) else { return ask(isStale: false) }
    if count <= highest { complain("\(method): the count \(count) after \(highest)") }
    highest = count
    accepted.append(method)
    return nil
  }

  private func ask(isStale: Bool) -> SIPMessage.Header {
    (nonce, highest, challenges) = (nonce + 1, 0, challenges + 1)
    return .init(
      isProxy ? "Proxy-Authenticate" : "WWW-Authenticate",
      #"Digest realm="\#(realm)", nonce="\#(nonce)", qop="auth"\#(isStale ? ", stale=true" : "")"#)
  }

  private func isRight(_ values: [String: String], _ method: String, _ count: UInt32) -> Bool {
    guard
      let challenge = try? DigestChallenge(
        #"Digest realm="\#(realm)", nonce="\#(nonce)", qop="auth""#, isOfProxy: isProxy)
    else { return false }
    let session = DigestResponse.Session(nonce: challenge.nonce, clientNonce: values["cnonce"] ?? "")
    let expected = DigestResponse(
      challenge: challenge, session: session, credentials: Self.credentials, method: method, uri: values["uri"] ?? "",
      clientNonce: values["cnonce"] ?? "", count: count
    ).value(Self.hash)
    return expected.contains("response=\"\(values["response"] ?? "")\"")
  }
}
