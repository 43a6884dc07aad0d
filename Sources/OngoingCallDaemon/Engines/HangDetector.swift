// SPDX-License-Identifier: Apache-2.0

/// Finds out whether an engine hangs: it leaves pings unanswered, and that not because the machine is too busy.
struct HangDetector {
  enum Step: Equatable {
    case ping(UInt64)
    /// It does not answer: find out what its process does, and ask ``judge(_:at:)``.
    case inquire
  }

  enum Judgement: Equatable {
    /// It has answered meanwhile.
    case innocent
    /// The machine does not let it run; so often this has been said of it since it answered.
    case excused(Int)
    case hangs
  }

  /// µs, as all times here.
  private let interval: UInt64
  /// Pings that it may leave unanswered.
  private let patience: Int
  private var serial: UInt64 = 0
  private var unanswered = 0
  private var lastBeat: UInt64?
  private var excuses = 0
  private var lastSample: (ProcessSample, at: UInt64)?

  init(every interval: UInt64, patience: Int = Limit.unansweredPings) {
    (self.interval, self.patience) = (interval, patience)
  }

  /// To be called every `interval`.
  mutating func beat(at now: UInt64) -> Step {
    // Where this process stood still, or did not get its turn, the engine may not have either.
    if let lastBeat, now > lastBeat + interval * 2 { forgive() }
    lastBeat = now
    guard unanswered < patience else { return .inquire }
    unanswered += 1
    serial += 1
    return .ping(serial)
  }

  mutating func heard(pong: UInt64) {
    guard pong <= serial else { return }
    // Late is alive too.
    unanswered = min(unanswered, Int(serial - pong))
    (excuses, lastSample) = (0, nil)
  }

  /// `sample` is nil where there is no telling.
  mutating func judge(_ sample: ProcessSample?, at now: UInt64) -> Judgement {
    guard unanswered >= patience else { return .innocent }
    guard let sample, sample.wantsToRun, excuses < Limit.excuses else { return .hangs }
    defer { lastSample = (sample, now) }
    if let (last, then) = lastSample {
      // It gets its turn, and still does not answer.
      let used = sample.processorTime - min(sample.processorTime, last.processorTime)
      guard used * 2 <= now - then else { return .hangs }
    }
    excuses += 1
    return .excused(excuses)
  }

  private mutating func forgive() { (unanswered, excuses, lastSample) = (0, 0, nil) }
}
