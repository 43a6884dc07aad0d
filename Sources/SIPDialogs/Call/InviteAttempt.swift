// SPDX-License-Identifier: Apache-2.0

/// An INVITE to one target, in this process.
struct InviteAttempt: Sendable, Equatable {
  var ticket: CallTicket.Attempt
  var invite: SIPMessage
  var offers: OfferAnswer?
  /// In this process; 0 if there is none.
  var transaction = 0
  /// It has no final answer yet.
  var isOpen = true
  /// The answered dialogs, by the far end's tags: the first one is the call, and the others are ended.
  var answered: [Dialog] = []
  /// With the answer that came before the call was answered: for early media.
  var early: OfferAnswer?
  /// The handshake for its early media has failed.
  var isUnsecured = false
  /// The tags of all far ends that have responded; a fork has several.
  private(set) var tags: Set<String> = []
  /// The acknowledged reliable responses (RFC 3262).
  private var reliable: Set<String> = []
  var isAbandoned = false
  /// The transaction of its CANCEL.
  var cancelling: Int?
  var rounds = Authenticator.Rounds()

  private static let mostTags = 8
  private static let mostReliable = 32

  init(ticket: CallTicket.Attempt, invite: SIPMessage, offers: OfferAnswer?) {
    (self.ticket, self.invite, self.offers) = (ticket, invite, offers)
  }

  /// The INVITE was refused, and another one is sent in its place.
  mutating func replace(by again: SIPMessage, _ rounds: Authenticator.Rounds) {
    (invite, self.rounds) = (again, rounds)
    (ticket.invite, ticket.hasProvisional) = (again.bytes.text, false)
    (isOpen, tags, reliable, early, isUnsecured) = (true, [], [], nil, false)
  }

  mutating func note(tag: String) { if tags.count < Self.mostTags { tags.insert(tag) } }

  /// Whether a reliable response is a new one, to be acknowledged.
  mutating func isNew(reliable number: UInt32, of remoteTag: String) -> Bool {
    reliable.count < Self.mostReliable && reliable.insert("\(remoteTag) \(number)").inserted
  }

  var replaces: Bool { ticket.replaces }

  /// It may become the call.
  var isWanted: Bool { isOpen && !isAbandoned }

  /// It must be cancelled and may be, but the CANCEL could not be sent, or not by the process that sent the INVITE.
  var isUncancelled: Bool {
    isOpen && isAbandoned && cancelling == nil && (transaction == 0 || ticket.hasProvisional)
  }

  /// It is from the previous process, and continues over this path.
  func isOld(and target: Target) -> Bool { isWanted && transaction == 0 && ticket.end.target.isAlike(target) }
}
