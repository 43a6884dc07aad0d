// SPDX-License-Identifier: Apache-2.0

/// An encoding of sound in RTP, as SDP names it.
public struct Codec: Sendable, Equatable, Codable {
  /// The encoding name in `a=rtpmap`, in its registered case: `opus`, `PCMU`, `G722`.
  public var name: String
  /// Hertz, as in SDP. The clock of G722 is 8000, although it samples at 16000 (RFC 3551, 4.5.2).
  public var clockRate: UInt32
  /// As in SDP: always 2 for Opus (RFC 7587).
  public var channels: UInt8
  /// The payload type of the packets.
  public var payloadType: UInt8
  /// The value of `a=fmtp`; empty if it is missing.
  public var parameters: String

  public init(_ name: String, clockRate: UInt32, channels: UInt8 = 1, payloadType: UInt8, parameters: String = "") {
    (self.name, self.clockRate, self.channels) = (name, clockRate, channels)
    (self.payloadType, self.parameters) = (payloadType, parameters)
  }

  /// Whether both are the same encoding, whatever their payload types.
  public func isSameEncoding(as other: Codec) -> Bool {
    name.lowercased() == other.name.lowercased() && clockRate == other.clockRate && channels == other.channels
  }
}
