// SPDX-License-Identifier: Apache-2.0
internal import CallModel

extension OngoingCalls {
  /// How a call sounds. Counters are since the call's start. Directions are seen from this machine.
  public struct Sound: Sendable, Hashable {
    /// A judgement of the connection, by lost packets and the round trip.
    public enum Quality: Sendable, Hashable {
      /// Nothing of it should be heard.
      case good
      /// From 1 % lost, or a round trip of 300 ms.
      case fair
      /// From 5 % lost, or a round trip of 800 ms.
      case poor
      /// Nothing has arrived that could be judged.
      case silent
    }

    /// How the sound is encrypted. Later daemons may add ways.
    public struct Encryption: RawRepresentable, Sendable, Hashable {
      /// Its name in the D-Bus API.
      public let rawValue: String

      /// Creates one from its name in the D-Bus API, known or not.
      public init(rawValue: String) { self.rawValue = rawValue }

      /// It is not encrypted.
      public static let unencrypted = Encryption(rawValue: "")
      /// By keys in the messages of the call, which its servers can read.
      public static let sdes = Encryption(rawValue: "sdes")
      /// By keys of a handshake between both ends.
      public static let dtls = Encryption(rawValue: "dtls")
    }

    /// The judgement.
    public var quality = Quality.silent
    /// RTP packets sent.
    public var packetsSent: UInt64 = 0
    /// RTP packets received.
    public var packetsReceived: UInt64 = 0
    /// RTP packets that did not arrive, by sequence number.
    public var packetsLost: UInt64 = 0
    /// The share of the packets that were lost, in percent with one digit after the point, as `2.1`; `0` only if none was.
    /// Nil if there were none.
    public var lossPercent: String?
    /// The round trip, in whole milliseconds. This value and those below are nil until they are known.
    public var roundTrip: Duration?
    /// The jitter (RFC 3550, section 6.4.1), in whole milliseconds.
    public var jitter: Duration?
    /// The codec that is sent, such as `opus/48000/2`.
    public var codec: String?
    /// How loud the user is, in dBov (RFC 6465): from -127, which is silence, to 0.
    public var levelSent: Int?
    /// How loud the far end is, in the same unit.
    public var levelReceived: Int?
    /// The devices in use.
    public var devices: CallSession.AudioDevices
    /// How it is encrypted.
    public var encryption: Encryption?
    /// Whether the sound of the speaker is removed from that of the microphone.
    public var cancelsEcho: Bool?

    /// Creates one of which nothing is known, as for a test of an app.
    public init() { devices = .init(AudioUse()) }
  }
}

extension OngoingCalls.Sound {
  init(_ media: MediaCounters) {
    func milliseconds(_ value: UInt64?) -> Duration? { value.map { .milliseconds(Int64(clamping: $0)) } }
    self.init()
    quality = Quality(MediaQuality(media))
    (packetsSent, packetsReceived, packetsLost) = (media.sent, media.received, media.lost)
    lossPercent = media.lossPercent
    (roundTrip, jitter) = (milliseconds(media.roundTripMilliseconds), milliseconds(media.jitterMilliseconds))
    (codec, levelSent, levelReceived) = (media.codec, media.levelSent, media.levelReceived)
    devices = .init(media.audio)
    encryption = media.encryption.map(Encryption.init(rawValue:))
    cancelsEcho = media.echoCancellation
  }
}

extension OngoingCalls.Sound.Quality {
  fileprivate init(_ quality: MediaQuality) {
    self =
      switch quality {
      case .good: .good
      case .fair: .fair
      case .poor: .poor
      case .silent: .silent
      }
  }
}

extension OngoingCalls.Sound.Encryption: CustomStringConvertible {
  public var description: String { rawValue }
}
