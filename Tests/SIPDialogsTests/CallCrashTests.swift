// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import Testing

@testable import SIPDialogs

/// Processes that die between any two of their effects, and what the far end sees of it.
@Suite struct CallCrashTests {
  private static func run(
    _ story: CallStory, dyingAt effect: Int?, andAfter deaths: [Int] = [], restartingAfter wait: Int64
  ) throws -> CallBench {
    let (bench, _) = try story.bench()
    bench.deaths = deaths
    bench.measuresTickets = effect == nil
    (bench.lastEffect, bench.restartsAfter) = (effect, wait)
    bench.place()
    bench.run(120_000)
    return bench
  }

  @Test(arguments: CallStory.all) func nothingIsLeftBehind(story: CallStory) throws {
    let whole = try Self.run(story, dyingAt: nil, restartingAfter: 0)
    #expect(CallStory.check(whole) == [])
    #expect(whole.processes == 1)
    for wait: Int64 in [0, 100, 1500] {
      for effect in 0..<whole.effects {
        let bench = try Self.run(story, dyingAt: effect, restartingAfter: wait)
        let wrong = CallStory.check(bench)
        if !wrong.isEmpty { Issue.record("dying at \(effect), back after \(wait) ms: \(wrong)") }
        if bench.ticket != nil || bench.endReason == nil, bench.processes < 2, effect > 0 {
          Issue.record("dying at \(effect): nobody follows")
        }
        // Who had joined is not thrown out by it.
        let hadJoined = bench.reports.contains { $0.report.state == .joined }
        if hadJoined, bench.leaving == nil, bench.endReason != nil, whole.endReason == nil {
          Issue.record("dying at \(effect), back after \(wait) ms: the call has ended, \(bench.endDetail ?? "")")
        }
      }
    }
  }

  /// The one that follows does not live long either.
  @Test(arguments: CallStory.all) func nothingIsLeftBehindByTwo(story: CallStory) throws {
    let whole = try Self.run(story, dyingAt: nil, restartingAfter: 0)
    for effect in 0..<whole.effects {
      for deaths in [[0], [1], [2], [4], [1, 1, 3]] {
        let bench = try Self.run(story, dyingAt: effect, andAfter: deaths, restartingAfter: 100)
        let wrong = CallStory.check(bench)
        if !wrong.isEmpty { Issue.record("dying at \(effect) and after \(deaths): \(wrong)") }
      }
    }
  }
}
