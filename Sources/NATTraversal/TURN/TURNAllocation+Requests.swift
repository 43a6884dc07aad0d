// SPDX-License-Identifier: Apache-2.0

// MARK: - Requests

extension TURNAllocation {
  mutating func start(_ purpose: TURNTransaction.Purpose, _ timing: Retransmission = .request, challenges: Int = 0) {
    var request = STUNMessage(.request, purpose.method, transactionID: newID())
    switch purpose {
    case .allocate:
      // UDP
      request.add(.requestedTransport, [17, 0, 0, 0])
      // Without it, the address is an IPv4 address (RFC 8656, 7.1).
      if server.isIPv6 { request.add(.requestedAddressFamily, [2, 0, 0, 0]) }
      request.add(.lifetime, number: Self.wishedLifetime)
    case .refresh: request.add(.lifetime, number: Self.wishedLifetime)
    case .release: request.add(.lifetime, number: 0)
    case .permit(let peer): request.add(.xorPeerAddress, peer)
    case .bind(let peer, let channel):
      request.add(.channelNumber, channel.bigEndianBytes + [0, 0])
      request.add(.xorPeerAddress, peer)
    }
    challenge?.authorize(&request, account)
    var transaction = TURNTransaction(
      purpose: purpose, id: request.transactionID, bytes: request.encoded(challenge?.key, fingerprint: true),
      key: challenge?.key, nonce: challenge?.nonce, challenges: challenges, timing: timing)
    transaction.timing.sent(at: now)
    transactions.append(transaction)
    emit(.send(transaction.bytes, to: server))
  }

  mutating func startRelease() {
    phase = .releasing
    refreshAt = nil
    (permissions, channels) = ([], [])
    start(.release(toAllocateAnew: false), .farewell)
  }

  mutating func retransmit() {
    for index in transactions.indices.reversed() where transactions[index].timing.nextAt <= now {
      guard transactions[index].timing.isSpent else {
        transactions[index].timing.sent(at: now)
        emit(.send(transactions[index].bytes, to: server))
        continue
      }
      let transaction = transactions.remove(at: index)
      let failure = transaction.rumour.map { ServerFailure(server, $0) } ?? ServerFailure(.turn, server, .noAnswer)
      failed(transaction, failure)
      if phase == .ended { return }
    }
  }

  mutating func refresh() {
    guard phase == .allocated else { return }
    if let refreshAt, refreshAt <= now {
      self.refreshAt = nil
      start(.refresh)
    }
    for index in permissions.indices {
      guard let time = permissions[index].refreshAt, time <= now else { continue }
      permissions[index].refreshAt = nil
      start(.permit(permissions[index].peer))
    }
    for index in channels.indices {
      guard let time = channels[index].refreshAt, time <= now else { continue }
      channels[index].refreshAt = nil
      start(.bind(channels[index].peer, channels[index].number))
    }
  }

  /// The request is over without success.
  mutating func failed(_ transaction: TURNTransaction, _ failure: ServerFailure) {
    if failure.reason == .noAnswer, isKept(by: transaction.purpose) { return start(transaction.purpose) }
    switch transaction.purpose {
    case .allocate, .refresh: end(with: phase == .releasing ? .released : .ended(failure))
    case .release(toAllocateAnew: true):
      end(with: phase == .releasing ? .released : .ended(ServerFailure(.turn, server, .allocationLost)))
    case .release: end(with: .released)
    case .permit(let peer):
      guard let index = permissions.firstIndex(where: { $0.peer.host == peer.host }) else { return }
      (permissions[index].isGranted, permissions[index].isRefused) = (false, true)
      emit(.refused(peer, failure))
    case .bind(let peer, _):
      guard let index = channels.firstIndex(where: { $0.peer == peer }) else { return }
      (channels[index].isBound, channels[index].isRefused) = (false, true)
      emit(.refused(peer, failure))
    }
  }

  /// The server has what the request was to refresh. While the network is away, no answer means nothing.
  private func isKept(by purpose: TURNTransaction.Purpose) -> Bool {
    guard phase == .allocated, now < expiresAt else { return false }
    return switch purpose {
    case .refresh: expiresAt < .max
    case .permit(let peer): permission(of: peer)?.isGranted == true
    case .bind(let peer, _): channel(of: peer) != nil
    case .allocate, .release: false
    }
  }
}
