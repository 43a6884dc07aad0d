// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs

  /// The state of the sound at a moment. It is a table: each field is a value that the C code reports.
  public struct MediaSample: Sendable, Equatable {
    /// RTP packets only. Received ones came from the negotiated source.
    public var sent: UInt64 = 0
    public var received: UInt64 = 0
    /// Packets that never came, by the gaps in their numbers.
    public var lost: UInt64 = 0
    public var controlReceived: UInt64 = 0
    /// Packets from anywhere else, which were dropped.
    public var foreign: UInt64 = 0
    /// Milliseconds of CLOCK_MONOTONIC; nil is never.
    public var lastHeard: Int64?
    public var lastControlHeard: Int64?
    public var jitter = 0
    /// How long packets are kept to restore their order, in milliseconds.
    public var delay = 0
    /// Milliseconds; nil until the far end's reports are sufficient.
    public var roundTrip: Int?
    /// The loss in the far end's last report.
    public var farLossPercent: Int?
    /// dBov, −127…0, of the loudest moment recently.
    public var levelSent = -127
    public var levelReceived = -127
    /// Milliseconds of sound that were synthesized for lost packets.
    public var concealed: UInt64 = 0
    /// Received telephone events.
    public var digitsReceived: UInt64 = 0
    /// Those of ``CallMedia/dial(_:)`` that have ended, whether with their whole length or cut off.
    public var digitsSent: UInt64 = 0
    /// The codec that is sent, and the one that was received last.
    public var codec: Codec?
    public var receivedCodec: Codec?
    /// The names of the devices in use; empty if there is none, nil if not known yet.
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
