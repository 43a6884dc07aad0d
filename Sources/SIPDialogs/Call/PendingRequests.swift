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
    /// What the next hop answers shows the address that it sees.
    case mapping
    case refer
    case notice
    case bye(remoteTag: String)
    /// A re-INVITE that was accepted: its answer may be repeated (RFC 3261, 13.2.2.4), as may that of a re-INVITE that
    /// was given up.
    case settled(sequence: UInt32)
  }

  /// A request that may have to be sent again.
  struct Pending: Sendable, Equatable {
    var purpose: Purpose
    var request: SIPMessage
    var end: LocalEnd
    var rounds = Authenticator.Rounds()
  }

  private var pending: [Int: Pending] = [:]
  private var last = 0

  static let mostSettled = 4

  /// - Returns: the number of the new transaction; never 0.
  mutating func add(_ request: Pending) -> Int {
    last += 1
    pending[last] = request
    return last
  }

  subscript(transaction: Int) -> Purpose? { pending[transaction]?.purpose }

  func pending(_ transaction: Int) -> Pending? { pending[transaction] }

  /// It got no response, and no longer can.
  mutating func remove(_ transaction: Int) -> Purpose? { pending.removeValue(forKey: transaction)?.purpose }

  /// It got its final response. That of an offer may be repeated until the far end gets the ACK.
  mutating func end(_ transaction: Int) {
    guard var ended = pending.removeValue(forKey: transaction), case .offer(let offer) = ended.purpose else { return }
    ended.purpose = .settled(sequence: offer.sequence)
    pending[transaction] = ended
    let settled = pending.filter { if case .settled = $0.value.purpose { true } else { false } }.map(\.key).sorted()
    for old in settled.dropLast(Self.mostSettled) { pending[old] = nil }
  }

  /// The re-INVITE of this end; there is one at a time (14.1).
  var offer: PendingOffer? {
    pending.values.lazy.compactMap { if case .offer(let offer) = $0.purpose { offer } else { nil } }.first
  }

  /// As if the offer had its final response.
  mutating func giveUpOffer() {
    for (transaction, request) in pending { if case .offer = request.purpose { end(transaction) } }
  }

  func hasBye(to dialog: Dialog) -> Bool {
    pending.values.contains { $0.purpose == .bye(remoteTag: dialog.remoteTag) }
  }

  mutating func forgetByes() { pending = pending.filter { if case .bye = $0.value.purpose { false } else { true } } }
}

/// A re-INVITE of this end that has no final response.
struct PendingOffer: Sendable, Equatable {
  /// The state that the user wants.
  var held: Bool
  var sequence: UInt32
  /// The far end must get it, to learn this end's address, or that this end is there.
  var isNeeded: Bool
}
