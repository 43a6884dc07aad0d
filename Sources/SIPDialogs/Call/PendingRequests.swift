// SPDX-License-Identifier: Apache-2.0

/// This end's requests that may get a response, by the numbers of their transactions.
struct PendingRequests: Sendable, Equatable {
  enum Purpose: Sendable, Equatable {
    case invite
    case cancel
    case reliable
    case offer(PendingOffer)
    case question
    case refresh
    case bye(remoteTag: String)
    /// A re-INVITE that was accepted: its answer may be repeated (RFC 3261, 13.2.2.4), as may that of a re-INVITE that
    /// was given up.
    case settled(sequence: UInt32)
  }

  private var purposes: [Int: Purpose] = [:]
  private var last = 0

  static let mostSettled = 4

  /// - Returns: the number of the new transaction; never 0.
  mutating func add(_ purpose: Purpose) -> Int {
    last += 1
    purposes[last] = purpose
    return last
  }

  subscript(transaction: Int) -> Purpose? { purposes[transaction] }

  /// It got no response, and no longer can.
  mutating func remove(_ transaction: Int) -> Purpose? { purposes.removeValue(forKey: transaction) }

  /// It got its final response. That of an offer may be repeated until the far end gets the ACK.
  mutating func end(_ transaction: Int) {
    guard case .offer(let offer)? = purposes.removeValue(forKey: transaction) else { return }
    purposes[transaction] = .settled(sequence: offer.sequence)
    let settled = purposes.filter { if case .settled = $0.value { true } else { false } }.map(\.key).sorted()
    for old in settled.dropLast(Self.mostSettled) { purposes[old] = nil }
  }

  /// The re-INVITE of this end; there is one at a time (14.1).
  var offer: PendingOffer? {
    purposes.values.lazy.compactMap { if case .offer(let offer) = $0 { offer } else { nil } }.first
  }

  /// As if the offer had its final response.
  mutating func giveUpOffer() {
    for (transaction, purpose) in purposes { if case .offer = purpose { end(transaction) } }
  }

  func hasBye(to dialog: Dialog) -> Bool { purposes.values.contains(.bye(remoteTag: dialog.remoteTag)) }

  mutating func forgetByes() { purposes = purposes.filter { if case .bye = $0.value { false } else { true } } }
}

/// A re-INVITE of this end that has no final response.
struct PendingOffer: Sendable, Equatable {
  /// The state that the user wants.
  var held: Bool
  var sequence: UInt32
  /// The far end must get it, to learn this end's address, or that this end is there.
  var isNeeded: Bool
}
