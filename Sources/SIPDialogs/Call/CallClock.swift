// SPDX-License-Identifier: Apache-2.0

/// What a call waits for. Times are milliseconds of one monotonic clock.
enum CallTimer: String, Sendable, CaseIterable {
  /// The first response of the target that was asked; without one, the next target is asked as well.
  case fallback
  /// The delay after two requests have crossed (491).
  case offerAgain
  case refreshSession
  case sessionExpires
  /// The repair of a call whose far end is not heard.
  case repair
  /// The end of the time to tell the far end about the end.
  case farewell
  /// The last transmissions of a process whose call is over.
  case exit
  /// A ringing call is being taken up: the far end's confirmation that it still rings.
  case ringAgain
  /// The answer to an offer of this end, which comes with an ACK.
  case lateAnswer
  /// Other answers to a forked INVITE (RFC 3261, 13.2.2.4).
  case forks
  /// An offer to which the far end has responded, but neither accepted nor refused.
  case offerTimeout
  /// A notice of how the transfer went that the far end was asked for.
  case transfer
  /// The user's answer to a transfer that the far end asks for, and then the result of that.
  case referral
  /// The end of a call whose place another one has taken, by the far end.
  case transferred
  /// Nothing could be sent, because there was no route.
  case reopen
  /// The next look whether a NAT still has this end's address.
  case mapping
  /// A server closes one connection after the other.
  case reconnect
}

/// The call's time, and when its waits end.
struct CallClock: Sendable, Equatable {
  var now: Int64 = 0
  private var deadlines: [CallTimer: Int64] = [:]

  var next: Int64? { deadlines.values.min() }

  func isArmed(_ timer: CallTimer) -> Bool { deadlines[timer] != nil }

  mutating func arm(_ timer: CallTimer, after wait: Int64) { deadlines[timer] = now + wait }

  mutating func disarm(_ timer: CallTimer) { deadlines[timer] = nil }

  mutating func disarmAll(except kept: CallTimer? = nil) { deadlines = deadlines.filter { $0.key == kept } }

  /// Disarms the first timer whose time has come.
  mutating func takePassed() -> CallTimer? {
    let first = deadlines.min { ($0.value, $0.key.rawValue) < ($1.value, $1.key.rawValue) }
    guard let (timer, due) = first, due <= now else { return nil }
    deadlines[timer] = nil
    return timer
  }
}

enum CallWait {
  /// Enough for two retransmissions (RFC 3261, 17.1.1.2).
  static let fallback: Int64 = 2500
  /// Timers B and F, and a little more.
  static let farewell: Int64 = 34_000
  static let exit: Int64 = 500
  /// 64 × T1 (13.2.2.4).
  static let forks: Int64 = 32_000
  static let reopen: Int64 = 2000
  /// As long as RTCP, which comes every five seconds, may be late.
  static let silence: Int64 = 6000
  /// A stream that stops all of a sudden: the answer to the question tells of a NAT that has forgotten this end.
  static let streamStop: Int64 = 2200
  /// A far end may send nothing while nobody speaks.
  static let betweenStreamStops: Int64 = 10_000
  /// The far end has answered, but sends no RTP.
  static let quiet: Int64 = 15_000
  /// Nothing is expected from it.
  static let held: Int64 = 30_000
  static let offerAgain: Int64 = 4000
  /// From the question to the loss.
  static let answer: Int64 = 6000
  static let firstRepair: Int64 = 1000
  static let longestRepair: Int64 = 8000
  /// A connection that has lasted so long did not end because of what was sent over it.
  static let steadyConnection: Int64 = 60_000
  static let longestReconnection: Int64 = 30_000
  static let ringAgain: Int64 = 4000
  /// For a call that is taken up; after this time, sound alone is enough.
  static let takeUp: Int64 = 2000
  /// As long as somebody may let it ring.
  static let transfer: Int64 = 180_000
  static let referral: Int64 = 60_000
  static let transferred: Int64 = 3000
  /// Less than the half minute after which the first NAT forgets.
  static let mapping: Int64 = 20_000
  static let longestRemapping: Int64 = 600_000
  /// A far end whose port is closed may be restarting.
  static let refusal: Int64 = 5000
}
