// SPDX-License-Identifier: Apache-2.0

/// What makes the packets of this end one stream, whichever process sends them (RFC 3550, 5.1).
///
/// A process that takes the stream up counts on from the clock: no state of the one before is needed but this.
public struct StreamIdentity: Sendable, Equatable, Codable {
  /// Hertz of ``timestamp(at:rate:)`` are those of the codec.
  public var source: UInt32
  public var firstSequence: UInt16
  public var firstTimestamp: UInt32
  /// Milliseconds of CLOCK_BOOTTIME at which the stream began.
  public var epoch: Int64

  public init(source: UInt32, firstSequence: UInt16, firstTimestamp: UInt32, epoch: Int64) {
    (self.source, self.firstSequence) = (source, firstSequence)
    (self.firstTimestamp, self.epoch) = (firstTimestamp, epoch)
  }

  /// The timestamp of a sample that is taken at `now`, in milliseconds of CLOCK_BOOTTIME.
  public func timestamp(at now: Int64, rate: UInt32) -> UInt32 {
    firstTimestamp &+ UInt32(truncatingIfNeeded: (now - epoch) * Int64(rate) / 1000)
  }

  /// The number of a packet that is sent at `now`, if each has `packetTime` milliseconds of sound. It is above that of
  /// every earlier packet, as long as nobody has sent faster than the clock.
  public func sequence(at now: Int64, packetTime: UInt16) -> UInt16 {
    firstSequence &+ UInt16(truncatingIfNeeded: (now - epoch) / Int64(max(1, packetTime)))
  }
}
