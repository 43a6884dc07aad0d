// SPDX-License-Identifier: Apache-2.0

/// When a request is sent again (RFC 8489, 6.2.1).
struct Retransmission: Sendable, Equatable {
  /// RTO.
  static let first: Int64 = 500

  /// How often it is sent at most (Rc).
  let most: Int
  /// Pauses double up to this.
  let longest: Int64
  private(set) var sends = 0
  /// When to send it again, or when to give up.
  private(set) var nextAt: Int64 = 0

  init(most: Int, longest: Int64) { (self.most, self.longest) = (most, longest) }

  /// A request to a server: gives up after 31.5 s.
  static let request = Retransmission(most: 7, longest: 8000)
  /// While the user waits, at a server that the user has chosen: gives up after 6 s.
  static let gathering = Retransmission(most: 12, longest: 500)
  /// A connectivity check, or what it needs: gives up after 19.1 s. The far end may begin later than this end, and bad paths are all that
  /// some ends have.
  static let check = Retransmission(most: 13, longest: 1600)
  /// Nobody waits for it.
  static let farewell = Retransmission(most: 3, longest: 1000)

  var isSpent: Bool { sends >= most }

  mutating func sent(at now: Int64) {
    nextAt = now + min(Self.first << Int64(sends), longest)
    sends += 1
  }
}
