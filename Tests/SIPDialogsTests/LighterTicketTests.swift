// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import FoundationEssentials
import Testing

@testable import NATTraversal
@testable import SIPDialogs

/// What others choose does not take its survival from a call: the ticket of the worst of them has room.
@Suite struct LighterTicketTests {
  private static let limit = 16 * 1024
  private static let end = LocalEnd(
    target: Target(.tls, "192.0.2.9", 5061, name: "edge.example.org"),
    address: "2001:db8:1111:2222:3333:4444:5555:6666",
    port: 65_535, mediaPort: 65_534, controlPort: 65_535)

  private static func length(_ ticket: CallTicket) throws -> Int {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return try encoder.encode(ticket).count
  }

  private static func fitting(_ ticket: CallTicket) throws -> CallTicket {
    let fit = ticket.fitting(limit) { (try? Self.length($0)) ?? .max }
    let length = try Self.length(fit)
    #expect(length <= limit)
    return fit
  }

  /// All of it has to be escaped.
  private static func quotes(_ count: Int) -> String { String(repeating: "\"\\", count: count / 2) }

  private static func memory() throws -> Authenticator.Memory {
    var memory = Authenticator.Memory()
    for number in 0..<3 {
      let value = "\(number)" + quotes(254)
      let text = "Digest realm=\(value.quoted), nonce=\(value.quoted), opaque=\(value.quoted), qop=auth"
      let challenge = try DigestChallenge(text, isOfProxy: true)
      #expect(challenge.realm.utf8.count > 250)
      memory.realms.append(.init(challenge: challenge, session: .init(nonce: value, clientNonce: "0123456789abcdef")))
    }
    return memory
  }

  private static let server = Target(.udp, "192.0.2.9", 5060)

  /// An INVITE to the longest address that answers three servers.
  private static func invite(_ memory: inout Authenticator.Memory) throws -> SIPMessage {
    let uri = "sip:" + String(repeating: "u", count: SIPURI.maximumLength - 20) + "@example.org"
    var invite = SIPMessage(
      request: "INVITE", uri: uri, end: end, branch: "z9hG4bKbranch", from: "<sip:me@example.org>;tag=t",
      to: "<\(uri)>", callID: "call", sequence: 1)
    var authenticator = Authenticator(Challenger.account())
    authenticator.memory = memory
    authenticator.note(server: server)
    authenticator.authorize(&invite, to: server, clientNonce: "0123456789abcdef")
    memory = authenticator.memory
    invite.body = Array(repeating: UInt8(ascii: "a"), count: 1500)
    return invite
  }

  private static func ticket() throws -> CallTicket {
    var ticket = CallTicket(
      callID: "call", localTag: "t", sequence: 7,
      stream: StreamIdentity(source: .max, firstSequence: .max, firstTimestamp: .max, epoch: .max))
    var memory = try memory()
    let invite = try invite(&memory)
    #expect(invite.all("Proxy-Authorization").count == 3)
    ticket.authentication = memory
    for number in 0..<3 {
      var attempt = CallTicket.Attempt(end: end, invite: invite.bytes.text)
      attempt.hasProvisional = number == 1
      ticket.attempts.append(attempt)
    }
    return ticket
  }

  /// The longest that is taken.
  private static func dialog() throws -> Dialog {
    func dialog(_ count: Int) throws -> Dialog? {
      var response = SIPMessage(status: 200, phrase: "OK")
      response.add("To", "\(quotes(count).quoted) <sip:far@example.org>;tag=far")
      response.add("Contact", "<sip:far@192.0.2.9>")
      for number in 0..<16 { response.add("Record-Route", "<sip:192.0.2.\(number);transport=tls;lr>") }
      var invite = SIPMessage(method: "INVITE", uri: "sip:far@example.org")
      invite.add("From", "<sip:me@example.org>;tag=t")
      invite.add("Call-ID", "call")
      return Dialog(response, to: invite, at: end, user: "me", from: "192.0.2.9").flatMap { $0.fitsTicket ? $0 : nil }
    }
    let counts = stride(from: 2000, to: 0, by: -10)
    return try #require(try counts.lazy.compactMap { try dialog($0) }.first)
  }

  /// After an offer of the longest lines and parameters.
  private static func offers() throws -> OfferAnswer {
    let local = OfferAnswer.Local(
      address: end.address, port: 4000, controlPort: 4001,
      codecs: [Codec("PCMU", clockRate: 8000, payloadType: 0), Codec("PCMA", clockRate: 8000, payloadType: 8)])
    var offers = OfferAnswer(local: local, sessionID: 1)
    var lines = ["v=0", "o=- 1 1 IN IP4 192.0.2.9", "s=-", "c=IN IP4 192.0.2.9", "t=0 0", "m=audio 4000 RTP/AVP 0 8"]
    lines += [0, 8].map { "a=fmtp:\($0) \(quotes(1024))" }
    lines += (0..<31).map { "m=x\($0)\(quotes(600)) 9 y\(quotes(600)) z\(quotes(600))" }
    _ = try offers.answer(offer: Array((lines.joined(separator: "\r\n") + "\r\n").utf8), direction: .sendrecv)
    #expect(offers.others.count == 31)
    return offers
  }

  @Test func whatFitsStaysWhole() throws {
    var ticket = try Self.ticket()
    ticket.attempts = []
    ticket.authentication = nil
    ticket.dialog = try Self.dialog()
    #expect(try Self.fitting(ticket) == ticket)
  }

  @Test func aCallThatRingsAtServersThatAskForAllTheyCan() throws {
    let ticket = try Self.ticket()
    let whole = try Self.length(ticket)
    #expect(whole > 2 * Self.limit)
    let fit = try Self.fitting(ticket)
    let attempt = try #require(fit.attempts.first { $0.hasProvisional })
    let (before, after) = (
      try SIPMessage(Array(ticket.attempts[1].invite.utf8)), try SIPMessage(Array(attempt.invite.utf8))
    )
    #expect(after.topVia == before.topVia && after.body == before.body && after.requestURI == before.requestURI)
    #expect(fit.callID == "call")
  }

  @Test func aCallWithAFarEndThatChoosesTheLongest() throws {
    var ticket = try Self.ticket()
    ticket.attempts = []
    ticket.dialog = try Self.dialog()
    ticket.offers = try Self.offers()
    ticket.plan = ticket.offers?.plan
    let target = "sip:" + String(repeating: "\\", count: SIPURI.maximumLength - 4)
    ticket.transfers = Transfers(
      outgoing: .init(target: target, sequence: 1), incoming: .init(target: target, sequence: 2), done: target)
    ticket.goodbyes = Array(repeating: try Self.dialog(), count: CallTicket.mostGoodbyes)
    ticket.registration = RegistrationRecord(
      callID: "registration", tag: "tag", sequence: .max,
      contacts: Array(repeating: Self.end.contact(of: String(repeating: "u", count: 255)), count: 3))
    let fit = try Self.fitting(ticket)
    #expect(fit.dialog == ticket.dialog && fit.registration == ticket.registration && !fit.goodbyes.isEmpty)
    #expect(fit.offers?.others.count == 31 && fit.offers?.sessionID == 1)
  }

  private static func address(_ number: Int) throws -> TransportAddress {
    let host = "2001:db8:1111:2222:3333:4444:5555:\(String(0x1000 + number, radix: 16))"
    return try #require(TransportAddress(host: host, port: 65_535))
  }

  /// Of the far end: as much as is taken.
  private static func ways() throws -> ICEDescription {
    let text = String(repeating: "/", count: 256)
    let candidates = try (1...16).map { number in
      let kinds = ["host", "host", "host", "srflx", "relay", "relay"]
      let (foundation, kind) = (String(repeating: "/", count: 32), kinds[(number - 1) % kinds.count])
      let family = number <= 6 ? try address(number).host : "203.0.113.\(100 + number)"
      return (
        name: "candidate",
        value: "\(foundation) 1 UDP 2130706431 \(family) 65535 typ \(kind) raddr \(try address(99).host) rport 65535"
      )
    }
    let attributes = [(name: "ice-ufrag", value: text), (name: "ice-pwd", value: text)] + candidates
    return try #require(ICEDescription(attributes: attributes))
  }

  /// Of this end, in each place where it goes.
  private static func ownWays() throws -> ICEDescription {
    var random = SystemRandomNumberGenerator()
    let kinds: [ICECandidate.Kind] = [.host, .serverReflexive, .relayed]
    return ICEDescription(
      ICECredentials(using: &random),
      try kinds.map { ICECandidate($0, try address(1), related: try address(2)) })
  }

  private static func connectivity() throws -> ICEAgent.Memory {
    let ways = try ways()
    let (remote, channels) = (try #require(ways.credentials), TURNAllocation.mostRememberedChannels)
    let local = try #require(try ownWays().credentials)
    return ICEAgent.Memory(
      hasGathered: true, isControlling: true, isRemoteLite: false, tieBreaker: .max, local: local, remote: remote,
      remotes: try (0..<ICEAgent.Memory.mostRemotes).map { .init(address: try address($0), priority: .max) },
      mapped: try address(1),
      relay: TURNMemory(
        server: try address(2), relayed: try address(3), mapped: try address(4),
        channels: try (0..<channels).map { .init(peer: try address($0), number: .max) }, nextChannel: .max),
      path: .init(
        path: ICEPath(remote: try address(5), relay: .init(server: try address(2), channel: .max)), local: local,
        remote: remote), isPathCurrent: false)
  }

  private static func handshake() -> MediaPlan.Handshake {
    let fingerprints = (0..<HandshakeDescription.mostFingerprints).map { number in
      Fingerprint(hash: "sha-512", digest: Array(repeating: UInt8(0xF0 + number), count: 64))
    }
    return MediaPlan.Handshake(
      isActive: true, fingerprints: fingerprints, association: .max,
      farID: String(repeating: "-", count: 255))
  }

  /// All that a ticket can have, as long as it can be, even what never comes together.
  private static func full() throws -> CallTicket {
    var ticket = try ticket()
    var end = end
    end.ice = try ownWays()
    for index in ticket.attempts.indices { ticket.attempts[index].end = end }
    ticket.dialog = try dialog()
    ticket.dialog?.end = end
    ticket.offers = try offers()
    let key = MediaPlan.Key(suite: "AES_256_CM_HMAC_SHA1_80", material: Array(repeating: 255, count: 46))
    ticket.offers?.local.ice = end.ice
    ticket.offers?.local.certificate = Certificate(
      certificate: Array(repeating: 255, count: 400), key: Array(repeating: 255, count: 140),
      digest: Array(repeating: 255, count: 32))
    ticket.offers?.plan?.ice = try ways()
    ticket.offers?.plan?.handshake = handshake()
    ticket.plan = ticket.offers?.plan
    ticket.handshakeKeys = HandshakeKeys(handshake: handshake(), sendKey: key, receiveKey: key)
    (ticket.hasRung, ticket.isHeld, ticket.inboundRollovers) = (true, true, .max)
    let uri = "sip:" + String(repeating: "\\", count: SIPURI.maximumLength - 4)
    ticket.redirected = try SIPURI("sip:" + String(repeating: "u", count: SIPURI.maximumLength - 20) + "@example.org")
    ticket.transfers = Transfers(
      outgoing: .init(target: uri, sequence: .max), incoming: .init(target: uri, sequence: .max), done: uri)
    ticket.goodbyes = Array(repeating: try dialog(), count: CallTicket.mostGoodbyes)
    ticket.registration = RegistrationRecord(
      callID: "registration", tag: "tag", sequence: .max,
      contacts: Array(repeating: end.contact(of: String(repeating: "u", count: 255)), count: 3))
    ticket.connectivity = try connectivity()
    ticket.connectedTo = quotes(200) + "… " + quotes(200) + "…"
    ticket.farewell = .init(reason: .hungUp, detail: quotes(400))
    var remembered = SIPMessage(method: "INVITE", uri: "sip:far@example.org")
    remembered.add("CSeq", "1 INVITE")
    remembered.add("Authorization", quotes(Authenticator.Invite.longest))
    let invites = Array(repeating: try #require(Authenticator.Invite(remembered)), count: 2)
    ticket.authentication?.invites = invites
    for number in 0..<Authenticator.Memory.mostAsked {
      let text = "Digest realm=\(("\(number)" + quotes(254)).quoted), nonce=n, qop=auth"
      ticket.authentication?.asked.append(AskedRealm(try DigestChallenge(text, isOfProxy: true)))
    }
    let places = try (0..<Authenticator.Memory.mostServers).map { "[\(try address($0).host)]:65535" }
    ticket.authentication?.servers = places
    ticket.authentication?.registrar = places[0]
    ticket.authentication?.ownEdge = places[0]
    return ticket
  }

  /// Whoever adds a field to tickets adds it to the worst of them.
  @Test func theWorstTicketHasEverything() throws {
    func check(_ value: Any, _ name: String) {
      let mirror = Mirror(reflecting: value)
      if mirror.displayStyle == .optional || mirror.displayStyle == .collection {
        #expect(!mirror.children.isEmpty, "\(name)")
      }
    }
    let ticket = try Self.full()
    let memory = try #require(ticket.authentication)
    let (connectivity, plan) = (try #require(ticket.connectivity), try #require(ticket.plan))
    for (parent, value) in [
      ("ticket", ticket), ("authentication", memory), ("connectivity", connectivity), ("plan.ice", plan.ice as Any),
      ("plan.handshake", plan.handshake as Any), ("transfers", try #require(ticket.transfers)),
      ("offers.local.ice", ticket.offers?.local.ice as Any), ("handshakeKeys", ticket.handshakeKeys as Any),
    ] as [(String, Any)] {
      check(value, parent)
      for child in Mirror(reflecting: value).children { check(child.value, "\(parent).\(child.label ?? "")") }
    }
    #expect(plan.ice?.candidates.count == 16 && memory.asked.count == 4 && memory.servers.count == 8)
  }

  @Test func aCallThatRingsKeepsWhatRings() throws {
    var ticket = try Self.full()
    // There has been no answer, and no offer of the far end.
    (ticket.dialog, ticket.plan, ticket.transfers, ticket.farewell) = (nil, nil, nil, nil)
    ticket.offers?.plan = nil
    ticket.offers?.others = []
    let fit = try Self.fitting(ticket)
    #expect(fit.attempts.count == 1 && fit.registration == ticket.registration)
    #expect(fit.handshakeKeys == ticket.handshakeKeys)
    #expect(fit.authentication?.asked == ticket.authentication?.asked)
  }

  @Test func aCallThatIsUpGoesOn() throws {
    var ticket = try Self.full()
    (ticket.attempts, ticket.farewell, ticket.redirected) = ([], nil, nil)
    let fit = try Self.fitting(ticket)
    #expect(fit.dialog == ticket.dialog && fit.registration == ticket.registration)
    #expect(fit.handshakeKeys == ticket.handshakeKeys)
    #expect(fit.authentication?.asked == ticket.authentication?.asked)
  }

  /// The far end is no worse than others are, but there are all servers, ways and keys.
  @Test func aCallByICEKeepsItsWay() throws {
    var ticket = try Self.full()
    (ticket.attempts, ticket.farewell, ticket.redirected, ticket.goodbyes) = ([], nil, nil, [])
    ticket.dialog?.remote = "<sip:far@example.org>"
    ticket.offers?.others = []
    let fit = try Self.fitting(ticket)
    #expect(fit.dialog == ticket.dialog && fit.connectivity == ticket.connectivity)
    #expect(fit.handshakeKeys == ticket.handshakeKeys && fit.plan?.handshake == ticket.plan?.handshake)
  }

  @Test func aCallThatIsOverSaysSo() throws {
    var ticket = try Self.full()
    (ticket.attempts, ticket.redirected) = ([], nil)
    let fit = try Self.fitting(ticket)
    #expect(fit.farewell == ticket.farewell && !fit.goodbyes.isEmpty)
    #expect(fit.authentication?.asked == ticket.authentication?.asked)
  }

  @Test func theOfferOfASuccessorIsANewOne() throws {
    var (one, other) = (try Self.offers(), try Self.offers())
    other.forgetText()
    #expect(other.version > one.version)
    let version = one.version
    _ = one.offer(.sendonly)
    _ = other.offer(.sendonly)
    #expect(one.version > version && other.version > version)
  }
}
