// SPDX-License-Identifier: Apache-2.0
internal import CallModel

// MARK: - Servers that ask for a password (RFC 3261, 22)

extension SIPCall {
  /// With what the account's servers have asked for so far.
  mutating func authorized(_ request: SIPMessage, to target: Target) -> SIPMessage {
    guard authenticator.isAsked(by: target) else { return request }
    var request = request
    authenticator.authorize(&request, to: target, clientNonce: ids.token(16))
    return request
  }

  /// The challenged request anew, with an answer: another transaction with a CSeq of its own (8.1.3.5).
  mutating func answer(
    _ challenge: SIPMessage, to request: SIPMessage, by end: LocalEnd, from peer: String,
    in rounds: inout Authenticator.Rounds
  ) throws(AuthenticationError) -> SIPMessage {
    try authenticator.take(challenge, from: peer, at: end.target, in: &rounds)
    var again = request.anew(sequence: ids.nextSequence(), branch: ids.branch())
    authenticator.authorize(&again, to: end.target, clientNonce: ids.token(16), in: rounds)
    return again
  }

  /// Sends a challenged request within a dialog again.
  /// - Returns: whether it was. If not, the response says why.
  mutating func sendAgain(after response: inout SIPMessage, to transaction: Int, from peer: String) -> Bool {
    guard response.isChallenge, var pending = work.requests.pending(transaction),
      pending.purpose.isRepeatable(afterTheCall: phase == .over)
    else { return false }
    let again: SIPMessage
    do {
      again = try answer(response, to: pending.request, by: pending.end, from: peer, in: &pending.rounds)
    } catch {
      response.start = .response(status: response.status ?? 0, phrase: "\(error)")
      return false
    }
    _ = work.requests.remove(transaction)
    if case .offer(var offer) = pending.purpose {
      offer.sequence = ids.sequence
      pending.purpose = .offer(offer)
    }
    if pending.purpose == .refer { transfers.outgoing?.sequence = ids.sequence }
    _ = send(again, by: pending.end, as: pending.purpose, rounds: pending.rounds)
    return true
  }

  /// Sends a challenged INVITE of the call again.
  mutating func inviteAgain(after response: SIPMessage, at index: Int, from peer: String) throws(AuthenticationError) {
    let end = attempts[index].ticket.end
    var rounds = attempts[index].rounds
    let again = try answer(response, to: attempts[index].invite, by: end, from: peer, in: &rounds)
    attempts[index].replace(by: again, rounds)
    attempts[index].transaction = send(again, by: end, as: .invite)
    disarm(.ringAgain)
    if !calling.targets.isEmpty { arm(.fallback, after: CallWait.fallback) }
  }
}

// MARK: - Whom the account's server says that the call is with (RFC 3325)

extension SIPCall {
  /// Only the account's server is believed. It says nothing in most messages, and then what it has said stays.
  mutating func noteIdentity(in message: SIPMessage, from peer: String, at target: Target) {
    guard authenticator.trusts(target), authenticator.knows(peer), let identity = AssertedIdentity(message) else {
      return
    }
    connectedTo = identity.description
  }
}

extension SIPMessage {
  var isChallenge: Bool { status == 401 || status == 407 }

  /// The same request as a new transaction.
  func anew(sequence: UInt32, branch: String) -> SIPMessage {
    var request = self
    request["CSeq"] = "\(sequence) \(method ?? "")"
    if let via = request["Via"], let start = via.firstRange(of: ";branch=") {
      request["Via"] = via[..<start.upperBound] + branch
    }
    return request
  }
}

extension PendingRequests.Purpose {
  /// A CANCEL is never challenged (22.1), and an INVITE belongs to its attempt. After the call, only its end matters.
  fileprivate func isRepeatable(afterTheCall isOver: Bool) -> Bool {
    switch self {
    case .bye: true
    case .reliable, .offer, .question, .refresh, .refer, .notice: !isOver
    case .invite, .cancel, .mapping, .settled: false
    }
  }
}
