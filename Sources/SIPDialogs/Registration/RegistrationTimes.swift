// SPDX-License-Identifier: Apache-2.0

/// How long a registration lasts and how long it waits, in milliseconds unless said otherwise.
enum RegistrationTimes {
  /// In seconds. If this end dies, a server has its address that much longer.
  static let wished: UInt32 = 300
  /// In seconds: the longest that a server may require (423), and that it may ask to wait.
  static let longest: UInt32 = 86_400
  /// Whatever a server grants, it is not asked more often.
  static let leastBetween: Int64 = 5000
  /// For a server that is one of several and does not respond.
  static let response: Int64 = 2500
  /// For the removal: enough for three transmissions, and no longer than the daemon lets an engine go on after its end.
  static let removal: Int64 = 2500
  /// A connection that lasts so long is no sign of a server that closes all of them.
  static let steadyConnection: Int64 = 60_000
  /// Between registrations at a server that closes all connections.
  static let longestReconnection: Int64 = 120_000
  /// The base and the limit of RFC 5626, 4.5, where no flow is left.
  private static let firstPause: Int64 = 30_000
  private static let longestPause: Int64 = 1_800_000

  /// When to refresh: a tenth of the time, but at least ten seconds, is left for retransmissions.
  static func refresh(granted seconds: UInt32) -> Int64 {
    let granted = Int64(seconds) * 1000
    let reserve = max(granted / 10, min(10_000, granted / 2))
    return max(granted - reserve, leastBetween)
  }

  /// Between half of a time that doubles and the whole of it, so that all of a server's clients do not return at once.
  static func pause(
    afterFailures count: Int, using random: inout any RandomNumberGenerator & Sendable
  ) -> Int64 {
    let upper = min(firstPause << min(count - 1, 10), longestPause)
    return Int64.random(in: (upper / 2)...upper, using: &random)
  }

  /// Of a server that asks for so many seconds.
  static func patience(_ seconds: UInt32) -> Int64 { Int64(min(seconds, longest)) * 1000 }
}
