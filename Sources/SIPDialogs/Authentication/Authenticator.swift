// SPDX-License-Identifier: Apache-2.0

/// Answers the challenges of servers and proxies, and remembers them, so that further requests are not challenged.
///
/// What it remembers is no secret, and is saved with the call: a successor can end the call with the first BYE.
struct Authenticator: Sendable, Equatable, Codable {
  /// Proxies on the way, and the server.
  static let mostRealms = 4
  /// How often one request is sent again.
  static let mostRounds = 5

  /// A realm of a proxy or a server, and its latest challenge.
  struct Realm: Sendable, Equatable, Codable {
    var challenge: DigestChallenge
    /// How many requests have answered it.
    var count: UInt32 = 0

    func isSame(as other: DigestChallenge) -> Bool {
      challenge.isOfProxy == other.isOfProxy && challenge.realm == other.realm
    }
  }

  private(set) var realms: [Realm] = []

  /// How one request fares that may have to be sent several times.
  struct Rounds: Sendable, Equatable {
    var count = 0
    /// The challenges that it has been sent again for.
    var answered: [DigestChallenge] = []
  }

  /// Takes the challenges of a 401 or 407. If it returns, ``authorize(_:with:clientNonce:_:)`` can answer them.
  mutating func take(
    _ response: SIPMessage, credentials: DigestCredentials?, in rounds: inout Rounds
  ) throws(AuthenticationError) {
    let challenges = try Self.challenges(of: response)
    guard let credentials else { throw .noPassword(realm: challenges[0].realm) }
    rounds.count += 1
    guard rounds.count < Self.mostRounds else { throw .endless(rounds.count) }
    for challenge in challenges {
      let wasAnswered = rounds.answered.contains { Realm(challenge: $0).isSame(as: challenge) }
      if wasAnswered, !challenge.isStale { throw .rejected(user: credentials.user, realm: challenge.realm) }
      rounds.answered.append(challenge)
      remember(challenge)
    }
  }

  /// The first challenge of each realm that can be answered: the server states its preference by their order (RFC 8760,
  /// 2.3).
  private static func challenges(of response: SIPMessage) throws(AuthenticationError) -> [DigestChallenge] {
    var challenges: [DigestChallenge] = []
    var problem: DigestChallenge.Problem?
    for (name, isOfProxy) in [("Proxy-Authenticate", true), ("WWW-Authenticate", false)] {
      for text in response.all(name) {
        do throws(DigestChallenge.Problem) {
          let challenge = try DigestChallenge(text, isOfProxy: isOfProxy)
          let isKnown = challenges.contains { Realm(challenge: $0).isSame(as: challenge) }
          if !isKnown, challenges.count < mostRealms { challenges.append(challenge) }
        } catch { problem = problem ?? error }
      }
    }
    if challenges.isEmpty { throw .unanswerable(problem.map { "\($0)" } ?? "it names none") }
    return challenges
  }

  private mutating func remember(_ challenge: DigestChallenge) {
    realms.removeAll { $0.isSame(as: challenge) }
    if realms.count >= Self.mostRealms { realms.removeFirst() }
    realms.append(Realm(challenge: challenge))
  }

  /// Adds what the known challenges ask for. A request that was authorized before is authorized anew.
  mutating func authorize(
    _ request: inout SIPMessage, with credentials: DigestCredentials, clientNonce: String, _ hash: DigestFunction
  ) {
    request.remove("Authorization")
    request.remove("Proxy-Authorization")
    for index in realms.indices {
      realms[index].count += 1
      let answer = DigestResponse(
        challenge: realms[index].challenge, credentials: credentials, method: request.method ?? "",
        uri: request.requestURI ?? "", clientNonce: clientNonce, count: realms[index].count)
      request.add(answer.name, answer.value(hash))
    }
  }

  /// A response may bring the nonce of the next request (RFC 7616, 3.5).
  mutating func note(_ response: SIPMessage) {
    for (name, isOfProxy) in [("Proxy-Authentication-Info", true), ("Authentication-Info", false)] {
      guard let text = response[name], let values = try? DigestChallenge.values(ArraySlice(text)),
        let nonce = values["nextnonce"], nonce.utf8.count <= DigestChallenge.longestValue
      else { continue }
      let own = realms.indices.filter { realms[$0].challenge.isOfProxy == isOfProxy }
      // It does not say for which realm.
      guard own.count == 1, let index = own.first else { continue }
      (realms[index].challenge.nonce, realms[index].count) = (nonce, 0)
    }
  }
}
