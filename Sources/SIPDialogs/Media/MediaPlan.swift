// SPDX-License-Identifier: Apache-2.0
public import NATTraversal

/// What both ends have agreed upon: how sound is sent and received. The media apply it, whatever was before.
public struct MediaPlan: Sendable, Equatable, Codable {
  /// What may be sent and received, seen from this end.
  public enum Direction: String, Sendable, Codable, CaseIterable {
    case sendrecv, sendonly, recvonly, inactive

    public init(sends: Bool, receives: Bool) {
      self =
        switch (sends, receives) {
        case (true, true): .sendrecv
        case (true, false): .sendonly
        case (false, true): .recvonly
        case (false, false): .inactive
        }
    }

    public var sends: Bool { self == .sendrecv || self == .sendonly }
    public var receives: Bool { self == .sendrecv || self == .recvonly }
    /// The same, seen from the other end.
    public var reversed: Direction { Direction(sends: receives, receives: sends) }
  }

  /// Where packets are sent to, and must come from.
  public struct Address: Sendable, Equatable, Hashable, Codable {
    /// A numeric address, IPv6 without brackets.
    public var host: String
    public var port: UInt16

    public init(_ host: String, _ port: UInt16) { (self.host, self.port) = (host, port) }
  }

  /// The keys of one direction (RFC 4568).
  public struct Key: Sendable, Equatable, Codable {
    /// `AES_CM_128_HMAC_SHA1_80`, `AEAD_AES_256_GCM` and so on.
    public var suite: String
    /// Key and salt.
    public var material: [UInt8]

    public init(suite: String, material: [UInt8]) { (self.suite, self.material) = (suite, material) }
  }

  /// What is sent.
  public var codec: Codec
  /// What may be received: the far end may switch between them at any time.
  public var accepted: [Codec]
  /// `telephone-event` (RFC 4733), with the clock rate of ``codec`` if the far end supports that; nil: digits are sent
  /// as tones.
  public var digits: Codec?
  /// Comfort noise (RFC 3389), which is played when it is received; nil if it was not negotiated.
  public var comfortNoise: Codec?
  public var direction: Direction
  /// Milliseconds of sound in a packet that is sent.
  public var packetTime: UInt16
  public var remote: Address
  /// nil if RTCP shares RTP's port (RFC 5761).
  public var remoteControl: Address?
  /// The numeric address of the other party to the negotiation. If nothing comes from ``remote``, packets from here
  /// also count as the far end's, which has named another address of its machine, or one that is translated on the way.
  public var signaller: String?
  /// The ways to the far end, of which checks find the one that is taken instead of ``remote``; nil: ICE is not used.
  public var ice: ICEDescription?
  /// nil: the packets are not encrypted.
  public var sendKey: Key?
  public var receiveKey: Key?
  /// Until it has given the keys, nothing is sent or accepted.
  public var handshake: Handshake?

  public init(
    codec: Codec, accepted: [Codec], digits: Codec? = nil, comfortNoise: Codec? = nil, direction: Direction = .sendrecv,
    packetTime: UInt16 = 20, remote: Address, remoteControl: Address?, sendKey: Key? = nil, receiveKey: Key? = nil,
    ice: ICEDescription? = nil
  ) {
    (self.codec, self.accepted, self.digits, self.comfortNoise) = (codec, accepted, digits, comfortNoise)
    (self.direction, self.packetTime) = (direction, packetTime)
    (self.remote, self.remoteControl) = (remote, remoteControl)
    (self.sendKey, self.receiveKey, self.ice) = (sendKey, receiveKey, ice)
  }

  /// Forgets the keys, but not that there are keys.
  mutating func forgetKeys() {
    sendKey?.material = []
    receiveKey?.material = []
  }
}
