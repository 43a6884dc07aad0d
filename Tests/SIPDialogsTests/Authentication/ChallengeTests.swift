// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import FoundationEssentials
import Testing

@testable import SIPDialogs

/// Calls through servers that ask for a password.
@Suite struct ChallengeTests {
  /// `maddr` leads elsewhere than the name says that is before it.
  @Test func anAddressThatLeadsElsewhereIsNoServer() throws {
    let account = Challenger.account(domain: "example.org")
    #expect(account.isOwn(try SIPURI("sip:you@example.org")))
    #expect(!account.isOwn(try SIPURI("sip:you@example.org;maddr=192.0.2.66"), isOfUser: true))
    #expect(!account.isOwn(try SIPURI("sip:you@example.org;MADDR=192.0.2.66;transport=udp")))
    #expect(!account.isOwn(try SIPURI("sip:example.org;lr;maddr=192.0.2.66")))
  }

  @Test func anAddressWithAnotherPortIsNoServerUnlessTheUserSaysSo() throws {
    let proxy = try SIPURI("sip:proxy.example.org:5080")
    let account = Challenger.account(domain: "example.org", proxy: proxy)
    for text in ["sip:example.org:5060", "sip:example.org:5061;transport=tls", "sip:proxy.example.org:5080"] {
      #expect(account.isOwn(try SIPURI(text)))
    }
    for text in ["sip:example.org:5070", "sip:proxy.example.org:5060"] {
      #expect(!account.isOwn(try SIPURI(text)))
      #expect(account.isOwn(try SIPURI(text), isOfUser: true))
    }
  }

  private let bench: CallBench
  private let far: FarEnd
  private let server = Challenger()

  init() throws {
    bench = try CallBench()
    far = bench.add()
    far.challengers = [server]
    bench.order.account = Challenger.account()
  }

  private func text(_ ticket: CallTicket?) throws -> String {
    String(decoding: try JSONEncoder().encode(ticket), as: UTF8.self)
  }

  @Test func aCallIsLetThrough() throws {
    try #require(bench.join())
    #expect(bench.complaints == [] && far.calls == 1 && server.challenges == 1)
    let invites = far.requests("INVITE")
    #expect(invites.map(\.sequence) == [1, 2])
    #expect(invites[0].callID == invites[1].callID && invites[0].fromTag == invites[1].fromTag)
    #expect(invites[0].topVia?.branch != invites[1].topVia?.branch)
    // The one of the refusal has none.
    #expect(far.requests("ACK").map { $0["Authorization"] } == [nil, invites[1]["Authorization"]])
  }

  @Test func knownChallengesAreAnsweredAtOnce() throws {
    try #require(bench.join())
    bench.hold(true)
    bench.run(1000)
    bench.leave()
    bench.run(5000)
    #expect(bench.hasExited && bench.complaints == [] && far.open.isEmpty)
    #expect(server.challenges == 1 && server.accepted == ["INVITE", "INVITE", "BYE"])
  }

  @Test func everyRequestMayBeChallengedAnew() throws {
    server.lifetime = 1
    try #require(bench.join())
    bench.hold(true)
    bench.run(40_000)
    #expect(bench.isOnHold && bench.isJoined)
    bench.leave()
    bench.run(5000)
    #expect(bench.hasExited && bench.complaints == [] && far.open.isEmpty)
    #expect(server.accepted.contains("OPTIONS") && server.accepted.last == "BYE")
    #expect(server.challenges == server.accepted.count)
  }

  @Test func aProxyAndAServerAsk() throws {
    far.challengers = [Challenger(realm: "proxy", isProxy: true), server]
    try #require(bench.join())
    #expect(far.requests("INVITE").count == 3)
    bench.leave()
    bench.run(5000)
    #expect(bench.hasExited && bench.complaints == [] && far.requests("BYE").count == 1)
  }

  @Test func aWrongPasswordEndsTheCall() {
    bench.order.account = Challenger.account(.init(user: "me", password: "something else"))
    bench.place()
    bench.run(10_000)
    #expect(bench.endReason == .notPermitted && far.requests("INVITE").count == 2)
    #expect(bench.endDetail == "401 the server does not accept the password of “me” for “r”; check both")
    #expect(bench.hasExited)
  }

  @Test func withoutAPasswordTheRealmIsNamed() {
    bench.order.account = nil
    bench.place()
    bench.run(10_000)
    #expect(bench.endReason == .notPermitted)
    #expect(bench.endDetail == "401 the server asks for a password for “r”; this call has none")
  }

  @Test func anotherRealmGetsNoAnswer() {
    bench.order.account = Challenger.account(realm: "mine")
    bench.place()
    bench.run(10_000)
    #expect(
      bench.endDetail == "401 the server asks for a password for “r”, but the account's is for “mine”")
    #expect(far.received.allSatisfy { $0["Authorization"] == nil })
  }

  @Test func aServerThatAsksForEverIsGivenUp() {
    server.lifetime = 0
    bench.place()
    bench.run(10_000)
    #expect(bench.endReason == .notPermitted)
    #expect(bench.endDetail?.contains("5 times in a row") == true)
    #expect(far.requests("INVITE").count == 6)
  }

  /// A redirect must not make the caller show strangers what a password can be guessed from.
  @Test func strangersGetNoAnswer() {
    far.replies = [.init(after: 20, status: 302, direction: nil) { $0["Contact"] = "<sip:b@192.0.2.10>" }]
    let stranger = bench.add("192.0.2.10")
    stranger.challengers = [Challenger()]
    bench.place()
    bench.run(10_000)
    #expect(
      bench.endDetail
        == "401 192.0.2.10 asks for a password for “r”, but is not a server of the account; it got no answer")
    #expect(stranger.requests("INVITE").count == 1)
    #expect(stranger.received.allSatisfy { $0["Authorization"] == nil })
  }

  /// Requests in the dialog go to the far end itself, past the server.
  @Test func aFarEndThatIsNotTheServerGetsNoAnswer() throws {
    far.replies[1].change = { $0["Contact"] = "<sip:b@192.0.2.10>" }
    let other = bench.add("192.0.2.10")
    try #require(bench.join())
    bench.leave()
    bench.run(2000)
    #expect(other.requests("BYE").count >= 1)
    #expect(other.received.allSatisfy { $0["Authorization"] == nil })
  }

  /// Far ends and a server behind one address.
  @Test(arguments: [true, false])
  func anotherPortOfTheServersAddressGetsNoAnswer(byRedirect: Bool) throws {
    let elsewhere = "<sip:b@192.0.2.9:5070>"
    if byRedirect {
      far.replies = [.init(after: 20, status: 302, direction: nil) { $0["Contact"] = elsewhere }]
      bench.place()
      bench.run(5000)
      #expect(bench.endReason == .notPermitted)
    } else {
      far.replies[1].change = { $0["Contact"] = elsewhere }
      try #require(bench.join())
      bench.leave()
      bench.run(2000)
    }
    let late = far.received.filter { $0.requestURI == "sip:b@192.0.2.9:5070" && $0.method != "ACK" }
    #expect(!late.isEmpty && late.allSatisfy { $0["Authorization"] == nil })
  }

  /// The far end is behind the server: what it asks comes from the server's address.
  @Test(arguments: ["INVITE", "BYE"], [false, true])
  func aFarEndBehindTheServerGetsNoAnswer(method: String, hasSuccessor: Bool) throws {
    let evil = Challenger(realm: "evil")
    evil.concerns = { $0.toTag != nil && $0.method == method }
    far.challengers = [server, evil]
    try #require(bench.join())
    if hasSuccessor, method == "BYE" {
      bench.crash()
      bench.run(3000)
    }
    if method == "INVITE" { bench.hold(true) }
    bench.run(2000)
    bench.leave()
    bench.run(5000)
    #expect(bench.hasExited && evil.challenges > 0 && evil.accepted == [])
    #expect(far.received.allSatisfy { $0["Authorization"]?.contains("evil") != true })
    guard method == "INVITE" else {
      #expect(bench.warnings.contains { $0.contains("may go on there: 401 a password for “evil”") })
      return
    }
    #expect(bench.refusals.contains { $0.contains("“evil” is asked for in the call") && $0.contains("401") })
  }

  @Test func aFarEndThatRingsAndThenAsksGetsNoAnswer() {
    let challenge = #"Digest realm="evil", nonce="1", qop="auth""#
    far.challengers = []
    far.replies[1] = .init(after: 200, status: 401, direction: nil) { $0.add("WWW-Authenticate", challenge) }
    bench.place()
    bench.run(5000)
    #expect(bench.endReason == .notPermitted && bench.endDetail?.contains("set it as the account's realm") == true)
    #expect(far.requests("INVITE").count == 1)
  }

  /// The registrar has asked before.
  @Test func whatTheRegistrarHasAskedForIsAnsweredLater() throws {
    server.concerns = { $0.method == "BYE" }
    bench.place()
    let challenge = try DigestChallenge(#"Digest realm="r", nonce="of REGISTER", qop="auth""#, isOfProxy: false)
    bench.process?.register(asked: [AskedRealm(challenge)])
    #expect(bench.run(3000) { bench.isJoined })
    bench.leave()
    bench.run(5000)
    #expect(server.accepted == ["BYE"] && far.open.isEmpty)
  }

  @Test func aCallThroughTheProxyOfTheAccount() throws {
    let proxy = bench.add("192.0.2.20")
    proxy.challengers = [Challenger(isProxy: true)]
    bench.names["proxy.example"] = [Target(.udp, "192.0.2.20", 5060)]
    bench.order.account = Challenger.account(domain: "example", proxy: try SIPURI("sip:proxy.example"))
    try #require(bench.join())
    #expect(proxy.calls == 1 && far.calls == 0)
    for invite in proxy.requests("INVITE") {
      #expect(invite.all("Route") == ["<sip:proxy.example;lr>"] && invite.requestURI == "sip:far@192.0.2.9")
    }
    #expect(bench.complaints == [])
  }

  private static let edge = Target(.udp, "192.0.2.30", 5060)

  /// A call whose further requests go to another numeric address, because its answer says so.
  private func joinByEdge(_ edge: Challenger, registeredAt registrar: Target? = nil) throws -> FarEnd {
    far.replies[1].change = { $0.add("Record-Route", "<sip:192.0.2.30;lr>") }
    let other = bench.add("192.0.2.30")
    other.challengers = [edge]
    bench.place()
    let challenge = try DigestChallenge(#"Digest realm="r", nonce="of REGISTER", qop="auth""#, isOfProxy: false)
    registrar.map { bench.process?.register(asked: [AskedRealm(challenge)], at: $0) }
    try #require(bench.run(3000) { bench.isJoined })
    return other
  }

  private func leave() {
    bench.leave()
    bench.run(5000)
  }

  /// The registrar is often not the server through which calls go. Where it is their next hop, it is answered when it
  /// asks, and for what it asks.
  @Test(arguments: [true, false], [false, true])
  func theRegistrarIsAnsweredWhereItIsTheNextHop(isSame: Bool, hasSuccessor: Bool) throws {
    let edge = Challenger(realm: isSame ? "r" : "evil")
    let other = try joinByEdge(edge, registeredAt: Self.edge)
    if hasSuccessor {
      bench.crash()
      bench.run(1000)
    }
    leave()
    let byes = other.requests("BYE")
    let answers = byes.filter { $0["Authorization"]?.contains(#"realm="\#(edge.realm)""#) == true }
    #expect(!byes.isEmpty && answers.isEmpty != isSame)
    #expect(byes.first?["Authorization"] == nil)
    #expect(other.received.allSatisfy { $0["Authorization"]?.contains("evil") != true })
    #expect(bench.warnings.isEmpty == isSame)
  }

  /// It asks for the same as the server, of which a proxy on the way has asked, too. That one is not its business.
  @Test func theRegistrarIsNotToldWhatAnotherHasAsked() throws {
    far.challengers = [Challenger(realm: "proxy", isProxy: true), server]
    let other = try joinByEdge(Challenger(), registeredAt: Self.edge)
    leave()
    #expect(other.requests("BYE").last?["Authorization"] != nil)
    #expect(other.received.allSatisfy { $0["Proxy-Authorization"] == nil })
  }

  /// Whoever answers the call may name himself, ask for what the server has asked, and choose the nonce.
  @Test(arguments: [nil, Target(.udp, "192.0.2.30", 5070), Target(.udp, "192.0.2.31", 5060)], [false, true])
  func aFarEndThatNamesItselfGetsNoAnswer(registrar: Target?, hasSuccessor: Bool) throws {
    bench.order.account = Challenger.account(realm: "r")
    let forger = Challenger()
    let other = try joinByEdge(forger, registeredAt: registrar)
    bench.hold(true)
    bench.run(1000)
    if hasSuccessor {
      bench.crash()
      bench.run(1000)
    }
    leave()
    #expect(forger.challenges > 1 && forger.accepted == [])
    #expect(other.requests("INVITE").count > 0 && other.requests("BYE").count > 0)
    for request in other.received { #expect(request["Authorization"] == nil, "\(request.method ?? "")") }
    #expect(bench.warnings.count == 1)
  }

  /// Nobody has asked for anything, and the registrar had not, either.
  @Test func anEdgeOfAServerThatAsksForNothingGetsNoAnswer() throws {
    bench.order.account = Challenger.account(realm: "r")
    far.challengers = []
    far.replies[1].change = { $0.add("Record-Route", "<sip:192.0.2.30;lr>") }
    let other = bench.add("192.0.2.30")
    other.challengers = [Challenger()]
    bench.place()
    bench.process?.register(asked: [], at: Self.edge)
    try #require(bench.run(3000) { bench.isJoined })
    leave()
    #expect(!other.requests("BYE").isEmpty && other.received.allSatisfy { $0["Authorization"] == nil })
    #expect(bench.warnings.count == 1)
  }

  @Test func aCallIsCancelledAfterItsChallenge() {
    far.replies[1].after = 5000
    bench.place()
    bench.run(1000)
    bench.leave()
    bench.run(3000)
    #expect(bench.hasExited && far.open.isEmpty && bench.complaints == [])
    let cancel = far.requests("CANCEL")
    #expect(cancel.count == 1 && cancel[0].sequence == 2 && cancel[0]["Authorization"] == nil)
  }

  /// Hung up before the challenge has come: nobody is called after that.
  @Test func aCallThatIsOverIsNotPlacedAgain() {
    bench.place()
    bench.run(5)
    bench.leave()
    bench.run(10_000)
    #expect(far.calls == 0 && bench.hasExited)
  }

  @Test func aTicketHasTheChallengesButNotThePassword() throws {
    try #require(bench.join())
    let text = try text(bench.ticket)
    #expect(text.contains("nonce") && !text.contains("secret") && bench.longestTicket < 16 * 1024)
    bench.leave()
    #expect(try !self.text(bench.ticket).contains("secret"))
  }

  /// Its last message is the BYE of a call that was over when the process died.
  @Test func aSuccessorIsLetThroughAtOnce() throws {
    try #require(bench.join())
    bench.crash()
    bench.run(3000)
    #expect(bench.isJoined && server.challenges == 1)
    bench.leave()
    bench.run(3000)
    #expect(bench.hasExited && server.challenges == 1 && far.open.isEmpty && bench.complaints == [])
  }

  /// As long as they are allowed to be, and as many as are kept.
  @Test func theLongestChallengesFitIntoATicket() throws {
    let long = String(repeating: "n", count: DigestChallenge.longestValue - 10)
    far.challengers = (0..<3).map { Challenger(realm: "\(long)\($0)", isProxy: $0 > 0) }
    try #require(bench.join())
    #expect(bench.complaints == [] && bench.longestTicket < 16 * 1024)
  }
}
