// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel
import EngineChannel
import Logging
import Systemd

// MARK: - What an earlier daemon left

extension Session {
  /// Goes on after an earlier daemon. `channel` is what it left in the fd store.
  func recover(channel: Int32?, unitRuns: Bool) throws {
    // The next engine needs it.
    withPassword {}
    try watchUnit()
    do { if let channel { try connect(channel, takenOver: true) } } catch { log(.error, "\(error)") }
    guard unitRuns else {
      // What the engine said last comes before its end.
      engine?.drain()
      return handle(.recovered(unitRuns: false))
    }
    handle(.recovered(unitRuns: true))
    if let engine {
      engine.send(.report)
    } else {
      handle(.engineLost(.engineCrash, detail: "its channel was lost"))
    }
  }

  /// The same for a process that was adopted, which may have ended since: then there is none.
  func recover(_ process: ProcessHandle?) throws {
    if let process { try take(process) }
    handle(.recovered(unitRuns: process != nil))
  }
}
