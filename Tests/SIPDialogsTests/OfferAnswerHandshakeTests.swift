// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Testing

@testable import SIPDialogs

extension Certificate {
  /// As long as a real one.
  static func fake(_ byte: UInt8 = 1) -> Certificate {
    Certificate(
      certificate: [UInt8](repeating: 200, count: 280), key: [UInt8](repeating: 201, count: 121),
      digest: [UInt8](repeating: byte, count: 32))
  }
}

/// Keys that come from a handshake (RFC 5763, 8122, 8643, 8842).
@Suite struct OfferAnswerHandshakeTests {
  static let dtls = "UDP/TLS/RTP/SAVP"
  static let print = "a=fingerprint:sha-256 " + [String](repeating: "ab", count: 32).joined(separator: ":")
  static let other = "a=fingerprint:SHA-256 " + [String](repeating: "CD", count: 32).joined(separator: ":")
  static let crypto = "a=crypto:1 \(OfferAnswerKeysTests.suite) \(OfferAnswerKeysTests.key)"
  static let id = "a=tls-id:" + String(repeating: "x", count: 20)

  static func theirs(_ transport: String, _ lines: String...) -> String {
    "v=0\nc=IN IP4 198.51.100.1\nm=audio 5 \(transport) 0\n" + lines.joined(separator: "\n")
  }

  static func here(
    _ encryption: OfferAnswer.Encryption, _ exchange: OfferAnswer.KeyExchange? = nil,
    certificate: Certificate? = .fake()
  ) -> OfferAnswer {
    var here = OfferAnswer.here(OfferAnswerTests.telephones, encryption: encryption)
    (here.local.keyExchange, here.local.certificate) = (exchange, certificate)
    return here
  }

  static func audio(_ text: String) throws -> SessionDescription.Media {
    try #require(try SessionDescription(Array(text.utf8)).media.first)
  }

  // MARK: - Offers

  @Test(
    arguments: [
      (.off, .auto, "RTP/AVP", false, false), (.offer, .auto, "RTP/AVP", true, true),
      (.offer, .sdes, "RTP/AVP", true, false), (.offer, .dtls, "RTP/AVP", false, true),
      (.required, .auto, "RTP/SAVP", true, false), (.required, .sdes, "RTP/SAVP", true, false),
      (.required, .dtls, dtls, false, true),
    ] as [(OfferAnswer.Encryption, OfferAnswer.KeyExchange, String, Bool, Bool)])
  func whatIsOffered(
    encryption: OfferAnswer.Encryption, exchange: OfferAnswer.KeyExchange, transport: String, keys: Bool,
    handshake: Bool
  ) throws {
    var here = Self.here(encryption, exchange)
    let audio = try Self.audio(here.offer(.sendrecv))
    #expect(audio.transport == transport && audio.has("crypto") == keys && audio.has("fingerprint") == handshake)
    guard handshake else { return }
    #expect(audio["fingerprint"] == "sha-256 " + [String](repeating: "01", count: 32).joined(separator: ":"))
    #expect(audio["setup"] == "actpass")
    #expect((20...255).contains(audio["tls-id"]?.utf8.count ?? 0))
  }

  @Test func withoutACertificateNoneIsOffered() throws {
    var here = Self.here(.offer, certificate: nil)
    #expect(try !Self.audio(here.offer(.sendrecv)).has("fingerprint"))
  }

  // MARK: - Answers to them

  @Test(
    arguments: [
      (.required, dtls, [print, "a=setup:active"], false), (.required, dtls, [print, "a=setup:passive"], true),
      (.required, dtls, [print], true), (.required, "\(dtls)F", [print, "a=setup:passive", id], true),
      (.offer, "RTP/AVP", [print, "a=setup:active"], false), (.offer, dtls, [print, "a=setup:passive"], true),
      (.offer, "RTP/SAVP", [print, "a=setup:active"], false),
      // Both: the one that others cannot read.
      (.offer, "RTP/AVP", [crypto, print, "a=setup:active"], false),
    ] as [(OfferAnswer.Encryption, String, [String], Bool)])
  func answeredHandshakesAreTaken(
    encryption: OfferAnswer.Encryption, transport: String, lines: [String], isActive: Bool
  ) throws {
    var here = Self.here(encryption, encryption == .required ? .dtls : .auto)
    _ = here.offer(.sendrecv)
    let plan = try here.accept(Self.theirs(transport, lines.joined(separator: "\n")))
    #expect(plan.handshake?.isActive == isActive && plan.sendKey == nil && plan.receiveKey == nil)
    #expect(plan.handshake?.fingerprints == [Fingerprint(hash: "sha-256", digest: .init(repeating: 0xAB, count: 32))])
    #expect(plan.handshake?.farID == (lines.contains(Self.id) ? String(repeating: "x", count: 20) : nil))
  }

  @Test func attributesOfTheSessionCount() throws {
    var here = Self.here(.required, .dtls)
    _ = here.offer(.sendrecv)
    let plan = try here.accept(
      "v=0\nc=IN IP4 198.51.100.1\na=setup:active\n\(Self.print)\nm=audio 5 \(Self.dtls) 0\n")
    #expect(plan.handshake?.isActive == false && plan.handshake?.fingerprints.count == 1)
  }

  @Test(
    arguments: [
      // It was agreed on nothing else.
      (.required, .dtls, dtls, ["a=setup:active"]), (.required, .dtls, "RTP/AVP", []),
      (.required, .dtls, "RTP/SAVP", [crypto]), (.required, .dtls, dtls, [print, "a=setup:holdconn"]),
      (.required, .dtls, dtls, ["a=fingerprint:sha-1 AB:CD", "a=setup:active"]),
      (.required, .dtls, dtls, ["a=fingerprint:sha-256 AB:CD", "a=setup:active"]),
      // Not what was offered.
      (.required, .auto, dtls, [print, "a=setup:active"]), (.off, .auto, dtls, [print, "a=setup:active"]),
      (.offer, .sdes, dtls, [print, "a=setup:active"]),
    ] as [(OfferAnswer.Encryption, OfferAnswer.KeyExchange, String, [String])])
  func otherAnswersAreRefused(
    encryption: OfferAnswer.Encryption, exchange: OfferAnswer.KeyExchange, transport: String, lines: [String]
  ) throws {
    var here = Self.here(encryption, exchange)
    _ = here.offer(.sendrecv)
    #expect(throws: NegotiationError.self) { try here.accept(Self.theirs(transport, lines.joined(separator: "\n"))) }
    #expect(here.plan == nil)
  }

  @Test func theStrongestHashCounts() throws {
    var here = Self.here(.required, .dtls)
    _ = here.offer(.sendrecv)
    let strong = "a=fingerprint:sha-512 " + [String](repeating: "12", count: 64).joined(separator: ":")
    let weak = "a=fingerprint:sha-1 " + [String](repeating: "12", count: 20).joined(separator: ":")
    let plan = try here.accept(Self.theirs(Self.dtls, weak, Self.print, strong, "a=setup:active"))
    #expect(plan.handshake?.fingerprints.map(\.hash) == ["sha-512"])
  }

  // MARK: - Offers of the far end

  @Test(
    arguments: [
      (.off, dtls, [print, "a=setup:actpass"], "active"), (.off, dtls, [print, "a=setup:active"], "passive"),
      (.off, dtls, [print, "a=setup:passive"], "active"), (.off, dtls, [print], "passive"),
      (.required, "\(dtls)F", [print, "a=setup:actpass"], "active"),
      (.offer, "RTP/AVP", [print, "a=setup:actpass", crypto], "active"),
      (.required, "RTP/AVP", [print, "a=setup:actpass"], "active"),
      (.off, "RTP/SAVP", [print, "a=setup:actpass", crypto], "active"),
      // Nobody wants it here.
      (.off, "RTP/AVP", [print, "a=setup:actpass"], nil),
    ] as [(OfferAnswer.Encryption, String, [String], String?)])
  func offeredHandshakesAreAnswered(
    encryption: OfferAnswer.Encryption, transport: String, lines: [String], setup: String?
  ) throws {
    var here = Self.here(encryption)
    let (sdp, plan) = try here.answer(Self.theirs(transport, lines.joined(separator: "\n")))
    let audio = try Self.audio(sdp)
    #expect(audio.transport == transport && audio["setup"] == setup && !audio.has("crypto"))
    #expect(audio.has("fingerprint") == (setup != nil) && audio.has("tls-id") == (setup != nil))
    #expect(plan.handshake?.isActive == setup.map { $0 == "active" } && plan.sendKey == nil)
  }

  @Test(
    arguments: [
      (.off, .auto, dtls, ["a=setup:actpass"]), (.off, .auto, dtls, [print, "a=setup:holdconn"]),
      (.off, .sdes, dtls, [print, "a=setup:actpass"]), (.required, .dtls, "RTP/SAVP", [crypto]),
      (.required, .dtls, "RTP/AVP", [crypto]), (.required, .sdes, "RTP/AVP", [print, "a=setup:actpass"]),
    ] as [(OfferAnswer.Encryption, OfferAnswer.KeyExchange, String, [String])])
  func otherOffersAreRefused(
    encryption: OfferAnswer.Encryption, exchange: OfferAnswer.KeyExchange, transport: String, lines: [String]
  ) {
    var here = Self.here(encryption, exchange)
    #expect(throws: NegotiationError.self) { try here.answer(Self.theirs(transport, lines.joined(separator: "\n"))) }
  }

  @Test func keysThatAreNotWantedLeaveItPlainWhereItMayBe() throws {
    var here = Self.here(.offer, .dtls)
    let (sdp, plan) = try here.answer(Self.theirs("RTP/AVP", Self.crypto))
    #expect(plan.sendKey == nil && plan.handshake == nil && !sdp.contains("a=crypto"))
  }

  // MARK: - What comes later

  private static func agreed(_ setup: String = "active", _ more: String = "") throws -> OfferAnswer {
    var here = here(.required, .dtls)
    _ = here.offer(.sendrecv)
    _ = try here.accept(theirs(dtls, print, "a=setup:\(setup)", more))
    return here
  }

  @Test func aReofferKeepsTheAssociation() throws {
    var here = try Self.agreed("active", Self.id)
    let before = here.plan?.handshake
    let first = try Self.audio(here.offer(.sendrecv))
    #expect(first.transport == Self.dtls && first["setup"] == "actpass" && !first.has("crypto"))
    // Whatever it says of its part, that is as it was.
    let plan = try here.accept(Self.theirs(Self.dtls, Self.print, "a=setup:passive", Self.id))
    #expect(plan.handshake == before)
    let second = try Self.audio(here.offer(.sendonly))
    #expect(second["tls-id"] == first["tls-id"] && second["fingerprint"] == first["fingerprint"])
    let (sdp, answered) = try here.answerAfter(Self.theirs(Self.dtls, Self.print, "a=setup:actpass"))
    #expect(answered.handshake == before && sdp.contains("a=setup:passive\r\n"))
    #expect(try Self.audio(sdp)["tls-id"] == first["tls-id"])
  }

  @Test(arguments: [other, print + "\na=tls-id:" + String(repeating: "y", count: 20)])
  func theFarEndMayBeginAnother(_ lines: String) throws {
    var here = try Self.agreed("active", Self.id)
    let before = try Self.audio(here.offer(.sendrecv))["tls-id"]
    here.rollBack()
    let (sdp, plan) = try here.answer(Self.theirs(Self.dtls, lines, "a=setup:actpass"))
    #expect(plan.handshake?.isActive == true && plan.handshake?.association == 2)
    #expect(try Self.audio(sdp)["setup"] == "active" && Self.audio(sdp)["tls-id"] != before)
    // And from then on, it is that one.
    #expect(try here.answer(Self.theirs(Self.dtls, lines, "a=setup:actpass")).plan.handshake == plan.handshake)
    _ = here.offer(.sendrecv)
    #expect(try here.accept(Self.theirs(Self.dtls, lines, "a=setup:active")).handshake == plan.handshake)
  }

  @Test func anAnswerMayBeOfAnotherCertificate() throws {
    var here = try Self.agreed()
    _ = here.offer(.sendrecv)
    let plan = try here.accept(Self.theirs(Self.dtls, Self.other, "a=setup:passive"))
    #expect(plan.handshake?.isActive == true && plan.handshake?.fingerprints.first?.digest.first == 0xCD)
  }

  @Test func aRenewedAssociationIsAnotherHandshake() throws {
    var here = try Self.agreed("active", Self.id)
    let before = (here.plan?.handshake, try Self.audio(here.offer(.sendrecv))["tls-id"])
    here.rollBack()
    here.renewAssociation()
    #expect(try Self.audio(here.offer(.sendrecv))["tls-id"] != before.1)
    let plan = try here.accept(Self.theirs(Self.dtls, Self.print, "a=setup:active", Self.id))
    #expect(plan.handshake != nil && plan.handshake != before.0)
  }

  @Test(arguments: ["RTP/AVP", "RTP/SAVP"])
  func nothingFallsBackAfterwards(_ transport: String) throws {
    for encryption in [OfferAnswer.Encryption.offer, .required] {
      var here = Self.here(encryption, encryption == .required ? .dtls : .auto)
      _ = here.offer(.sendrecv)
      let first = try here.accept(
        Self.theirs(encryption == .required ? Self.dtls : "RTP/AVP", Self.print, "a=setup:active"))
      for lines in [Self.crypto, ""] {
        #expect(throws: NegotiationError.self) { try here.answer(Self.theirs(transport, lines)) }
        _ = here.offer(.sendrecv)
        #expect(throws: NegotiationError.self) { try here.accept(Self.theirs(transport, lines)) }
        here.rollBack()
        #expect(here.plan == first)
      }
    }
  }

  @Test func whatIsEncryptedByKeysIsNotOfferedAHandshake() throws {
    var here = Self.here(.offer)
    _ = here.offer(.sendrecv)
    _ = try here.accept(Self.theirs("RTP/AVP", Self.crypto))
    let audio = try Self.audio(here.offer(.sendrecv))
    #expect(audio.has("crypto") && !audio.has("fingerprint"))
  }

  @Test func aTicketKeepsIt() throws {
    var here = try Self.agreed("active", Self.id)
    here.forgetKeys(butCertificate: true)
    #expect(here.local.certificate == .fake())
    let copy = try JSONDecoder().decode(OfferAnswer.self, from: JSONEncoder().encode(here))
    #expect(copy == here)
    here.forgetKeys()
    #expect(here.local.certificate == nil)
    let text = String(decoding: try JSONEncoder().encode(here), as: UTF8.self)
    #expect(!text.contains(Base64.encode(Certificate.fake().key)))
  }
}

extension OfferAnswer {
  /// In place of an own offer.
  fileprivate mutating func answerAfter(_ lines: String) throws(NegotiationError) -> (sdp: String, plan: MediaPlan) {
    rollBack()
    return try answer(lines)
  }
}
