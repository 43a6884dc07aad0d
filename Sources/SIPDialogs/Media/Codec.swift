// SPDX-License-Identifier: Apache-2.0

/// A way to carry sound in RTP, as SDP names it.
public struct Codec: Sendable, Equatable, Codable {
  /// The encoding name of `a=rtpmap`, in the case in which it is registered: `opus`, `PCMU`, `G722`.
  public var name: String
  /// Hertz, as SDP says it. The clock of G722 runs at 8000 although it samples at 16000 (RFC 3551, 4.5.2).
  public var clockRate: UInt32
  /// As SDP says it: always 2 for Opus (RFC 7587).
  public var channels: UInt8
  /// The payload type of the packets.
  public var payloadType: UInt8
  /// What `a=fmtp` says of it; empty where that is missing.
  public var parameters: String

  public init(_ name: String, clockRate: UInt32, channels: UInt8 = 1, payloadType: UInt8, parameters: String = "") {
    (self.name, self.clockRate, self.channels) = (name, clockRate, channels)
    (self.payloadType, self.parameters) = (payloadType, parameters)
  }

  /// Whether both are the same encoding, whatever number it has in each.
  public func isSameEncoding(as other: Codec) -> Bool {
    name.lowercased() == other.name.lowercased() && clockRate == other.clockRate && channels == other.channels
  }
}
