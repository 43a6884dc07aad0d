// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Testing

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
