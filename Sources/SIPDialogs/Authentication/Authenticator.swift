// SPDX-License-Identifier: Apache-2.0

/// Answers the challenges of an account's servers, and remembers them, so that further requests are not challenged.
///
/// Only the account's servers get an answer: whoever gets one can try passwords until one of them matches it.
struct Authenticator: Sendable {
  /// What a successor needs. Nothing in it is secret, and with it the first BYE is accepted.
  struct Memory: Sendable, Equatable, Codable {
    var realms: [Realm] = []
    /// The account's servers, as a numeric address with a port: far ends may share the address.
    var servers: [String] = []
    /// Where the account is registered, in the same form.
    var registrar: String?
    /// The registrar, where requests of the call go there. The far end may have named it, so it gets nothing but answers
    /// to what it asks.
    var ownEdge: String?
    /// The newest ones: an answer may be repeated until its ACK arrives.
    var invites: [Invite] = []
    var asked: [AskedRealm] = []
    /// Somebody behind the servers may ask from now on: they have passed on a word of the far end.
    var isSealed = false

    /// Proxies on the way, and the server.
    static let mostRealms = 3
    static let mostServers = 8
    static let mostInvites = 2
    static let mostAsked = 4
  }

  /// The CSeq of an INVITE, and its credentials.
  struct Invite: Sendable, Equatable, Codable {
    var sequence: UInt32
    var credentials: [SIPMessage.Header]

    /// In bytes: longer ones are not kept.
    static let longest = 1536

    init?(_ request: SIPMessage) {
      guard request.method == "INVITE", let sequence = request.sequence else { return nil }
      (self.sequence, credentials) = (sequence, request.credentials)
      guard credentials.reduce(0, { $0 + $1.value.utf8.count }) <= Self.longest else { return nil }
    }
  }

  /// A realm of a proxy or a server, and its latest challenge.
  struct Realm: Sendable, Equatable, Codable {
    var challenge: DigestChallenge
    /// How many requests have answered it.
    var count: UInt32 = 0
    /// Of the first answer to it: they make the key of an algorithm `-sess`, and stay when there is a next nonce.
    var session: DigestResponse.Session?

    func isSame(as other: DigestChallenge) -> Bool {
      challenge.isOfProxy == other.isOfProxy && challenge.realm == other.realm
    }
  }

  /// How one request fares that may have to be sent several times.
  struct Rounds: Sendable, Equatable {
    var count = 0
    /// The challenges that it has been sent again for.
    var answered: [DigestChallenge] = []

    /// How often one request is sent again, at most.
    static let most = 5
  }

  let account: CallAccount?
  var memory = Memory()

  init(_ account: CallAccount?) { self.account = account }

  // MARK: - The account's servers

  mutating func note(server: Target) {
    guard account != nil, !trusts(server) else { return }
    memory.servers = memory.servers.suffix(Memory.mostServers - 1) + [server.place]
  }

  /// It has accepted a registration of the account.
  mutating func note(registrar: Target) { if account != nil { memory.registrar = registrar.place } }

  /// A server has let the call through, and its requests go there. Of others than the registrar nobody but the far end
  /// may have said so.
  mutating func note(edge: Target) {
    if !memory.asked.isEmpty, edge.place == memory.registrar { memory.ownEdge = edge.place }
  }

  func trusts(_ target: Target) -> Bool { memory.servers.contains(target.place) }

  /// Whether a server is at this numeric address. Its port is not always the one that it is reached at.
  func knows(_ host: String) -> Bool {
    memory.servers.contains { (try? HostPort(ArraySlice($0)))?.host == host }
  }

  /// Whether the server is where a request went, and where its response came from.
  func trusts(_ target: Target, answeringFrom peer: String) -> Bool {
    trusts(target) && knows(peer) || isEdge(target) && peer == target.host
  }

  private func isEdge(_ target: Target) -> Bool { memory.ownEdge == target.place }

  // MARK: - What they have asked for

  /// From now on, only that is answered.
  mutating func seal() { memory.isSealed = true }

  mutating func note(asked: [AskedRealm]) {
    memory.asked += asked.filter { !memory.asked.contains($0) }.prefix(Memory.mostAsked - memory.asked.count)
  }

  private mutating func noteAsked(_ challenge: DigestChallenge) {
    guard !memory.isSealed, !memory.asked.contains(where: { $0.covers(challenge) }) else { return }
    note(asked: [AskedRealm(challenge)])
  }

  /// Where nothing was asked before, the realm that the user has set counts.
  private func mayAsk(_ challenge: DigestChallenge) -> Bool {
    guard memory.isSealed else { return true }
    if memory.asked.isEmpty { return account?.realm != nil }
    return memory.asked.contains { $0.covers(challenge) }
  }

  // MARK: - Challenges

  /// Takes the challenges of a 401 or 407. If it returns, ``authorize(_:to:clientNonce:)`` can answer them.
  mutating func take(
    _ response: SIPMessage, from peer: String, at target: Target, in rounds: inout Rounds
  ) throws(AuthenticationError) {
    let challenges = try challenges(of: response)
    guard let account, let credentials = account.credentials else { throw .noPassword(realm: challenges[0].realm) }
    guard trusts(target, answeringFrom: peer) else {
      throw .stranger(host: knows(peer) ? target.place : peer, realm: challenges[0].realm)
    }
    guard rounds.count < Rounds.most else { throw .endless(rounds.count) }
    rounds.count += 1
    for challenge in challenges {
      let wasAnswered = rounds.answered.contains { Realm(challenge: $0).isSame(as: challenge) }
      if wasAnswered, !challenge.isStale { throw .rejected(user: credentials.user, realm: challenge.realm) }
      rounds.answered.append(challenge)
      noteAsked(challenge)
      remember(challenge)
    }
  }

  /// The first challenge of each realm that can be answered: the server states its preference by their order (RFC 8760,
  /// 2.3).
  private func challenges(of response: SIPMessage) throws(AuthenticationError) -> [DigestChallenge] {
    var challenges: [DigestChallenge] = []
    var problem: AuthenticationError?
    for (name, isOfProxy) in [("Proxy-Authenticate", true), ("WWW-Authenticate", false)] {
      for text in response.all(name) {
        do throws(DigestChallenge.Problem) {
          let challenge = try DigestChallenge(text, isOfProxy: isOfProxy)
          guard account?.hash(challenge.algorithm, []).isEmpty != true else {
            throw .algorithm(challenge.algorithm.rawValue)
          }
          if let realm = account?.realm, challenge.realm != realm {
            problem = problem ?? .otherRealm(challenge.realm, expected: realm)
            continue
          }
          guard mayAsk(challenge) else {
            problem = problem ?? .late(realm: challenge.realm, isAccounts: account?.realm != nil)
            continue
          }
          let isKnown = challenges.contains { Realm(challenge: $0).isSame(as: challenge) }
          if !isKnown, challenges.count < Memory.mostRealms { challenges.append(challenge) }
        } catch { problem = problem ?? .unanswerable("\(error)") }
      }
    }
    if challenges.isEmpty { throw problem ?? .unanswerable("it names none") }
    return challenges
  }

  private mutating func remember(_ challenge: DigestChallenge) {
    memory.realms.removeAll { $0.isSame(as: challenge) }
    memory.realms = memory.realms.suffix(Memory.mostRealms - 1) + [Realm(challenge: challenge)]
  }

  /// A response may bring the nonce of the next request (RFC 7616, 3.5).
  mutating func note(_ response: SIPMessage, from peer: String, at target: Target) {
    guard !memory.realms.isEmpty, trusts(target, answeringFrom: peer) else { return }
    for (name, isOfProxy) in [("Proxy-Authentication-Info", true), ("Authentication-Info", false)] {
      guard let text = response[name], let values = try? DigestChallenge.values(ArraySlice(text)),
        let nonce = values["nextnonce"], nonce.utf8.count <= DigestChallenge.longestValue
      else { continue }
      let own = memory.realms.indices.filter { memory.realms[$0].challenge.isOfProxy == isOfProxy }
      // It does not say for which realm.
      guard own.count == 1, let index = own.first else { continue }
      (memory.realms[index].challenge.nonce, memory.realms[index].count) = (nonce, 0)
    }
  }

  // MARK: - Answers

  /// Whether a request that goes there has something to answer before it is asked.
  func isAsked(by target: Target) -> Bool {
    account?.credentials != nil && !memory.realms.isEmpty && trusts(target)
  }

  /// Adds what the known challenges ask for. A request that was authorized before is authorized anew.
  /// - Parameter rounds: of the request. Only its challenges are answered where no server of the account is known to be.
  mutating func authorize(
    _ request: inout SIPMessage, to target: Target, clientNonce: String, in rounds: Rounds = Rounds()
  ) {
    guard trusts(target) || isEdge(target), let account, let credentials = account.credentials else { return }
    request.removeCredentials()
    for index in memory.realms.indices {
      let challenge = memory.realms[index].challenge
      guard trusts(target) || rounds.answered.contains(challenge) else { continue }
      let session = memory.realms[index].session ?? .init(nonce: challenge.nonce, clientNonce: clientNonce)
      if challenge.isOfSession { memory.realms[index].session = session }
      memory.realms[index].count += 1
      let answer = DigestResponse(
        challenge: challenge, session: session, credentials: credentials, method: request.method ?? "",
        uri: request.requestURI ?? "", clientNonce: challenge.isOfSession ? session.clientNonce : clientNonce,
        count: memory.realms[index].count)
      request.add(answer.name, answer.value(account.hash))
    }
    guard let invite = Invite(request) else { return }
    memory.invites.removeAll { $0.sequence == invite.sequence }
    memory.invites = memory.invites.suffix(Memory.mostInvites - 1) + [invite]
  }
}

extension Authenticator {
  /// The ACK of an accepted INVITE has the same credentials (RFC 3261, 13.2.2.4).
  func confirm(_ acknowledgement: inout SIPMessage, to target: Target) {
    guard trusts(target), let invite = memory.invites.last(where: { $0.sequence == acknowledgement.sequence }) else {
      return
    }
    acknowledgement.headers += invite.credentials
  }
}

extension Target {
  /// Whatever the transport is.
  fileprivate var place: String { HostPort.text(host, port) }
}

extension SIPMessage {
  private static let credentialFields = ["Authorization", "Proxy-Authorization"]

  mutating func removeCredentials() { for name in Self.credentialFields { remove(name) } }

  fileprivate var credentials: [Header] { headers.filter { Self.credentialFields.contains($0.name) } }
}
