// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct OfferAnswerKeysTests {
  static let codecs = OfferAnswerTests.telephones
  static let key = "inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd"
  static let suite = "AES_CM_128_HMAC_SHA1_80"

  static func theirs(_ transport: String, _ lines: String...) -> String {
    "v=0\nc=IN IP4 198.51.100.1\nm=audio 5 \(transport) 0\n" + lines.joined(separator: "\n")
  }

  @Test(
    arguments: [
      (.off, "RTP/AVP", 46, 0), (.offer, "RTP/AVP", 46, 5), (.required, "RTP/SAVP", 46, 5), (.offer, "RTP/AVP", 32, 3),
      (.offer, "RTP/AVP", 0, 0),
    ] as [(OfferAnswer.Encryption, String, Int, Int)])
  func keysAreOffered(encryption: OfferAnswer.Encryption, transport: String, material: Int, count: Int) throws {
    var here = OfferAnswer.here(Self.codecs, encryption: encryption, keys: material)
    let offered = try SessionDescription(Array(here.offer(.sendrecv).utf8)).media[0]
    #expect(offered.transport == transport)
    #expect(offered.all("crypto").count == count)
    #expect(offered.all("crypto").first?.hasPrefix("1 \(Self.suite) inline:") == (count > 0 ? true : nil))
  }

  @Test(
    arguments: [
      (.off, theirs("RTP/AVP"), nil), (.off, theirs("RTP/AVP", "a=crypto:1 \(suite) \(key)"), nil),
      (.offer, theirs("RTP/AVP"), nil), (.offer, theirs("RTP/AVP", "a=crypto:1 \(suite) \(key)|2^31"), suite),
      (.offer, theirs("RTP/SAVP", "a=crypto:1 x y", "a=crypto:1 \(suite) \(key)"), suite),
      (.required, theirs("RTP/SAVP", "a=crypto:1 \(suite) \(key)"), suite),
      (.required, theirs("RTP/SAVP", "a=crypto:5 AES_CM_128_HMAC_SHA1_32 \(key)"), "AES_CM_128_HMAC_SHA1_32"),
    ] as [(OfferAnswer.Encryption, String, String?)])
  func answeredKeysAreTaken(encryption: OfferAnswer.Encryption, answer: String, suite: String?) throws {
    var here = OfferAnswer.here(Self.codecs, encryption: encryption)
    _ = here.offer(.sendrecv)
    let plan = try here.accept(answer)
    #expect(plan.sendKey?.suite == suite)
    #expect(plan.receiveKey?.suite == suite)
    if suite != nil { #expect(plan.sendKey?.material == Array(0..<30)) }
  }

  @Test(
    arguments: [
      (.required, theirs("RTP/AVP")), (.required, theirs("RTP/SAVP")),
      (.required, theirs("RTP/SAVP", "a=crypto:2 \(suite) \(key)")),
      (.required, theirs("RTP/SAVP", "a=crypto:9 \(suite) \(key)")),
      (.required, theirs("RTP/SAVP", "a=crypto:1 \(suite) \(key)|2^20|1:4")),
      (.offer, theirs("RTP/AVP", "a=crypto:0 \(suite) \(key)")),
      (.off, theirs("RTP/SAVP", "a=crypto:1 \(suite) \(key)")),
    ] as [(OfferAnswer.Encryption, String)])
  func othersAreRefused(encryption: OfferAnswer.Encryption, answer: String) {
    var here = OfferAnswer.here(Self.codecs, encryption: encryption)
    _ = here.offer(.sendrecv)
    #expect(throws: NegotiationError.self) { try here.accept(answer) }
  }

  @Test(
    arguments: [
      (.off, theirs("RTP/AVP", "a=crypto:1 \(suite) \(key)"), nil),
      (.off, theirs("RTP/SAVP", "a=crypto:7 \(suite) \(key)"), 7),
      (.offer, theirs("RTP/AVP", "a=crypto:3 F8_128_HMAC_SHA1_80 \(key)", "a=crypto:4 \(suite) \(key)"), 4),
      (.offer, theirs("RTP/AVP", "a=crypto:3 F8_128_HMAC_SHA1_80 \(key)"), nil),
      (.required, theirs("RTP/SAVPF", "a=crypto:1 \(suite) \(key)"), 1),
    ] as [(OfferAnswer.Encryption, String, Int?)])
  func offeredKeysAreAnswered(encryption: OfferAnswer.Encryption, offer: String, tag: Int?) throws {
    var here = OfferAnswer.here(Self.codecs, encryption: encryption)
    let (sdp, plan) = try here.answer(offer)
    let lines = try SessionDescription(Array(sdp.utf8)).media[0].all("crypto")
    #expect(lines.map { SecurityDescription($0)?.tag } == (tag.map { [UInt32($0)] } ?? []))
    #expect(lines.map { SecurityDescription($0)?.key } == (plan.sendKey.map { [$0] } ?? []))
    #expect((plan.receiveKey != nil) == (tag != nil))
  }

  @Test func requiredEncryptionRefusesWhatIsInClear() {
    var here = OfferAnswer.here(Self.codecs, encryption: .required)
    #expect(throws: NegotiationError.unencrypted) { try here.answer(Self.theirs("RTP/AVP")) }
  }

  @Test func whatIsEncryptedStaysSo() throws {
    var here = OfferAnswer.here(Self.codecs)
    _ = try here.answer(Self.theirs("RTP/SAVP", "a=crypto:7 \(Self.suite) \(Self.key)"))
    let next = try SessionDescription(Array(here.offer(.sendonly).utf8)).media[0]
    #expect(next.transport == "RTP/SAVP")
    #expect(next.has("crypto"))
  }
}
