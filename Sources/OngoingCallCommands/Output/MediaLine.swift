// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

extension MediaCounters {
  /// `good: 0.1 % lost, 41 ms round trip (…)`
  func line(_ style: TextStyle = .plain) -> String {
    let quality = MediaQuality(self)
    let word =
      switch quality {
      case .good: style.good("good")
      case .fair: style.warning("fair")
      case .poor: style.bad("poor")
      case .silent: style.warning("nothing received yet")
      }
    let share = lossPercent.map { "\($0) % lost" }
    let times = [roundTripMilliseconds.map { "\($0) ms round trip" }, jitterMilliseconds.map { "\($0) ms jitter" }]
    let numbers = ([share] + times).compactMap(\.self)
    let counters = "(\(sent) packets sent, \(received) received, \(lost) lost)"
    return word + (numbers.isEmpty ? "" : ": " + numbers.joined(separator: ", ")) + " " + counters
  }
}
