// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import FoundationEssentials
import SIPDialogs
import Testing

/// Texts that are nearly right: none of them ends the program, and what is understood of one is what is said again.
@Suite struct MutationTests {
  @Test func messages() throws {
    var dice = Dice(1)
    var understood = 0
    let whole = try SIPMessage(Array(SIPMessageTests.invite.utf8))
    var body = whole
    body.body = Array("--b c\r\nContent-Type: application/sdp\r\n\r\nv=0\r\n--b c\r\n\r\nx\r\n--b c--\r\n".utf8)
    body["Content-Type"] = "multipart/mixed;boundary=\"b c\""
    let seeds = [whole.bytes, body.bytes, SIPMessage(status: 200, phrase: "OK", headers: whole.headers).bytes]
    for turn in 0..<10_000 {
      let bytes = dice.mutated(seeds[turn % seeds.count])
      guard let message = try? SIPMessage(bytes) else { continue }
      understood += 1
      #expect(try SIPMessage(message.bytes) == message)
      Self.look(at: message)
    }
    #expect(understood > 1000)
  }

  static func look(at message: SIPMessage) {
    let addresses =
      message.contacts + message.recordRoutes + message.routes
      + [message.from, message.to, message.referTo].compactMap { $0 }
    for address in addresses {
      #expect((try? NameAddress(address.description)) == address)
      #expect((try? SIPURI(address.uri.description)) == address.uri)
      #expect(address.uri.isEquivalent(to: address.uri))
      #expect((0...1000).contains(address.quality))
    }
    for via in message.vias {
      #expect((try? Via(via.description)) == via)
      _ = (via.branch, via.received, via.rport, via.ttl, via.maddr)
    }
    for reason in message.reasons { #expect(Reason(reason.description) == reason) }
    if let replaces = message.replaces { #expect(Replaces(replaces.description) != nil) }
    if let expires = message.sessionExpires { #expect(SessionExpires(expires.description) == expires) }
    if let type = message.contentType { #expect((try? ContentType(type.description)) == type) }
    if let rack = message.reliableAcknowledgement { #expect(ReliableAcknowledgement(rack.description) == rack) }
    _ = (message.sequence, message.sequenceMethod, message.retryAfter, message.minimumSessionExpires, message.requires)
    _ = (message.supported, message.allow, message.reliableSequence, message.callID, message.toTag)
    _ = try? message.sessionDescription()
  }

  @Test func addresses() {
    var dice = Dice(2)
    var understood = 0
    let seeds = [
      "\"A, \\\"B\" <sip:1014;phone-context=example.com:pw@[2001:db8::1]:5070;transport=tcp;lr?a=b&c=d>;tag=1;q=0.5",
      "sips:a%3Bb@h.example.com:5061;maddr=10.0.0.1;user=phone", "Name <sip:12#3@192.0.2.1>;+sip.instance=\"<urn:x>\"",
    ].map { Array($0.utf8) }
    for turn in 0..<10_000 {
      let text = String(decoding: dice.mutated(seeds[turn % seeds.count]), as: UTF8.self)
      if let uri = try? SIPURI(text) {
        understood += 1
        #expect((try? SIPURI(uri.description)) == uri)
        #expect(uri.isEquivalent(to: uri))
        #expect((try? SIPURI(uri.forRequest.description)) == uri.forRequest)
      }
      if let list = try? NameAddress.list(text) {
        understood += list.count
        for address in list { #expect((try? NameAddress(address.description)) == address) }
      }
    }
    #expect(understood > 1000)
  }

  @Test func descriptions() throws {
    var dice = Dice(3)
    var understood = 0
    var far = OfferAnswer.here(encryption: .offer)
    far.local.certificate = .fake()
    let seeds = [
      Array(far.offer(.sendonly).utf8), Array(SessionDescriptionTests.whole.joined(separator: "\r\n").utf8),
      Array("v=0\nc=IN IP4 0.0.0.0\nm=audio 5 RTP/AVP 0 8 101\na=rtpmap:101 telephone-event/8000\na=ptime:20\n".utf8),
    ]
    let ends = OfferAnswer.Encryption.allCases.map { encryption in
      var here = OfferAnswer.here(encryption: encryption)
      here.local.certificate = .fake(2)
      if encryption == .required { here.local.keyExchange = .dtls }
      _ = here.offer(.sendrecv)
      return here
    }
    for turn in 0..<10_000 {
      let bytes = dice.mutated(seeds[turn % seeds.count])
      if let description = try? SessionDescription(bytes) {
        #expect(try SessionDescription(Array(description.description.utf8)) == description)
      }
      var here = ends[turn / 3 % 3]
      let encryption = here.local.encryption
      var other = here
      let accepted = try? other.accept(answer: bytes)
      here.rollBack()
      let answered = try? here.answer(offer: bytes)
      for plan in [accepted, answered?.plan].compactMap({ $0 }) {
        understood += 1
        #expect((10...60).contains(plan.packetTime))
        #expect(plan.remote.port > 0)
        #expect(NumericAddress(plan.remote.host) != nil)
        #expect(!plan.direction.sends || NumericAddress(plan.remote.host)?.isUnspecified == false)
        #expect(encryption != .required || (plan.sendKey != nil && plan.receiveKey != nil) || plan.handshake != nil)
        #expect(!plan.accepted.isEmpty)
      }
      if let answered { _ = try SessionDescription(Array(answered.sdp.utf8)) }
      guard turn % 50 == 0 else { continue }
      #expect(try JSONDecoder().decode(OfferAnswer.self, from: JSONEncoder().encode(here)) == here)
    }
    #expect(understood > 1000)
  }

  @Test func addressesAreKeptAsText() throws {
    let address = try NameAddress("\"A\" <sip:12#3@h;lr>;tag=1")
    let kept = try JSONEncoder().encode([address])
    #expect(String(decoding: kept, as: UTF8.self) == #"["\"A\" <sip:12%233@h;lr>;tag=1"]"#)
    #expect(try JSONDecoder().decode([NameAddress].self, from: kept) == [address])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([SIPURI].self, from: Data(#"["tel:1"]"#.utf8)) }
  }
}
