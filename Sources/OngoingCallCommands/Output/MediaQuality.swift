// SPDX-License-Identifier: Apache-2.0
import CallModel
import OngoingCall

/// How a call sounds, judged by its counters since it began.
enum MediaQuality: String {
  case good
  case fair
  case poor
  /// Nothing has arrived that could be judged.
  case silent

  /// From this share of lost packets, or this round trip in milliseconds, a call is worse. (ITU-T G.114 has half of the
  /// time for one way.)
  private static let fairLoss = 0.01
  private static let poorLoss = 0.05
  private static let fairRoundTrip: UInt64 = 300
  private static let poorRoundTrip: UInt64 = 800

  init(_ media: MediaCounters) {
    let roundTrip = media.roundTripMilliseconds ?? 0
    guard let loss = media.loss else {
      self = .silent
      return
    }
    if loss >= Self.poorLoss || roundTrip >= Self.poorRoundTrip {
      self = .poor
    } else if loss >= Self.fairLoss || roundTrip >= Self.fairRoundTrip {
      self = .fair
    } else {
      self = .good
    }
  }
}

extension MediaCounters {
  /// The share of the packets to this machine that were lost; nil where there were none.
  var loss: Double? {
    let all = Double(received) + Double(lost)
    return all > 0 ? Double(lost) / all : nil
  }

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
    let share = loss.map { "\(Self.percent($0)) % lost" }
    let times = [roundTripMilliseconds.map { "\($0) ms round trip" }, jitterMilliseconds.map { "\($0) ms jitter" }]
    let numbers = ([share] + times).compactMap(\.self)
    let counters = "(\(sent) packets sent, \(received) received, \(lost) lost)"
    return word + (numbers.isEmpty ? "" : ": " + numbers.joined(separator: ", ")) + " " + counters
  }

  /// With one digit after the point, and 0 only where it is.
  private static func percent(_ share: Double) -> String {
    let tenths = Int((share * 1000).rounded(.up))
    return tenths == 0 ? "0" : "\(tenths / 10).\(tenths % 10)"
  }
}
