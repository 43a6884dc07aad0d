// SPDX-License-Identifier: Apache-2.0
import SIPDialogs
import Testing

@Suite struct SessionDescriptionTests {
  static let whole = [
    "v=0", "o=a 1 2 IN IP4 h", "s=x y", "i=info", "c=IN IP4 192.0.2.1/127", "b=AS:64", "t=0 0", "z=?", "nonsense", "",
    "a=sendonly", "a=group:BUNDLE 0", "m=audio 49170/2 rtp/avp 0 96 18 97 200 x 0 8", "i=label",
    "c=IN IP6 2001:DB8::1", "a=rtpmap:96 OPUS/48000", "a=rtpmap:97 telephone-event/8000", "a=fmtp:96 useinbandfec=1",
    "a=fmtp:97 0-15", "a=ptime:30", "a=maxptime:40", "a=rtcp:6000 IN IP6 2001:db8::2", "a=rtcp-mux", "a=recvonly",
    "m=video 0 RTP/AVP 31", "c=IN IP4 host.example",
  ]

  @Test(arguments: ["\r\n", "\n", "\n\n"]) func isTakenApart(lineEnd: String) throws {
    let description = try SessionDescription(Array(Self.whole.joined(separator: lineEnd).utf8))
    #expect(description.origin == "a 1 2 IN IP4 h")
    #expect(description.name == "x y")
    #expect(description.connection == "IP4 192.0.2.1")
    #expect(description.media.map(\.type) == ["audio", "video"])
    #expect(description.media.map(\.port) == [49170, 0])
    let audio = description.media[0]
    #expect(audio.transport == "RTP/AVP")
    #expect(try description.address(of: audio) == NumericAddress("2001:db8::1"))
    #expect(description.direction(of: audio) == .recvonly)
    #expect(description.direction(of: description.media[1]) == .sendonly)
    #expect(audio.has("rtcp-mux"))
    #expect(audio["ptime"] == "30")
    #expect(
      audio.codecs().map(\.encoding) == [
        "PCMU/8000", "OPUS/48000/2", "G729/8000", "telephone-event/8000", "PCMA/8000",
      ])
    #expect(audio.codecs().map(\.payloadType) == [0, 96, 18, 97, 8])
    #expect(audio.codecs()[1].parameters == "useinbandfec=1")
    #expect(throws: NegotiationError.address("IP4 host.example")) { try description.address(of: description.media[1]) }
    #expect(try SessionDescription(Array(description.description.utf8)) == description)
  }

  @Test(arguments: [
    ("c=IN IP4 1.2.3.4", true), ("c=IN IP4 0.0.0.0", true), ("c=IN IP6 ::", true), ("c=in ip4 1.2.3.4", true),
    ("c=IN IP4 host", false), ("c=IN IP4 1.2.3", false), ("c=IN IP6 1.2.3.4", false), ("c=IN IP4 ::1", false),
    ("c=IN IP4 224.0.0.1/127", false), ("c=IN IP6 ff02::1", false), ("c=IN IP4 255.255.255.255", false),
    ("c=IN", false), ("c=IN IP4 /1", false), ("a=x", false), ("c=IN IP4 1.2.3.4.5", false),
    ("c=IN IP4 256.1.1.1", false), ("c=IN IP6 1:2:3:4:5:6:7:8:9", false), ("c=IN IP6 :1:2", false),
  ])
  func addressIsNumeric(line: String, isNumeric: Bool) throws {
    let description = try SessionDescription(Array("v=0\nm=audio 1 RTP/AVP 0\n\(line)".utf8))
    if isNumeric {
      _ = try description.address(of: description.media[0])
    } else {
      #expect(throws: NegotiationError.self) { try description.address(of: description.media[0]) }
    }
  }

  @Test(
    arguments: [
      ("", .missing), ("hello", .malformed("hello")), ("v=0\nm=audio", .malformed("m=audio")),
      ("v=0\nm=audio x RTP/AVP 0", .malformed("m=audio x RTP/AVP 0")),
      ("v=0\nm=audio 65536 RTP/AVP 0", .malformed("m=audio 65536 RTP/AVP 0")),
      ("v=0\nm=audio -1 RTP/AVP 0", .malformed("m=audio -1 RTP/AVP 0")),
      (String(repeating: "m=audio 1 RTP/AVP 0\n", count: 33), .tooMany("media lines", limit: 32)),
      (String(repeating: "a=x\n", count: 1025), .tooMany("attributes", limit: 1024)),
      ("m=audio 1 RTP/AVP" + String(repeating: " 0", count: 129), .tooMany("formats", limit: 128)),
      (String(repeating: "x", count: 65_537), .tooLong(65_537)),
    ] as [(String, NegotiationError)])
  func wrongOnesAreRefused(text: String, error: NegotiationError) {
    #expect(throws: error) { try SessionDescription(Array(text.utf8)) }
    #expect(!error.description.isEmpty)
  }

  @Test(arguments: [
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd", true),
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^20", true),
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^20 -NEW WSH=64 KDR=0", true),
    ("1 AEAD_AES_128_GCM INLINE:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw==", true),
    ("1 AEAD_AES_128_GCM inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGw", true),
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|2^20|1:4", false),
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd|1:4", false),
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd UNENCRYPTED_SRTP", false),
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAEC", false), ("1 AES_CM_128_HMAC_SHA1_80 inline:", false),
    ("1 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGx?d", false),
    ("1 F8_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd", false),
    ("x AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd", false),
    ("9999999999 AES_CM_128_HMAC_SHA1_80 inline:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwd", false), ("", false),
  ])
  func keysAreUsableOrNone(value: String, isUsable: Bool) {
    let key = SecurityDescription(value)
    #expect((key != nil) == isUsable)
    if let key {
      #expect(key.key.material == Array(0..<UInt8(key.key.material.count)))
      #expect(SecurityDescription(key.value) == key)
    }
  }

  @Test(
    arguments: [
      ("opus", "", 20, 20), ("opus", "", 30, 20), ("opus", "", 1, 10), ("opus", "", .max, 60),
      ("iLBC", "mode=30", 20, 30),
      ("iLBC", "mode=30", 60, 60), ("iLBC", "a=b; MODE = 20", 30, 20), ("GSM", "", 10, 20), ("GSM", "", 50, 40),
      ("PCMU", "", 35, 30), ("PCMU", "", 0, 10),
    ] as [(String, String, UInt16, UInt16)])
  func packetsAreWholeFrames(name: String, parameters: String, wanted: UInt16, packetTime: UInt16) {
    let codec = Codec(name, clockRate: 8000, payloadType: 0, parameters: parameters)
    #expect(codec.packetTime(near: wanted) == packetTime)
  }
}
