// SPDX-License-Identifier: Apache-2.0
import CallLife
import CallModel

extension Session {
  /// How long a session waits, of which some is said by its launch.
  func wait(for deadline: SessionLife.Deadline) -> Duration {
    switch deadline {
    case .firstReport: Wait.firstReport
    case .answer: .seconds(Int(spec.launchTimeout))
    case .reconnect: .seconds(Int(spec.reconnectTimeout))
    case .takeBack: Wait.takeBack
    case .retry: Wait.retry(life.repair.count)
    case .settle: Wait.settle
    case .alone where spec.aloneTimeout == 0: .seconds(Int(Int32.max))
    case .alone: .seconds(Int(spec.aloneTimeout))
    case .leave where life.isAdopted: .seconds(Int(life.grace))
    case .leave: Wait.leave
    case .stop where life.isHurried: Wait.hurriedStop
    case .stop: Wait.stop
    case .farewell: Wait.farewell
    }
  }
}
