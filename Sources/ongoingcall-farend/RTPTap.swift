// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CLinphone
  import Glibc
  import SIPCore
  import Synchronization

  /// Measures the RTP that a call's audio stream receives, in oRTP's receive path.
  ///
  /// A packet's time is the kernel's (when it came to the socket), not that of its reading, so that a far end that is
  /// short of processor time does not count its own delay as a gap.
  ///
  /// Sendable because what it holds is behind a mutex: packets arrive on mediastreamer's thread.
  final class RTPTap: Sendable {
    private let meter = Mutex(RTPMeter())
    private let stamps = Mutex((kernel: 0, own: 0))

    func reading() -> RTPMeter.Reading { meter.withLock { $0.reading(at: Clock.nanoseconds()) } }
    func reset() { meter.withLock { $0.reset() } }
    /// How many packets got their time from the kernel, and how many from this process.
    var timeSources: (kernel: Int, own: Int) { stamps.withLock { $0 } }

    /// Listens to the call's audio from now on; false where its stream is not there yet. The tap must outlive it.
    func attach(to call: CallReference) -> Bool {
      guard let transport = linphone_call_get_meta_rtp_transport(call, 0) else { return false }
      let modifier = UnsafeMutablePointer<RtpTransportModifier>.allocate(capacity: 1)
      modifier.initialize(to: RtpTransportModifier())
      modifier.pointee.data = Unmanaged.passUnretained(self).toOpaque()
      modifier.pointee.t_process_on_send = { _, packet in Int32(msgdsize(packet)) }
      modifier.pointee.t_process_on_receive = { modifier, packet in
        guard let modifier, let packet else { return 0 }
        if let data = modifier.pointee.data {
          Unmanaged<RTPTap>.fromOpaque(data).takeUnretainedValue().received(packet, by: modifier)
        }
        return Int32(msgdsize(packet))
      }
      modifier.pointee.t_destroy = { $0?.deallocate() }
      meta_rtp_transport_append_modifier(transport, modifier)
      return true
    }

    private func received(
      _ packet: UnsafeMutablePointer<mblk_t>, by modifier: UnsafeMutablePointer<RtpTransportModifier>
    ) {
      guard let start = packet.pointee.b_rptr, let end = packet.pointee.b_wptr else { return }
      let bytes = UnsafeBufferPointer(start: start, count: max(0, end - start))
      // Version 2; 192 to 223 in the second byte is RTCP (RFC 5761).
      guard bytes.count >= 12, bytes[0] >> 6 == 2, !(192...223).contains(bytes[1]) else { return }
      let sequence = UInt16(bytes[2]) << 8 | UInt16(bytes[3])
      let source = bytes[8..<12].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
      let session = modifier.pointee.session
      let time = Clock.monotonic(ofRealtime: packet.pointee.timestamp)
      stamps.withLock { if time == nil { $0.own += 1 } else { $0.kernel += 1 } }
      let stream = RTPMeter.StreamID(transport: Int(bitPattern: session), source: source)
      meter.withLock { $0.packetArrived(stream, sequence: sequence, at: time ?? Clock.nanoseconds()) }
    }
  }

  enum Clock {
    static func nanoseconds(_ clock: clockid_t = CLOCK_MONOTONIC) -> Int64 {
      var now = timespec()
      clock_gettime(clock, &now)
      return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }

    /// The monotonic time of a recent realtime one, such as the kernel's `SO_TIMESTAMP` of a packet, which oRTP hands
    /// on; nil where there is none, or it cannot be.
    static func monotonic(ofRealtime time: timeval) -> Int64? {
      let age =
        nanoseconds(CLOCK_REALTIME) - (Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1000)
      // Microseconds are cut off, so that even a fresh packet is not younger than this; an age that cannot be is a
      // clock that was set.
      guard time.tv_sec > 0, age >= 0, age < 10_000_000_000 else { return nil }
      return nanoseconds() - age
    }
  }
#endif
