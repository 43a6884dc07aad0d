// SPDX-License-Identifier: Apache-2.0

/// How a call sounds, judged by its counters since it began.
package enum MediaQuality: String {
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

  package init(_ media: MediaCounters) {
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
  package var loss: Double? {
    let all = Double(received) + Double(lost)
    return all > 0 ? Double(lost) / all : nil
  }

  /// ``loss`` in percent, with one digit after the point, and 0 only where nothing was lost.
  package var lossPercent: String? {
    loss.map { share in
      let tenths = Int((share * 1000).rounded(.up))
      return tenths == 0 ? "0" : "\(tenths / 10).\(tenths % 10)"
    }
  }
}
