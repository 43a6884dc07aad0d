// SPDX-License-Identifier: Apache-2.0

/// The quality of the sound: counters since the call's start, and other known values. Directions are seen from this
/// machine.
public struct MediaCounters: Sendable, Equatable {
  /// RTP packets sent.
  public var sent: UInt64
  /// RTP packets received.
  public var received: UInt64
  /// RTP packets that did not arrive, by sequence number.
  public var lost: UInt64
  /// The round trip in milliseconds, by RTCP. This value and those below are nil until they are known.
  public var roundTripMilliseconds: UInt64?
  /// The codec that is sent, as in `a=rtpmap` (RFC 8866): name, clock rate, and channels if there is more than one.
  public var codec: String?
  /// The jitter in milliseconds (RFC 3550, section 6.4.1).
  public var jitterMilliseconds: UInt64?
  /// The loudness in dBov (RFC 6465), from -127 (silence) to 0 (the loudest).
  public var levelSent: Int?
  public var levelReceived: Int?
  public var audio: AudioUse
  /// Whether the sound of the speaker is removed from that of the microphone.
  public var echoCancellation: Bool?
  /// Whether sound should currently be sent, by what was negotiated; false while the far end has the call on hold.
  public var isSending: Bool?
  /// How the sound is encrypted: by keys in the messages of the call (`sdes`), by keys of a handshake between the two ends
  /// (`dtls`), or not at all (empty).
  public var encryption: String?

  public init(
    sent: UInt64, received: UInt64, lost: UInt64, roundTripMilliseconds: UInt64? = nil, codec: String? = nil,
    jitterMilliseconds: UInt64? = nil, levelSent: Int? = nil, levelReceived: Int? = nil,
    audio: AudioUse = AudioUse(), echoCancellation: Bool? = nil, isSending: Bool? = nil,
    encryption: String? = nil
  ) {
    self.sent = sent
    self.received = received
    self.lost = lost
    self.roundTripMilliseconds = roundTripMilliseconds
    self.codec = codec
    self.jitterMilliseconds = jitterMilliseconds
    self.levelSent = levelSent
    self.levelReceived = levelReceived
    self.audio = audio
    self.echoCancellation = echoCancellation
    self.isSending = isSending
    self.encryption = encryption
  }
}

/// A row for each key of a session's `Media`.
extension MediaCounters: BusDictionary {
  package init() { self.init(sent: 0, received: 0, lost: 0) }

  /// nil where it has no counters.
  package init?(bus value: BusValue) {
    let entries = value.asDictionary ?? [:]
    guard ["sent", "received", "lost"].contains(where: { entries[$0] != nil }) else { return nil }
    self.init(entries)
  }

  package static let rows: [BusRow<Self>] = [
    BusRow("sent", \.sent),
    BusRow("received", \.received),
    BusRow("lost", \.lost),
    BusRow("round-trip-ms", \.roundTripMilliseconds),
    BusRow("jitter-ms", \.jitterMilliseconds),
    BusRow("codec", \.codec),
    BusRow("level-sent", \.levelSent),
    BusRow("level-received", \.levelReceived),
    BusRow("microphone", \.audio.microphone),
    BusRow("speaker", \.audio.speaker),
    BusRow("fallback", \.audio.fallback, unless: \.isEmpty),
    BusRow("echo-cancellation", \.echoCancellation),
    BusRow("encryption", \.encryption),
  ]
}
