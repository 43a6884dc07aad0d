// SPDX-License-Identifier: Apache-2.0
import Testing

@testable import SIPDialogs

struct AuthenticatorTests {
  private static let server = Target(.udp, "192.0.2.9", 5060)
  private var authenticator = Authenticator(Challenger.account())
  private var rounds = Authenticator.Rounds()

  private static func response(_ challenges: String..., status: Int = 401) -> SIPMessage {
    var response = SIPMessage(status: status, phrase: "Unauthorized")
    for challenge in challenges {
      response.add(status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate", challenge)
    }
    return response
  }

  private static func digest(_ realm: String, _ nonce: String, _ rest: String = "") -> String {
    #"Digest realm="\#(realm)", nonce="\#(nonce)", qop="auth"\#(rest)"#
  }

  init() { authenticator.note(server: Self.server) }

  private mutating func authorized(_ method: String = "INVITE") -> SIPMessage {
    var request = SIPMessage(method: method, uri: "sip:you@example.org")
    authenticator.authorize(&request, to: Self.server, clientNonce: "own")
    return request
  }

  @Test mutating func aServerAndAProxyOnTheWay() throws {
    try authenticator.take(
      Self.response(Self.digest("proxy", "1"), status: 407), from: Self.server.host, at: Self.server, in: &rounds)
    try authenticator.take(
      Self.response(Self.digest("server", "2")), from: Self.server.host, at: Self.server, in: &rounds)
    let request = authorized()
    #expect(request.all("Authorization").count == 1)
    #expect(request["Authorization"]?.contains(#"realm="server", nonce="2", uri="sip:you@example.org""#) == true)
    #expect(request["Proxy-Authorization"]?.contains(#"realm="proxy", nonce="1""#) == true)
  }

  @Test mutating func everyRequestCounts() throws {
    try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    #expect(authorized()["Authorization"]?.contains("nc=00000001") == true)
    #expect(authorized("BYE")["Authorization"]?.contains("nc=00000002") == true)
  }

  @Test mutating func theNextNonceIsUsed() throws {
    try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    _ = authorized()
    var accepted = SIPMessage(status: 200, phrase: "OK")
    accepted.add("Authentication-Info", #"nextnonce="2", qop=auth, nc=00000001"#)
    authenticator.note(accepted, from: Self.server.host, at: Self.server)
    #expect(authorized()["Authorization"]?.contains(#"nonce="2""#) == true)
  }

  /// RFC 7616, 3.4.2: the key of a session is made once.
  @Test mutating func theKeyOfASessionStays() throws {
    try authenticator.take(
      Self.response(Self.digest("r", "1", ", algorithm=MD5-sess")), from: Self.server.host, at: Self.server, in: &rounds
    )
    let first = authorized()["Authorization"]
    var accepted = SIPMessage(status: 200, phrase: "OK")
    accepted.add("Authentication-Info", #"nextnonce="2""#)
    authenticator.note(accepted, from: Self.server.host, at: Self.server)
    var request = SIPMessage(method: "BYE", uri: "sip:you@example.org")
    authenticator.authorize(&request, to: Self.server, clientNonce: "another")
    #expect(first?.contains(#"cnonce="own""#) == true)
    #expect(request["Authorization"]?.contains(#"nonce="2""#) == true)
    #expect(request["Authorization"]?.contains(#"cnonce="own""#) == true)
    #expect(authenticator.memory.realms[0].session == .init(nonce: "1", clientNonce: "own"))
  }

  @Test mutating func aWrongPasswordIsSaidAtOnce() throws {
    try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    #expect(throws: AuthenticationError.rejected(user: "me", realm: "r")) {
      try authenticator.take(Self.response(Self.digest("r", "2")), from: Self.server.host, at: Self.server, in: &rounds)
    }
  }

  @Test mutating func anOldNonceIsRenewed() throws {
    try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    try authenticator.take(
      Self.response(Self.digest("r", "2", ", stale=TRUE")), from: Self.server.host, at: Self.server, in: &rounds)
    let value = authorized()["Authorization"]
    #expect(value?.contains(#"nonce="2""#) == true)
    #expect(value?.contains("nc=00000001") == true)
  }

  /// A nonce that was remembered may be too old by the next request, and not every server says so.
  @Test mutating func aLaterRequestMayBeChallengedAgain() throws {
    try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    var later = Authenticator.Rounds()
    try authenticator.take(Self.response(Self.digest("r", "2")), from: Self.server.host, at: Self.server, in: &later)
  }

  @Test mutating func aServerThatAsksForEverIsGivenUp() throws {
    for round in 0..<Authenticator.Rounds.most {
      try authenticator.take(
        Self.response(Self.digest("r", "\(round)", ", stale=true")), from: Self.server.host, at: Self.server,
        in: &rounds)
    }
    #expect(throws: AuthenticationError.endless(Authenticator.Rounds.most)) {
      try authenticator.take(
        Self.response(Self.digest("r", "last", ", stale=true")), from: Self.server.host, at: Self.server, in: &rounds)
    }
  }

  @Test mutating func theServersFirstKnownAlgorithmIsUsed() throws {
    try authenticator.take(
      Self.response(
        Self.digest("r", "1", ", algorithm=SHA-3"), Self.digest("r", "2", ", algorithm=SHA-256"),
        Self.digest("r", "3", ", algorithm=MD5")), from: Self.server.host, at: Self.server, in: &rounds)
    #expect(authorized()["Authorization"]?.contains(#"nonce="2""#) == true)
    #expect(authorized()["Authorization"]?.contains("algorithm=SHA-256") == true)
  }

  @Test func withoutAPasswordTheRealmIsSaid() {
    var (authenticator, rounds) = (Authenticator(Challenger.account(nil)), Authenticator.Rounds())
    #expect(throws: AuthenticationError.noPassword(realm: "r")) {
      try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    }
  }

  @Test(arguments: [
    (#"Digest realm="r", nonce="n", qop="auth-int""#, "qop=auth-int; expected auth"),
    (#"Digest realm="r", nonce="n", algorithm=AKAv1-MD5"#, "AKAv1-MD5"),
    (#"Basic realm="r""#, "Basic"),
    (#"Digest realm="r"#, "malformed"),
    (#"Digest realm="r""#, "no nonce"),
    ("", "expected Digest"),
    (#"Digest realm="r", nonce="\#(String(repeating: "n", count: 257))""#, "longer than 256"),
  ])
  func whatCannotBeAnsweredIsNamed(challenge: String, part: String) {
    var (authenticator, rounds) = (authenticator, Authenticator.Rounds())
    let error = #expect(throws: AuthenticationError.self) {
      try authenticator.take(Self.response(challenge), from: Self.server.host, at: Self.server, in: &rounds)
    }
    #expect("\(error as Any)".contains(part))
  }

  @Test mutating func quotationMarksInARealmStay() throws {
    try authenticator.take(
      Self.response(#"Digest realm="a \"quoted\" realm", nonce="1""#), from: Self.server.host, at: Self.server,
      in: &rounds)
    #expect(authorized()["Authorization"]?.contains(#"realm="a \"quoted\" realm""#) == true)
  }

  private mutating func late(_ realm: String, status: Int = 401, _ rest: String = "") -> AuthenticationError? {
    var own = Authenticator.Rounds()
    do throws(AuthenticationError) {
      try authenticator.take(
        Self.response(Self.digest(realm, "n", rest), status: status), from: Self.server.host, at: Self.server, in: &own)
      return nil
    } catch { return error }
  }

  /// Later, those behind the server may ask.
  @Test mutating func onlyWhatTheServerHasAskedForIsAnsweredLater() throws {
    let sha = ", algorithm=SHA-256"
    try authenticator.take(
      Self.response(Self.digest("r", "1", sha), status: 407), from: Self.server.host, at: Self.server, in: &rounds)
    authenticator.note(asked: [AskedRealm(try DigestChallenge(Self.digest("registrar", "2"), isOfProxy: false))])
    authenticator.seal()
    #expect(late("r", status: 407, sha) == nil && late("registrar") == nil)
    for answer in [late("evil"), late("evil", status: 407), late("r", sha), late("r", status: 407)] {
      guard case .late? = answer else {
        Issue.record("\(answer as Any)")
        continue
      }
    }
    #expect(authenticator.memory.realms.allSatisfy { ["r", "registrar"].contains($0.challenge.realm) })
  }

  /// Whoever has chosen the nonce has chosen the client's part, too, where there is none.
  @Test mutating func aWeakerAnswerIsNotGivenLater() throws {
    try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    authenticator.seal()
    var own = Authenticator.Rounds()
    #expect(throws: AuthenticationError.late(realm: "r", isAccounts: false)) {
      try authenticator.take(
        Self.response(#"Digest realm="r", nonce="2""#), from: Self.server.host, at: Self.server, in: &own)
    }
  }

  /// Behind one public address may be a server and far ends.
  @Test mutating func anotherPortOfTheServersAddressIsNotTheServer() throws {
    let other = Target(.udp, Self.server.host, 5070)
    #expect(throws: AuthenticationError.stranger(host: "192.0.2.9:5070", realm: "r")) {
      try authenticator.take(Self.response(Self.digest("r", "1")), from: other.host, at: other, in: &rounds)
    }
    try authenticator.take(Self.response(Self.digest("r", "1")), from: Self.server.host, at: Self.server, in: &rounds)
    var request = SIPMessage(method: "BYE", uri: "sip:you@example.org")
    authenticator.authorize(&request, to: other, clientNonce: "own")
    #expect(request["Authorization"] == nil)
  }

  @Test mutating func whereTheServerHasAskedForNothingTheRealmOfTheAccountCounts() {
    authenticator.seal()
    #expect(late("mine") == .late(realm: "mine", isAccounts: false))
    authenticator = Authenticator(Challenger.account(realm: "mine"))
    authenticator.note(server: Self.server)
    authenticator.seal()
    #expect(late("mine") == nil)
  }

  @Test mutating func realmsAreBounded() throws {
    for number in 0..<20 {
      var own = Authenticator.Rounds()
      try authenticator.take(
        Self.response(Self.digest("r\(number)", "1")), from: Self.server.host, at: Self.server, in: &own)
    }
    #expect(authenticator.memory.realms.count == Authenticator.Memory.mostRealms)
    #expect(authenticator.memory.asked.count == Authenticator.Memory.mostAsked)
  }
}
