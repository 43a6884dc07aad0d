// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

extension OfferAnswer {
  static func here(
    _ codecs: [Codec] = CodecTable.all, packetTime: UInt16? = nil, encryption: Encryption = .off, keys: Int = 46
  ) -> OfferAnswer {
    let local = Local(
      address: "192.0.2.1", port: 4000, controlPort: 4001, codecs: codecs, packetTime: packetTime,
      encryption: encryption, keyMaterial: Array(0..<UInt8(keys)))
    return OfferAnswer(local: local, sessionID: 100, user: "a b")
  }

  mutating func accept(_ lines: String) throws(NegotiationError) -> MediaPlan { try accept(answer: Array(lines.utf8)) }

  mutating func answer(_ lines: String, _ direction: MediaPlan.Direction = .sendrecv) throws(NegotiationError)
    -> (sdp: String, plan: MediaPlan)
  {
    try answer(offer: Array(lines.utf8), direction: direction)
  }
}

@Suite struct OfferAnswerTests {
  static let telephones = CodecTable.all.filter { ["PCMU", "PCMA"].contains($0.name) }

  @Test func offerSaysWhatThereIs() {
    var here = OfferAnswer.here(packetTime: 20)
    let lines = [
      "v=0", "o=ab 100 100 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0",
      "m=audio 4000 RTP/AVP 96 9 0 8 97 98 3 99 13 102 101 100", "a=rtpmap:96 opus/48000/2",
      "a=fmtp:96 useinbandfec=1", "a=rtpmap:9 G722/8000", "a=rtpmap:0 PCMU/8000", "a=rtpmap:8 PCMA/8000",
      "a=rtpmap:97 speex/16000", "a=rtpmap:98 speex/8000", "a=rtpmap:3 GSM/8000", "a=rtpmap:99 iLBC/8000",
      "a=fmtp:99 mode=30", "a=rtpmap:13 CN/8000", "a=rtpmap:102 telephone-event/48000", "a=fmtp:102 0-15",
      "a=rtpmap:101 telephone-event/8000", "a=fmtp:101 0-15", "a=rtpmap:100 telephone-event/16000", "a=fmtp:100 0-15",
      "a=ptime:20", "a=rtcp-mux", "a=sendrecv",
    ]
    #expect(here.offer(.sendrecv).split(separator: "\r\n").map(String.init) == lines)
    #expect(here.isOfferPending)
  }

  @Test func versionGrowsByOneWhereTheTextIsAnother() throws {
    var here = OfferAnswer.here()
    let first = here.offer(.sendrecv)
    #expect(here.offer(.sendrecv) == first)
    #expect(here.version == 100)
    #expect(here.offer(.sendonly).contains("o=ab 100 101 IN"))
    here.rollBack()
    #expect(here.offer(.sendrecv) == first.replacing("100 100 IN", with: "100 102 IN"))
    here.local.address = "192.0.2.7"
    #expect(here.offer(.sendrecv).contains("o=ab 100 103 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.7\r\n"))
  }

  @Test func controlPortIsSaidWhereItIsNotTheNext() {
    var here = OfferAnswer.here()
    here.local.controlPort = 5000
    #expect(here.offer(.sendrecv).contains("\r\na=rtcp:5000\r\n"))
    (here.local.address, here.local.port) = ("2001:db8::1", .max)
    #expect(here.offer(.sendrecv).contains("\r\nc=IN IP6 2001:db8::1\r\n"))
  }

  @Test func answerIsTaken() throws {
    var here = OfferAnswer.here()
    _ = here.offer(.sendrecv)
    let answer = """
      v=0
      o=- 1 1 IN IP4 198.51.100.1
      c=IN IP4 198.51.100.1
      m=audio 7000 RTP/AVP 111 8 120 121 13
      a=rtpmap:111 opus/48000/2
      a=fmtp:111 maxaveragebitrate=20000
      a=rtpmap:120 telephone-event/8000
      a=rtpmap:121 telephone-event/48000
      a=ptime:40
      a=maxptime:30
      a=rtcp:7005
      """
    let plan = try here.accept(answer)
    #expect(
      plan.codec
        == Codec("opus", clockRate: 48_000, channels: 2, payloadType: 111, parameters: "maxaveragebitrate=20000"))
    #expect(plan.accepted.map(\.payloadType) == [96, 8])
    #expect(plan.accepted[0].parameters == "useinbandfec=1")
    #expect(plan.digits?.payloadType == 121)
    #expect(plan.comfortNoise == nil)
    #expect(plan.direction == .sendrecv)
    #expect(plan.packetTime == 20)
    #expect(plan.remote == MediaPlan.Address("198.51.100.1", 7000))
    #expect(plan.remoteControl == MediaPlan.Address("198.51.100.1", 7005))
    #expect(!here.isOfferPending)
    #expect(here.plan == plan)
    // The same in the next response.
    #expect(try here.accept(answer) == plan)
  }

  @Test(
    arguments: [
      ("m=audio 0 RTP/AVP 0", .rejected), ("m=video 5 RTP/AVP 0", .mediaType("video")),
      ("m=audio 5 RTP/AVP 0\nm=video 5 RTP/AVP 31", .mediaLines(expected: 1, found: 2)),
      ("s=-", .mediaLines(expected: 1, found: 0)), ("m=audio 5 TCP/TLS/RTP/SAVPF 0", .transport("TCP/TLS/RTP/SAVPF")),
      // Without a map, a number means what it was offered as.
      ("m=audio 5 RTP/AVP 18 101", .codecs(["G729/8000", "telephone-event/8000"])),
      ("m=audio 5 RTP/AVP 101\na=rtpmap:101 telephone-event/8000", .codecs(["telephone-event/8000"])),
      ("m=audio 5 RTP/AVP", .codecs([])),
      ("m=audio 5 RTP/AVP 0\nc=IN IP4 media.example", .address("IP4 media.example")),
      ("m=audio 5 RTP/SAVP 0", .keys("none of the answer's a=crypto lines has an offered tag, suite and key")),
    ] as [(String, NegotiationError)])
  func unusableAnswersAreRefused(lines: String, error: NegotiationError) throws {
    var here = OfferAnswer.here([CodecTable.all[2]])
    #expect(throws: NegotiationError.noOffer) { try here.accept("v=0") }
    here.local.codecs = Self.telephones
    _ = here.offer(.sendrecv)
    #expect(throws: error) { try here.accept("v=0\nc=IN IP4 198.51.100.1\n\(lines)") }
    #expect(here.plan == nil)
    #expect(!here.isOfferPending)
  }

  @Test(
    arguments: [
      (.sendrecv, "a=sendrecv", .sendrecv), (.sendrecv, "a=sendonly", .recvonly), (.sendrecv, "a=recvonly", .sendonly),
      (.sendrecv, "a=inactive", .inactive), (.sendrecv, "", .sendrecv), (.sendonly, "a=recvonly", .sendonly),
      (.sendonly, "a=sendrecv", .sendonly), (.sendonly, "a=inactive", .inactive), (.inactive, "a=sendrecv", .inactive),
      (.recvonly, "a=sendonly", .recvonly), (.sendrecv, "c=IN IP4 0.0.0.0", .recvonly),
      (.sendrecv, "c=IN IP6 ::", .recvonly), (.sendrecv, "c=IN IP4 0.0.0.0\na=recvonly", .inactive),
    ] as [(MediaPlan.Direction, String, MediaPlan.Direction)])
  func directionIsWhatBothSay(own: MediaPlan.Direction, lines: String, agreed: MediaPlan.Direction) throws {
    var here = OfferAnswer.here(Self.telephones)
    _ = here.offer(own)
    let theirs = "v=0\nc=IN IP4 198.51.100.1\nm=audio 5 RTP/AVP 0\n\(lines)"
    #expect(try here.accept(theirs).direction == agreed)
    let (sdp, plan) = try here.answer(theirs, own)
    #expect(plan.direction == agreed)
    #expect(sdp.hasSuffix("a=\(agreed.rawValue)\r\n"))
  }

  @Test func answerKeepsTheOffersOrderAndNumbersAndLines() throws {
    var here = OfferAnswer.here()
    let offer = """
      v=0
      c=IN IP4 198.51.100.1
      m=video 9000 RTP/AVP 31 32
      m=audio 7000 RTP/AVPF 18 8 112 13 110 109
      a=rtpmap:112 opus/48000/2
      a=rtpmap:110 telephone-event/8000
      a=rtpmap:109 telephone-event/90000
      a=rtcp-mux
      a=sendonly
      m=application 9002 TCP/MSRP *
      """
    let (sdp, plan) = try here.answer(offer)
    let lines = [
      "v=0", "o=ab 100 100 IN IP4 192.0.2.1", "s=-", "c=IN IP4 192.0.2.1", "t=0 0", "m=video 0 RTP/AVP 31",
      "m=audio 4000 RTP/AVPF 8 112 13 110", "a=rtpmap:8 PCMA/8000", "a=rtpmap:112 opus/48000/2",
      "a=fmtp:112 useinbandfec=1", "a=rtpmap:13 CN/8000", "a=rtpmap:110 telephone-event/8000", "a=fmtp:110 0-15",
      "a=rtcp-mux", "a=recvonly", "m=application 0 TCP/MSRP *",
    ]
    #expect(sdp.split(separator: "\r\n").map(String.init) == lines)
    #expect(plan.codec.name == "PCMA")
    #expect(plan.comfortNoise?.payloadType == 13)
    #expect(plan.digits?.payloadType == 110)
    #expect(plan.remoteControl == nil)
    #expect(try here.answer(offer).sdp == sdp)
    // The next offer has the lines in their places, and the numbers that they had.
    let next = here.offer(.sendrecv)
    #expect(next.contains("m=video 0 RTP/AVP 31\r\nm=audio 4000 RTP/AVP 112 9 0 8"))
    #expect(next.contains("a=rtpmap:110 telephone-event/8000"))
    #expect(throws: NegotiationError.offerPending) { try here.answer(offer) }
    #expect(throws: NegotiationError.mediaLines(expected: 3, found: 1)) {
      try here.accept("v=0\nc=IN IP4 198.51.100.1\nm=audio 5 RTP/AVP 0")
    }
  }

  @Test func aNumberNeverMeansSomethingElse() throws {
    var here = OfferAnswer.here()
    _ = here.offer(.sendrecv)
    here.rollBack()
    // 96 was opus here, and 101 digits.
    let offer = """
      v=0
      c=IN IP4 198.51.100.1
      m=audio 7000 RTP/AVP 96 101 97
      a=rtpmap:96 speex/16000
      a=rtpmap:101 opus/48000/2
      a=rtpmap:97 telephone-event/48000
      """
    let (sdp, plan) = try here.answer(offer)
    #expect(sdp.contains("m=audio 4000 RTP/AVP 97 96 102\r\n"))
    #expect(plan.codec.payloadType == 96)
    #expect(plan.accepted.map(\.payloadType) == [97, 96])
    #expect(plan.digits?.payloadType == 97)
  }

  @Test(
    arguments: [
      ("v=0\nm=video 5 RTP/AVP 31", .noAudio), ("v=0\nm=audio 0 RTP/AVP 0", .noAudio), ("", .missing),
      ("v=0\nc=IN IP4 1.2.3.4\nm=audio 5 RTP/AVP 18", .codecs(["G729/8000"])),
      ("v=0\nm=audio 5 RTP/AVP 0", .address("")),
      (
        "v=0\nc=IN IP4 1.2.3.4\nm=audio 5 RTP/SAVP 0",
        .keys("none of the offer's 0 a=crypto lines has a known suite and key")
      ),
      ("v=0\nc=IN IP4 1.2.3.4\nm=audio 5 TCP/TLS/RTP/SAVP 0", .transport("TCP/TLS/RTP/SAVP")),
    ] as [(String, NegotiationError)])
  func unusableOffersChangeNothing(offer: String, error: NegotiationError) {
    var here = OfferAnswer.here(Self.telephones)
    let before = here
    #expect(throws: error) { try here.answer(offer) }
    #expect(here == before)
  }

  @Test func anotherLineIsTakenWhereTheFirstCannotBe() throws {
    var here = OfferAnswer.here(Self.telephones)
    let (sdp, plan) = try here.answer(
      "v=0\nc=IN IP4 1.2.3.4\nm=audio 5 TCP/TLS/RTP/SAVPF 0\nm=audio 7 RTP/AVP 8\nm=audio 9 RTP/AVP 0")
    #expect(plan.remote.port == 7)
    #expect(sdp.contains("m=audio 0 TCP/TLS/RTP/SAVPF 0\r\nm=audio 4000 RTP/AVP 8\r\n"))
    #expect(sdp.hasSuffix("m=audio 0 RTP/AVP 0\r\n"))
  }

  @Test func bodiesOfOtherTypesAreNotMisread() throws {
    var here = OfferAnswer.here(Self.telephones)
    do throws(NegotiationError) {
      _ = try here.answer(offer: Array("x".utf8), contentType: "text/plain")
      Issue.record("a text was answered")
    } catch {
      #expect(error.status == 415)
    }
    let body = "--b\nContent-Type: application/sdp\n\nv=0\nc=IN IP4 1.2.3.4\nm=audio 5 RTP/AVP 0\n--b--"
    #expect(
      try here.answer(offer: Array(body.utf8), contentType: "multipart/mixed;boundary=\"b\"").plan.codec.name == "PCMU")
  }

  /// As Asterisk and others have it.
  @Test func digitsAtAnotherClockRateAreBetterThanTones() throws {
    let theirs = """
      v=0
      c=IN IP4 198.51.100.1
      m=audio 65535 RTP/AVP 107 101
      a=rtpmap:107 opus/48000/2
      a=rtpmap:101 telephone-event/8000
      a=maxptime:60
      """
    var here = OfferAnswer.here()
    let (sdp, answered) = try here.answer(theirs)
    #expect(sdp.contains("m=audio 4000 RTP/AVP 107 101\r\n"))
    #expect(answered.digits?.encoding == "telephone-event/8000")
    _ = here.offer(.sendrecv)
    let accepted = try here.accept(theirs)
    #expect(accepted.digits?.encoding == "telephone-event/8000")
    // There is no port after the last.
    #expect(accepted.remoteControl == MediaPlan.Address("198.51.100.1", 65_535))
  }

  @Test func modeOfInternetLowBitrateIsOne() throws {
    var here = OfferAnswer.here(CodecTable.all.filter { $0.name == "iLBC" })
    let (sdp, plan) = try here.answer(
      "v=0\nc=IN IP4 1.2.3.4\nm=audio 5 RTP/AVP 99\na=rtpmap:99 iLBC/8000\na=fmtp:99 mode=20\na=ptime:30")
    #expect(sdp.contains("a=fmtp:99 mode=20\r\n"))
    #expect(plan.codec.parameters == "mode=20")
    #expect(plan.packetTime == 20)
  }
}
