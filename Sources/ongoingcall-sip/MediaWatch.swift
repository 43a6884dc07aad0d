// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import EngineChannel

  /// What liblinphone says of a call's audio at one time.
  struct MediaSample: Equatable {
    var sent: UInt64 = 0
    var received: UInt64 = 0
    var lost: UInt64 = 0
    /// RTCP packets received.
    var control: UInt64 = 0
    var roundTripMilliseconds: UInt64?
    /// What was agreed upon lets the far end send sound.
    var isSoundExpected = true
  }

  /// Makes counters that never go back of samples that start anew with every stream, and notices silence.
  struct MediaWatch {
    private var last = MediaSample()
    private var before = MediaSample()
    private var heardAt: Int64?
    private var soundAt: Int64?

    mutating func add(_ sample: MediaSample, at now: Int64) {
      if sample.sent < last.sent || sample.received < last.received || sample.lost < last.lost {
        before.sent += last.sent
        before.received += last.received
        before.lost += last.lost
        before.control += last.control
        last = MediaSample()
      }
      if sample.received + sample.control > last.received + last.control { heardAt = now }
      if sample.received > last.received || !sample.isSoundExpected { soundAt = now }
      last = sample
    }

    /// Of the whole call, in this process.
    ///
    /// The daemon may rely on this: while the state is `joined`, and neither `held` nor `alone`, `sent` grows from one
    /// message to the next, also where the microphone is muted, and `received` does where the far end sends. A `sent`
    /// that stands still for some messages is a media thread that hangs. On hold, alone or reconnecting both may stand
    /// still; then the messages themselves are the sign of life.
    var counters: MediaCounters {
      MediaCounters(
        sent: before.sent + last.sent, received: before.received + last.received,
        lost: before.lost + last.lost,
        roundTripMilliseconds: last.roundTripMilliseconds)
    }

    /// Packets of any kind that have come, ever.
    var heard: UInt64 { before.received + last.received + before.control + last.control }

    /// How long nothing has come since something came; 0 where nothing ever did.
    func silence(at now: Int64) -> Int64 { heardAt.map { now - $0 } ?? 0 }

    /// How long the far end has sent no sound that it should have sent.
    func soundlessness(at now: Int64) -> Int64 { soundAt.map { now - $0 } ?? 0 }

    /// The call begins, or a pause that was wanted is over: silence counts from here.
    mutating func forgetSilence(at now: Int64) {
      if heardAt != nil { heardAt = now }
      soundAt = now
    }
  }
#endif
