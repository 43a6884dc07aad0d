// SPDX-License-Identifier: Apache-2.0
import DiceTestSupport
import Testing

@testable import SIPDialogs

/// Two ends that know nothing of each other but what is on the wire.
@Suite struct OfferAnswerAgreementTests {
  static func end(_ dice: inout Dice, _ address: String) -> OfferAnswer {
    var codecs = CodecTable.all.shuffled(using: &dice)
    codecs = Array(codecs.prefix(Int.random(in: 1...codecs.count, using: &dice)))
    for index in codecs.indices where codecs[index].payloadType >= 96 && Bool.random(using: &dice) {
      codecs[index].payloadType = UInt8.random(in: 96...127, using: &dice)
    }
    let port = UInt16.random(in: 1024 ..< .max, using: &dice)
    return OfferAnswer(
      local: .init(
        address: address, port: port, controlPort: Bool.random(using: &dice) ? port + 1 : 9, codecs: codecs,
        packetTime: [nil, 10, 20, 30, 60].randomElement(using: &dice) ?? nil,
        encryption: OfferAnswer.Encryption.allCases.randomElement(using: &dice) ?? .off,
        keyMaterial: (0..<46).map { _ in UInt8.random(in: .min ... .max, using: &dice) },
        keyExchange: OfferAnswer.KeyExchange.allCases.randomElement(using: &dice),
        certificate: .fake(UInt8.random(in: .min ... .max, using: &dice))),
      sessionID: UInt64.random(in: 0...1000, using: &dice))
  }

  static func version(_ sdp: String) -> UInt64? {
    sdp.split(separator: "\r\n").first { $0.hasPrefix("o=") }.flatMap { UInt64($0.split(separator: " ")[2]) }
  }

  /// What each says it hears and sends is what the other says it sends and hears.
  static func expectMirrored(_ one: MediaPlan, _ other: MediaPlan, _ ends: (OfferAnswer, OfferAnswer)) {
    #expect(one.direction == other.direction.reversed)
    #expect(one.codec.isSameEncoding(as: other.codec))
    #expect(one.accepted.map(\.encoding) == other.accepted.map(\.encoding))
    // What one sends has a number by which the other knows it.
    for (sender, receiver) in [(one, other), (other, one)] {
      #expect(
        receiver.accepted.contains { $0.isSameEncoding(as: sender.codec) && $0.payloadType == sender.codec.payloadType }
      )
      #expect(Set(receiver.accepted.map(\.payloadType)).count == receiver.accepted.count)
      #expect(sender.sendKey == receiver.receiveKey)
      #expect((10...60).contains(sender.packetTime))
    }
    #expect((one.handshake == nil) == (other.handshake == nil))
    if let handshakes = one.handshake.flatMap({ one in other.handshake.map { (one, $0) } }) {
      #expect(handshakes.0.isActive != handshakes.1.isActive && one.sendKey == nil)
      #expect(handshakes.0.fingerprints == ends.1.local.certificate.map { [$0.fingerprint] })
      #expect(handshakes.1.fingerprints == ends.0.local.certificate.map { [$0.fingerprint] })
    }
    #expect(one.digits?.encoding == other.digits?.encoding)
    #expect(one.digits == nil || one.digits?.clockRate == one.codec.clockRate)
    #expect((one.comfortNoise == nil) == (other.comfortNoise == nil))
    #expect((one.remoteControl == nil) == (other.remoteControl == nil))
    for (plan, end) in [(one, ends.1), (other, ends.0)] {
      #expect(plan.remote == MediaPlan.Address(end.local.address, end.local.port))
      #expect(plan.remoteControl == nil || plan.remoteControl?.port == end.local.controlPort)
    }
  }

  @Test(arguments: 0..<8) func bothAgreeThroughoutASession(seed: UInt64) throws {
    var dice = Dice(seed)
    var agreements = 0
    for _ in 0..<40 {
      var ends = (Self.end(&dice, "192.0.2.1"), Self.end(&dice, "2001:db8::1"))
      var meanings: [[UInt8: String]] = [[:], [:]]
      for _ in 0..<8 {
        // What each had before is no less true where the exchange fails.
        let before = ends
        let (offered, allowed) = (
          MediaPlan.Direction.allCases.randomElement(using: &dice) ?? .sendrecv,
          MediaPlan.Direction.allCases.randomElement(using: &dice) ?? .sendrecv
        )
        if Bool.random(using: &dice) { ends = (ends.1, ends.0); meanings.reverse() }
        let last = ends
        let offer = ends.0.offer(offered)
        Self.note(offer, in: &meanings[0])
        #expect(Self.version(offer).map { $0 - last.0.version <= 1 } == true)
        if Int.random(in: 0..<5, using: &dice) == 0 {
          ends.0.rollBack()
          #expect(ends.0.plan == last.0.plan)
          continue
        }
        do throws(NegotiationError) {
          let (sdp, theirs) = try ends.1.answer(offer: Array(offer.utf8), direction: allowed)
          Self.note(sdp, in: &meanings[1])
          let own = try ends.0.accept(answer: Array(sdp.utf8), contentType: "application/sdp")
          #expect(!own.direction.sends || offered.sends)
          #expect(!own.direction.receives || offered.receives)
          #expect(!theirs.direction.sends || allowed.sends)
          #expect(!theirs.direction.receives || allowed.receives)
          Self.expectMirrored(own, theirs, ends)
          #expect(try ends.0.accept(answer: Array(sdp.utf8)) == own)
          agreements += 1
        } catch {
          #expect(ends.1 == last.1, "\(error)")
          switch error {
          case .codecs: break
          case .unencrypted:
            #expect(ends.1.local.encryption == .required && (ends.0.local.encryption == .off || Self.differ(ends)))
          case .keys: #expect(Self.differ(ends), "\(error)")
          default: Issue.record("\(error)")
          }
          ends.0.rollBack()
        }
        #expect(before.0.local == ends.0.local || before.1.local == ends.0.local)
      }
    }
    #expect(agreements > 50)
  }

  /// One wants keys by the way that the other does not.
  private static func differ(_ ends: (OfferAnswer, OfferAnswer)) -> Bool {
    ends.0.exchange != ends.1.exchange && (ends.0.exchange != .auto || ends.1.exchange != .auto)
  }

  /// Every number that was ever sent means what it meant the first time.
  static func note(_ sdp: String, in meanings: inout [UInt8: String]) {
    guard let audio = try? SessionDescription(Array(sdp.utf8)).media.first(where: { $0.port > 0 }) else {
      Issue.record("no sound in \(sdp)")
      return
    }
    #expect(audio.codecs().count == audio.formats.count)
    for codec in audio.codecs() {
      let meaning = codec.encoding.lowercased()
      #expect(meanings[codec.payloadType, default: meaning] == meaning)
      meanings[codec.payloadType] = meaning
    }
  }
}
