// SPDX-License-Identifier: Apache-2.0

/// The hang detector: an engine hangs if it leaves pings unanswered although the machine lets it run.
struct HangDetector {
  enum Step: Equatable {
    case ping(UInt64)
    /// The engine does not answer: sample its process, and call ``judge(_:at:)``.
    case inquire
  }

  enum Judgement: Equatable {
    /// The engine has answered meanwhile.
    case innocent
    /// The machine does not let the engine run. The number says how often this was found since the last answer.
    case excused(Int)
    case hangs
  }

  /// In µs, like all times here.
  private let interval: UInt64
  /// The number of pings that may be unanswered.
  private let patience: Int
  private var serial: UInt64 = 0
  private var unanswered = 0
  private var lastBeat: UInt64?
  private var excuses = 0
  private var lastSample: (ProcessSample, at: UInt64)?

  init(every interval: UInt64, patience: Int = Limit.unansweredPings) {
    (self.interval, self.patience) = (interval, patience)
  }

  /// Call this every `interval`.
  mutating func beat(at now: UInt64) -> Step {
    // If this process stood still, or got no processor time, the engine may not have either.
    if let lastBeat, now > lastBeat + interval * 2 { forgive() }
    lastBeat = now
    guard unanswered < patience else { return .inquire }
    unanswered += 1
    serial += 1
    return .ping(serial)
  }

  mutating func heard(pong: UInt64) {
    guard pong <= serial else { return }
    // A late answer still shows that it is alive.
    unanswered = min(unanswered, Int(serial - pong))
    (excuses, lastSample) = (0, nil)
  }

  /// - Parameter sample: nil if the process cannot be sampled.
  mutating func judge(_ sample: ProcessSample?, at now: UInt64) -> Judgement {
    guard unanswered >= patience else { return .innocent }
    guard let sample, sample.wantsToRun, excuses < Limit.excuses else { return .hangs }
    defer { lastSample = (sample, now) }
    if let (last, then) = lastSample {
      // It gets processor time, and still does not answer.
      let used = sample.processorTime - min(sample.processorTime, last.processorTime)
      guard used * 2 <= now - then else { return .hangs }
    }
    excuses += 1
    return .excused(excuses)
  }

  private mutating func forgive() { (unanswered, excuses, lastSample) = (0, 0, nil) }
}
