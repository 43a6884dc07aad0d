// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs

  /// How the sound is at a moment.
  public struct MediaSample: Sendable, Equatable {
    /// Packets, those of RTP alone. What is received came from the source that was agreed upon.
    public var sent: UInt64 = 0
    public var received: UInt64 = 0
    /// Packets that never came, by the gaps in their numbers.
    public var lost: UInt64 = 0
    public var controlReceived: UInt64 = 0
    /// Packets from anywhere else, which were dropped.
    public var foreign: UInt64 = 0
    /// Milliseconds of CLOCK_MONOTONIC; nil: never.
    public var lastHeard: Int64?
    public var lastControlHeard: Int64?
    public var jitter = 0
    /// Milliseconds that packets are kept for their order.
    public var delay = 0
    /// Milliseconds; nil until the far end's reports say enough.
    public var roundTrip: Int?
    /// What the far end last said that it loses.
    public var farLossPercent: Int?
    /// dBov, −127…0, of the loudest part of the last moments.
    public var levelSent = -127
    public var levelReceived = -127
    /// Milliseconds of sound that were made up for lost ones.
    public var concealed: UInt64 = 0
    /// Telephone events that came.
    public var digitsReceived: UInt64 = 0
    /// What is sent, and what came last.
    public var codec: Codec?
    public var receivedCodec: Codec?
    /// The names of what is in use; empty: none; nil: that is not known yet.
    public var microphone: String?
    public var speaker: String?
    public var echoCancellation = false
    /// For a successor's ``CallMedia/Settings-swift.struct/inboundRollovers``.
    public var inboundRollovers: UInt32 = 0

    public init() {}

    /// The later of both.
    public var heardAt: Int64? { [lastHeard, lastControlHeard].compactMap(\.self).max() }
  }
#endif
