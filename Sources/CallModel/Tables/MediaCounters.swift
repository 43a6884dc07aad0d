// SPDX-License-Identifier: Apache-2.0

/// How the sound goes: counters since the call's start, and what else is known. The directions are seen from this machine.
public struct MediaCounters: Sendable, Equatable {
  /// RTP packets sent.
  public var sent: UInt64
  /// RTP packets received.
  public var received: UInt64
  /// RTP packets that did not arrive, by sequence number.
  public var lost: UInt64
  /// Milliseconds there and back, by RTCP; nil until it is known. So is everything below.
  public var roundTripMilliseconds: UInt64?
  /// The codec that is sent, as `a=rtpmap` has it (RFC 8866): name, clock rate, and channels where they are more than one.
  public var codec: String?
  /// How much the packets' way varies, in milliseconds (RFC 3550, section 6.4.1).
  public var jitterMilliseconds: UInt64?
  /// In dBov (RFC 6465), from -127, silence, to 0, the loudest.
  public var levelSent: Int?
  public var levelReceived: Int?
  public var audio: AudioUse
  /// Whether what the speaker plays is taken out of what the microphone hears.
  public var echoCancellation: Bool?
  /// Whether sound is to be sent just now, by what was negotiated: not while the far end has the call on hold.
  public var isSending: Bool?

  public init(
    sent: UInt64, received: UInt64, lost: UInt64, roundTripMilliseconds: UInt64? = nil, codec: String? = nil,
    jitterMilliseconds: UInt64? = nil, levelSent: Int? = nil, levelReceived: Int? = nil,
    audio: AudioUse = AudioUse(), echoCancellation: Bool? = nil, isSending: Bool? = nil
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
  ]
}
