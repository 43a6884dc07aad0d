// SPDX-License-Identifier: Apache-2.0

// MARK: - Responses

extension TURNAllocation {
  /// Errors that a server may have before it knows who asks.
  private static let unauthenticated: Set<Int> = [400, 401, 420, 438, 500]

  /// - Parameters:
  ///   - message: what the datagram says.
  ///   - source: only the server's answers count.
  /// - Returns: nil if it is no answer to a request of this allocation.
  public mutating func received(
    _ message: STUNMessage, _ datagram: [UInt8], from source: TransportAddress, at time: Int64
  ) -> [TURNEffect]? {
    guard source == server, message.messageClass == .success || message.messageClass == .failure,
      let index = transactions.firstIndex(where: { $0.id == message.transactionID }),
      transactions[index].purpose.method == message.method
    else { return nil }
    begin(at: time)
    let isAuthentic = transactions[index].key?.authenticates(datagram) ?? true
    guard message.messageClass == .failure else {
      guard isAuthentic, message.notUnderstood.isEmpty else { return [] }
      accepted(transactions.remove(at: index), message)
      return take()
    }
    guard let refusal = message.failure else { return [] }
    guard isAuthentic || Self.unauthenticated.contains(refusal.code) else {
      transactions[index].rumour = refusal
      return []
    }
    refused(transactions.remove(at: index), message, refusal)
    return take()
  }

  // MARK: Success

  private mutating func accepted(_ transaction: TURNTransaction, _ response: STUNMessage) {
    switch transaction.purpose {
    case .allocate: allocated(response)
    case .refresh: keep(response)
    case .release(let isToAllocateAnew):
      if phase == .releasing || !isToAllocateAnew { return end(with: .released) }
      start(.allocate, .gathering)
    case .permit(let peer):
      guard let index = permissions.firstIndex(where: { $0.peer.host == peer.host }) else { return }
      (permissions[index].isGranted, permissions[index].refreshAt) = (true, now + TURNPermission.time)
      emit(.permitted(peer))
    case .bind(let peer, let number):
      guard let index = channels.firstIndex(where: { $0.peer == peer }) else { return }
      (channels[index].isBound, channels[index].refreshAt) = (true, now + TURNChannel.time)
      emit(.bound(peer, channel: number))
    }
  }

  private mutating func allocated(_ response: STUNMessage) {
    guard let relayed = response.address(.xorRelayedAddress), relayed.isReachable(from: server) else {
      return end(with: phase == .releasing ? .released : .ended(ServerFailure(.turn, server, .unreadable)))
    }
    (self.relayed, mapped) = (relayed, response.mappedAddress)
    if phase == .releasing { return startRelease() }
    phase = .allocated
    keep(response)
    emit(.allocated)
  }

  /// A minute before the server forgets it, or halfway.
  private mutating func keep(_ response: STUNMessage) {
    let granted = response.number(.lifetime) ?? Self.wishedLifetime
    let lifetime = Int64(min(max(granted, Self.lifetimes.lowerBound), Self.lifetimes.upperBound)) * 1000
    (refreshAt, expiresAt) = (now + max(lifetime - 60_000, lifetime / 2), now + lifetime)
  }

  // MARK: Refusal

  private mutating func refused(
    _ transaction: TURNTransaction, _ response: STUNMessage, _ refusal: STUNMessage.Failure
  ) {
    switch refusal.code {
    case 401, 438: challenged(transaction, response, refusal)
    case 300 where transaction.purpose == .allocate: redirected(transaction, response)
    case 437 where transaction.purpose == .allocate && !hasCleared && phase == .allocating:
      hasCleared = true
      start(.release(toAllocateAnew: true), .gathering)
    case 437 where transaction.purpose == .release(toAllocateAnew: true) && phase == .allocating:
      start(.allocate, .gathering)
    case 437 where phase == .allocated: end(with: .ended(ServerFailure(.turn, server, .allocationLost)))
    default: failed(transaction, ServerFailure(server, refusal))
    }
  }

  private mutating func challenged(
    _ transaction: TURNTransaction, _ response: STUNMessage, _ refusal: STUNMessage.Failure
  ) {
    guard transaction.challenges < TURNTransaction.mostChallenges, let next = TURNChallenge(response, account, hashes),
      // The server has seen the password with this nonce, and does not want it.
      refusal.code == 438 || transaction.key == nil || transaction.nonce != next.nonce
    else { return failed(transaction, ServerFailure(server, refusal)) }
    challenge = next
    var timing = Retransmission(most: transaction.timing.most, longest: transaction.timing.longest)
    if case .release(toAllocateAnew: false) = transaction.purpose { timing = .farewell }
    start(transaction.purpose, timing, challenges: transaction.challenges + 1)
  }

  /// To a server of the same kind (RFC 8489, 10), once.
  private mutating func redirected(_ transaction: TURNTransaction, _ response: STUNMessage) {
    let other = response.address(.alternateServer)
    guard let other, other != server, server == account.server, other.isIPv6 == server.isIPv6,
      other.isReachable(from: server), phase == .allocating
    else { return failed(transaction, ServerFailure(.turn, server, .redirected(to: other))) }
    server = other
    start(.allocate, .gathering, challenges: transaction.challenges)
  }
}
