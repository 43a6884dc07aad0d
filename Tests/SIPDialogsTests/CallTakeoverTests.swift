// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import FoundationEssentials
import Testing

@testable import SIPDialogs

/// A process goes on with the call of one that is gone.
@Suite struct CallTakeoverTests {
  private static func joined(seed: UInt64 = 1, _ prepare: (FarEnd) -> Void = { _ in }) throws -> (CallBench, FarEnd) {
    let bench = try CallBench(seed: seed)
    let far = bench.add()
    prepare(far)
    try #require(bench.join())
    return (bench, far)
  }

  @Test func theSameDialogGoesOn() throws {
    let (bench, far) = try Self.joined()
    for _ in 0..<50 {
      bench.crash()
      bench.run(200)
      #expect(bench.state == .joined)
      #expect(bench.isMicrophoneOpen)
      bench.run(4800)
    }
    #expect(bench.processes == 51)
    #expect(far.calls == 1 && far.confirmed.count == 1)
    #expect(bench.reports.contains { $0.report.state == .reconnecting(.engineCrash) })
    #expect(!bench.reports.contains { $0.report.state == .reconnecting(.network) })
    #expect(bench.complaints == [])
  }

  @Test func soundGoesOnBeforeTheFarEndHasSaidAWord() throws {
    let (bench, far) = try Self.joined()
    far.isDeaf = true
    bench.sounds = []
    bench.crash()
    bench.run(101)
    #expect(bench.isMicrophoneOpen)
    #expect(bench.sounds.last?.end.mediaPort == 7000)
    far.isDeaf = false
    #expect(bench.run(5000) { bench.isJoined })
  }

  /// A far end that has ended the call may still send for a moment.
  @Test func soundAloneIsBelievedAfterAWhile() throws {
    let (bench, far) = try Self.joined()
    far.reinvites = [.silent]
    bench.crash()
    bench.run(2000)
    #expect(bench.state == .reconnecting(.engineCrash))
    #expect(bench.run(1500) { bench.isJoined })
  }

  @Test(arguments: [true, false]) func aHoldIsKept(isMuted: Bool) throws {
    let (bench, far) = try Self.joined()
    bench.hold(true)
    bench.mute(isMuted)
    bench.run(1000)
    bench.crash()
    bench.run(5000)
    #expect(bench.isOnHold && bench.isJoined && bench.reports.last?.report.muted == isMuted)
    #expect(far.leg?.direction == .recvonly)
    bench.hold(false)
    bench.run(1000)
    #expect(bench.isMicrophoneOpen != isMuted)
    #expect(bench.complaints == [])
  }

  /// What the user wants while nobody is there to do it.
  @Test func wishesAreKept() throws {
    let (bench, far) = try Self.joined()
    bench.crash()
    bench.hold(true)
    bench.run(2000)
    #expect(bench.isOnHold && far.leg?.direction == .recvonly)
    bench.crash()
    bench.hold(false)
    bench.run(2000)
    #expect(!bench.isOnHold && far.leg?.direction == .sendrecv)
    bench.crash()
    bench.leave()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(far.open.isEmpty && bench.endReason == .hungUp)
    #expect(bench.complaints == [])
  }

  @Test(arguments: [488, 500, 503, 405, 491, 415]) func aRefusedOfferIsNoLoss(status: Int) throws {
    let (bench, far) = try Self.joined()
    far.reinvites = [.refuse(status)]
    bench.crash()
    bench.run(20_000)
    #expect(bench.isJoined && bench.isMicrophoneOpen)
    #expect(far.confirmed.count == 1)
    #expect(bench.complaints == [])
  }

  /// It may still wait for the ACK of an offer that the previous process has made, but not for ever.
  @Test func aFarEndThatRefusesForEverIsNotAskedForEver() throws {
    let (bench, far) = try Self.joined()
    far.reinvites = [.refuse(500)]
    bench.crash()
    bench.run(120_000)
    #expect(bench.isJoined)
    #expect(far.requests("INVITE").count <= 1 + MediaSession.mostRefusedOffers + 1)
  }

  /// The answer to the INVITE of the previous process comes from whom that was sent to.
  @Test func aStrangersAnswerIsNone() throws {
    let bench = try CallBench()
    let far = bench.add()
    far.replies = [.init(after: 20, status: 180, direction: nil)]
    bench.place()
    bench.run(1000)
    let invite = try #require(far.requests("INVITE").first)
    var call = SIPCall(bench.order)
    _ = call.handle(.takeUp(try #require(bench.ticket)), at: bench.now)
    for status in [200, 404] {
      let response = SIPMessage.response(status, "What", to: invite, tag: "another")
      #expect(call.handle(.strayResponse(response, from: "203.0.113.5"), at: bench.now) == [])
    }
  }

  /// Keys are not on record, and packets with others would be counted anew.
  @Test func anEncryptedCallIsSilentUntilThereAreNewKeys() throws {
    let (bench, _) = try Self.joined()
    var ticket = try #require(bench.ticket)
    let end = try #require(ticket.dialog?.end)
    func sound() -> Sound? {
      var call = SIPCall(bench.order)
      _ = call.handle(.takeUp(ticket), at: 0)
      let sounds = call.handle(.opened(end), at: 0).compactMap { if case .sound(let sound) = $0 { sound } else { nil } }
      return sounds.last
    }
    #expect(sound()?.plan != nil)
    ticket.plan?.sendKey = .init(suite: "AES_CM_128_HMAC_SHA1_80", material: [])
    #expect(sound()?.plan == nil)
  }

  @Test(arguments: [false, true], [false, true]) func aDialogThatIsUnknownIsReplacedWhereThatIsKnown(
    knows: Bool, accepts: Bool
  ) throws {
    let (bench, far) = try Self.joined {
      $0.knowsReplaces = knows
      $0.replacement = accepts ? .accept : .refuse(481)
    }
    far.reinvites = [.refuse(481)]
    bench.crash()
    bench.run(5000)
    #expect(far.calls == 1)
    #expect(far.requests("INVITE").count(where: { $0.replaces != nil }) == (knows ? 1 : 0))
    if knows, accepts {
      #expect(bench.isJoined && bench.isMicrophoneOpen)
      #expect(far.confirmed.map(\.tag) == ["replaced"])
      far.reinvites = [.accept]
      bench.crash()
      bench.run(1000)
      #expect(bench.isJoined && far.confirmed.map(\.tag) == ["replaced"])
      bench.leave()
    } else {
      #expect(bench.endReason == .removed)
      #expect(far.requests("BYE").count == 1)
    }
    #expect(bench.run(3000) { bench.hasExited })
    #expect(far.open.isEmpty)
    #expect(bench.complaints == [])
  }

  /// It rings instead of replacing: that would be a second call.
  @Test func aReplacementDoesNotRing() throws {
    let (bench, far) = try Self.joined { $0.knowsReplaces = true }
    far.reinvites = [.refuse(481)]
    far.replacement = .refuse(180)
    bench.crash()
    bench.run(5000)
    #expect(bench.endReason == .removed)
    #expect(far.requests("CANCEL").count == 1)
  }

  @Test(arguments: 0..<12) func aReplacementOutlivesItsProcess(effect: Int) throws {
    let (bench, far) = try Self.joined { $0.knowsReplaces = true }
    far.reinvites = [.refuse(481)]
    bench.crash()
    bench.lastEffect = bench.effects + effect
    bench.run(2000)
    far.reinvites = [.accept]
    bench.run(40_000)
    #expect(bench.isJoined || bench.endReason == .removed)
    #expect(far.confirmed.count == (bench.isJoined ? 1 : 0))
    #expect(far.calls == 1)
    #expect(bench.complaints == [])
  }

  @Test func aFarEndThatHasForgottenEverything() throws {
    let (bench, far) = try Self.joined()
    far.forget()
    bench.crash()
    #expect(bench.run(2000) { bench.hasExited })
    #expect(bench.endReason == .removed && far.calls == 0)
  }

  @Test func aFarEndWhoseProgramIsGone() throws {
    let (bench, far) = try Self.joined()
    bench.refusing = [far.host]
    bench.isSoundOn = false
    bench.crash()
    #expect(bench.run(15_000) { bench.endReason == .network })
  }

  @Test func theSessionTimerOutlivesItsProcess() throws {
    let (bench, far) = try Self.joined {
      $0.replies[1].change = {
        $0.add("Session-Expires", "90;refresher=uac")
        $0.add("Allow", "INVITE, ACK, BYE, UPDATE")
      }
    }
    far.reinvites = [.refuse(488)]
    bench.crash()
    bench.run(50_000)
    #expect(far.requests("INVITE").last?["Session-Expires"] == "90;refresher=uac")
    #expect(far.requests("UPDATE").count == 1)
    #expect(bench.isJoined)
  }

  /// Its answer is late, and the process that asked is gone.
  @Test(arguments: ["a", "b"]) func aForkAnswersAfterTheTakeover(first: String) throws {
    let (bench, far) = try Self.joined {
      $0.replies = [
        .init(after: 20, status: 180, tag: "a", direction: nil),
        .init(after: 20, status: 180, tag: "b", direction: nil),
        .init(after: 100, status: 200, tag: first), .init(after: 2000, status: 200, tag: first == "a" ? "b" : "a"),
      ]
    }
    bench.crash()
    bench.run(10_000)
    #expect(bench.isJoined && far.open.map(\.tag) == [first])
    #expect(bench.complaints == [])
  }

  /// Sixteen proxies, three attempts.
  @Test func aTicketIsShort() throws {
    let bench = try CallBench("sip:far@phone.example")
    let hosts = ["192.0.2.6", "192.0.2.7", "192.0.2.9"]
    bench.names["phone.example"] = hosts.map { Target(.udp, $0, 5060, name: "phone.example") }
    bench.order.encryption = .offer
    bench.order.keyMaterial = [UInt8](repeating: 200, count: 46)
    bench.order.certificate = .fake()
    let print = "a=fingerprint:sha-512 " + [String](repeating: "AB", count: 64).joined(separator: ":") + "\r\n"
    bench.order.identity = try NameAddress(
      "\"\(String(repeating: "n", count: 60))\" <sip:\(String(repeating: "u", count: 60))@example.com>")
    for host in hosts {
      let far = bench.add(host)
      far.replies = [
        .init(after: 6000, status: 200) { response in
          let more = print.replacing("AB", with: "CD") + "a=tls-id:\(String(repeating: "x", count: 255))\r\n"
          CallHandshakeTests.secure(&response, print.replacing("\r\n", with: ""), more)
          for number in 0..<16 {
            response.add("Record-Route", "<sip:\(host);x=\(number);lr;\(String(repeating: "r", count: 80))>")
          }
        }
      ]
    }
    bench.place()
    bench.run(5500)
    #expect(bench.ticket?.attempts.count == 3)
    bench.run(30_000)
    #expect(bench.isJoined && bench.ticket?.dialog?.routes.count == 16)
    bench.process?.feed(.secured(CallHandshakeTests.keys(try #require(bench.sounds.last?.plan?.handshake), 200)))
    #expect(bench.ticket?.handshakeKeys?.handshake.fingerprints.count == 2)
    #expect(bench.longestTicket < 16 * 1024, "\(bench.longestTicket)")
    bench.leave()
    bench.run(40_000)
    #expect(bench.complaints == [])
  }
}
