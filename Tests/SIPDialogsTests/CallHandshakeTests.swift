// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import FoundationEssentials
import Testing

@testable import SIPDialogs

/// A call whose keys come from a handshake.
@Suite struct CallHandshakeTests {
  static let print = "a=fingerprint:sha-256 " + [String](repeating: "AB", count: 32).joined(separator: ":")

  /// The far end's description, encrypted by a handshake.
  static func secure(_ message: inout SIPMessage, _ print: String = print, _ more: String = "") {
    message.body = Array(
      message.body.text.replacing(
        "RTP/AVP 0\r\n", with: "UDP/TLS/RTP/SAVP 0\r\n\(print)\r\na=setup:active\r\n\(more)"
      ).utf8)
  }

  static func bench(_ exchange: OfferAnswer.KeyExchange = .dtls) throws -> (CallBench, FarEnd) {
    let bench = try CallBench()
    (bench.order.encryption, bench.order.keyExchange) = (.required, exchange)
    (bench.order.certificate, bench.order.keyMaterial) = (.fake(), [UInt8](repeating: 7, count: 46))
    let far = bench.add()
    far.replies[1].change = { Self.secure(&$0) }
    far.change = { Self.secure(&$0) }
    return (bench, far)
  }

  static func keys(_ handshake: MediaPlan.Handshake, _ byte: UInt8 = 99) -> HandshakeKeys {
    func key(_ byte: UInt8) -> MediaPlan.Key {
      MediaPlan.Key(suite: "AEAD_AES_128_GCM", material: [UInt8](repeating: byte, count: 28))
    }
    return HandshakeKeys(handshake: handshake, sendKey: key(byte), receiveKey: key(byte + 1))
  }

  @Test func theSoundGetsTheKeys() throws {
    let (bench, far) = try Self.bench()
    try #require(bench.join())
    #expect(far.requests("INVITE").first?.body.text.contains("UDP/TLS/RTP/SAVP") == true)
    let handshake = try #require(bench.sounds.last?.plan?.handshake)
    #expect(!handshake.isActive && bench.sounds.last?.plan?.sendKey == nil)
    #expect(bench.sounds.last?.certificate == .fake())
    let keys = Self.keys(handshake)
    bench.process?.feed(.secured(keys))
    #expect(bench.sounds.last?.plan?.sendKey == keys.sendKey && bench.sounds.last?.plan?.receiveKey == keys.receiveKey)
    // On hold and back, the keys are the same.
    bench.hold(true)
    #expect(bench.run(1000) { bench.isOnHold })
    #expect(bench.sounds.last?.plan?.sendKey == keys.sendKey)
    let offer = try #require(far.requests("INVITE").last?.body.text)
    #expect(offer.contains("UDP/TLS/RTP/SAVP") && offer.contains("a=setup:actpass") && !offer.contains("a=crypto"))
    #expect(bench.complaints == [])
  }

  @Test func aSuccessorGoesOnWithTheKeysAndTheCertificate() throws {
    let (bench, far) = try Self.bench()
    try #require(bench.join())
    let keys = Self.keys(try #require(bench.sounds.last?.plan?.handshake))
    bench.process?.feed(.secured(keys))
    bench.order.certificate = .fake(2)
    let sounds = bench.sounds.count
    bench.crash()
    #expect(bench.run(1000) { bench.sounds.count > sounds })
    #expect(bench.sounds.last?.plan?.sendKey == keys.sendKey && bench.sounds.last?.plan?.handshake == keys.handshake)
    bench.run(5000)
    #expect(bench.isJoined && bench.sounds.last?.plan?.sendKey == keys.sendKey)
    let invites = far.requests("INVITE").map(\.body.text)
    let prints = invites.map { text in text.split(separator: "\r\n").filter { $0.hasPrefix("a=fingerprint") } }
    #expect(invites.count == 2 && prints[0] == prints[1] && prints[0].first?.contains("01:01") == true)
    bench.leave()
    bench.run(40_000)
    let text = String(decoding: try JSONEncoder().encode(bench.ticket), as: UTF8.self)
    #expect(!text.contains("99,99") && !text.contains(Base64.encode(Certificate.fake().key)))
    #expect(bench.complaints == [])
  }

  @Test func aSuccessorWithoutKeysBeginsAnotherHandshake() throws {
    let (bench, far) = try Self.bench()
    try #require(bench.join())
    let before = try #require(bench.sounds.last?.plan?.handshake)
    #expect(bench.ticket?.offers?.local.certificate == nil, "nobody needs it")
    bench.order.certificate = .fake(2)
    bench.crash()
    bench.run(5000)
    #expect(bench.isJoined)
    let handshake = try #require(bench.sounds.last?.plan?.handshake)
    #expect(handshake != before && bench.sounds.last?.certificate == .fake(2))
    let texts = far.requests("INVITE").map(\.body.text)
    #expect(texts.last?.contains("02:02:02") == true)
    let ids = texts.map { text in text.split(separator: "\r\n").filter { $0.hasPrefix("a=tls-id") } }
    #expect(ids.first != ids.last)
    #expect(bench.complaints == [])
  }

  @Test func aFailedHandshakeEndsTheCall() throws {
    let (bench, far) = try Self.bench()
    try #require(bench.join())
    let handshake = try #require(bench.sounds.last?.plan?.handshake)
    var stale = handshake
    stale.association = 9
    bench.process?.feed(.notSecured(stale, "an old one"))
    #expect(bench.isJoined)
    bench.process?.feed(.notSecured(handshake, "it is another certificate"))
    #expect(bench.endReason == .refused)
    #expect(bench.endDetail == "the sound cannot be encrypted: it is another certificate")
    bench.run(5000)
    #expect(far.requests("BYE").count == 1 && bench.sounds.last?.plan == nil)
    #expect(bench.complaints == [])
  }

  @Test func earlySoundMayFailAndTheCallNot() throws {
    let (bench, far) = try Self.bench()
    far.replies = [
      .init(after: 20, status: 183) { Self.secure(&$0) }, .init(after: 2000, status: 200) { Self.secure(&$0) },
    ]
    bench.place()
    #expect(bench.run(1000) { bench.sounds.last?.plan?.handshake != nil })
    bench.process?.feed(.notSecured(try #require(bench.sounds.last?.plan?.handshake), "it does not answer"))
    #expect(bench.sounds.last?.plan == nil && bench.endReason == nil)
    #expect(bench.run(3000) { bench.isJoined })
    #expect(bench.sounds.last?.plan?.handshake != nil)
    #expect(bench.complaints == [])
  }

  @Test func earlyKeysAreThoseOfTheCall() throws {
    let (bench, far) = try Self.bench()
    far.replies = [
      .init(after: 20, status: 183) { Self.secure(&$0) }, .init(after: 2000, status: 200) { Self.secure(&$0) },
    ]
    bench.place()
    #expect(bench.run(1000) { bench.sounds.last?.plan?.handshake != nil })
    let keys = Self.keys(try #require(bench.sounds.last?.plan?.handshake))
    bench.process?.feed(.secured(keys))
    #expect(bench.sounds.last?.plan?.sendKey == keys.sendKey)
    #expect(bench.ticket?.handshakeKeys == keys)
    #expect(bench.run(3000) { bench.isJoined })
    #expect(bench.sounds.last?.plan?.sendKey == keys.sendKey && bench.ticket?.handshakeKeys == keys)
  }

  @Test func eachFarEndOfAForkHasItsOwnKeys() throws {
    let (bench, far) = try Self.bench()
    let second = Self.print.replacing("AB", with: "CD")
    far.replies = [
      .init(after: 20, status: 183, tag: "one") { Self.secure(&$0) },
      .init(after: 500, status: 183, tag: "two") { Self.secure(&$0, second) },
      .init(after: 2000, status: 200, tag: "one") { Self.secure(&$0) },
    ]
    bench.place()
    #expect(bench.run(400) { bench.sounds.last?.plan?.handshake != nil })
    let first = Self.keys(try #require(bench.sounds.last?.plan?.handshake), 50)
    bench.process?.feed(.secured(first))
    #expect(bench.run(1000) { bench.sounds.last?.plan?.handshake != first.handshake })
    let other = Self.keys(try #require(bench.sounds.last?.plan?.handshake), 60)
    #expect(bench.sounds.last?.plan?.sendKey == nil)
    bench.process?.feed(.secured(other))
    #expect(bench.run(3000) { bench.isJoined })
    #expect(bench.sounds.last?.plan?.sendKey == first.sendKey)
  }

  // MARK: - Another offer

  @Test(arguments: [415, 488, 606])
  func refusedKeysAreFollowedByAHandshake(_ status: Int) throws {
    let (bench, far) = try Self.bench(.auto)
    far.replies = [.init(after: 20, status: status, direction: nil)]
    bench.place()
    #expect(bench.run(1000) { far.requests("INVITE").count == 1 })
    far.replies = [.init(after: 200, status: 200) { Self.secure(&$0) }]
    #expect(bench.run(3000) { bench.isJoined })
    let texts = far.requests("INVITE").map(\.body.text)
    try #require(texts.count == 2)
    #expect(texts[0].contains("RTP/SAVP 96") && texts[0].contains("a=crypto") && !texts[0].contains("a=fingerprint"))
    #expect(texts[1].contains("UDP/TLS/RTP/SAVP") && !texts[1].contains("a=crypto"))
    #expect(bench.sounds.last?.plan?.handshake != nil)
    #expect(bench.complaints == [])
  }

  /// Some accept the call, and refuse its sound.
  @Test(arguments: ["m=audio 0 RTP/SAVP 0", "m=audio 4000 RTP/SAVP 0", "m=audio 4000 RTP/AVP 0"])
  func refusedSoundIsFollowedByAHandshake(_ line: String) throws {
    let (bench, far) = try Self.bench(.auto)
    far.replies = [
      .init(after: 20, status: 200) { response in
        response.body = Array(response.body.text.replacing("m=audio 4000 RTP/AVP 0", with: line).utf8)
      }
    ]
    bench.place()
    #expect(bench.run(1000) { far.requests("INVITE").count == 1 })
    far.replies = [.init(after: 200, status: 200) { Self.secure(&$0) }]
    #expect(bench.run(3000) { bench.isJoined })
    bench.run(3000)
    let invites = far.requests("INVITE")
    #expect(invites.count == 2 && invites.first?.callID != invites.last?.callID)
    #expect(far.requests("BYE").count == 1 && far.confirmed.count == 1)
    #expect(bench.sounds.last?.plan?.handshake != nil && bench.isJoined)
    bench.leave()
    bench.run(5000)
    #expect(far.confirmed.isEmpty)
    #expect(bench.complaints == [])
  }

  @Test(
    arguments: [
      (.auto, 2, "with keys from a handshake (DTLS)"), (.sdes, 1, "“--key-exchange dtls” offers a handshake instead"),
      (.dtls, 1, "with keys from a handshake (DTLS)"),
    ] as [(OfferAnswer.KeyExchange, Int, String)])
  func itIsOfferedOnlyOnceMore(exchange: OfferAnswer.KeyExchange, count: Int, detail: String) throws {
    let (bench, far) = try Self.bench(exchange)
    far.replies = [.init(after: 20, status: 488, direction: nil)]
    bench.place()
    bench.run(40_000)
    #expect(far.requests("INVITE").count == count)
    #expect(bench.endReason == .refused && bench.endDetail?.hasPrefix("488 No; it was offered only encrypted") == true)
    #expect(bench.endDetail?.hasSuffix(detail) == true, "\(bench.endDetail ?? "")")
    #expect(far.requests("INVITE").allSatisfy { !$0.body.text.contains("m=audio 7000 RTP/AVP") })
    #expect(bench.complaints == [])
  }

  @Test func theFarEndMayBeginAnotherHandshake() throws {
    let (bench, far) = try Self.bench()
    try #require(bench.join())
    let keys = Self.keys(try #require(bench.sounds.last?.plan?.handshake))
    bench.process?.feed(.secured(keys))
    let leg = try #require(far.leg)
    far.offer(.sendrecv, leg) { Self.secure(&$0, Self.print.replacing("AB", with: "CD")) }
    bench.run(1000)
    #expect(leg.status(of: "INVITE") == 200)
    let plan = try #require(bench.sounds.last?.plan)
    #expect(plan.handshake != keys.handshake && plan.handshake?.isActive == false && plan.sendKey == nil)
    far.offer(.sendrecv, leg)
    bench.run(1000)
    #expect(leg.status(of: "INVITE") == 488, "nothing goes unencrypted")
    #expect(bench.sounds.last?.plan == plan)
  }

  @Test func anotherAddressKeepsTheKeys() throws {
    let (bench, _) = try Self.bench()
    try #require(bench.join())
    let keys = Self.keys(try #require(bench.sounds.last?.plan?.handshake))
    bench.process?.feed(.secured(keys))
    bench.address = "192.0.2.77"
    bench.path(true)
    bench.run(5000)
    #expect(bench.isJoined && bench.sounds.last?.end.address == "192.0.2.77")
    #expect(bench.sounds.last?.plan?.sendKey == keys.sendKey)
  }

  @Test func anotherAddressDuringAHandshakeBeginsAnotherOne() throws {
    let (bench, far) = try Self.bench()
    try #require(bench.join())
    let before = try #require(bench.sounds.last?.plan?.handshake)
    bench.address = "192.0.2.77"
    bench.path(true)
    bench.run(5000)
    #expect(bench.isJoined && bench.sounds.last?.plan?.handshake != before)
    let ids = far.requests("INVITE").map { $0.body.text.split(separator: "\r\n").filter { $0.hasPrefix("a=tls-id") } }
    #expect(ids.first != ids.last)
  }
}
