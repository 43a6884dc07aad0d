// SPDX-License-Identifier: Apache-2.0
internal import CallModel

// MARK: - What becomes of this end's requests

extension SIPCall {
  mutating func responded(_ response: SIPMessage, to transaction: Int, from peer: String) {
    guard let purpose = pending[transaction], let status = response.status else { return }
    if phase == .up, status != 408, status != 481 { watch.signed(at: now) }
    let isFinal = status >= 200
    switch purpose {
    case .invite:
      guard let index = attempts.firstIndex(where: { $0.transaction == transaction }) else { return }
      return answered(response, at: index, from: peer)
    case .settled(let sequence):
      guard (200..<300).contains(status), response.sequence == sequence else { return }
      _ = acknowledgeAgain(response)
    case .offer(let offer):
      guard isFinal else { return }
      settle(transaction, offer)
      offerAnswered(response, offer)
    case .cancel:
      guard isFinal else { return }
      pending[transaction] = nil
      // The far end has no such INVITE, and its sender is not there to get the result.
      guard status == 481 else { return }
      attempts.indices.first { attempts[$0].cancelling == transaction && attempts[$0].transaction == 0 }.map {
        isClosed($0)
      }
    case .reliable:
      if isFinal { pending[transaction] = nil }
    case .question:
      guard isFinal else { return }
      pending[transaction] = nil
      questionAnswered(status)
    case .refresh:
      guard isFinal else { return }
      pending[transaction] = nil
      refreshAnswered(response)
    case .bye(let tag):
      guard isFinal else { return }
      pending[transaction] = nil
      goodbyeAnswered(status, tag)
    }
  }

  mutating func failed(_ failure: TransactionFailure, of transaction: Int) {
    guard let purpose = pending.removeValue(forKey: transaction) else { return }
    switch purpose {
    case .invite:
      guard let index = attempts.firstIndex(where: { $0.transaction == transaction }) else { return }
      notAnswered(failure, at: index)
    case .offer(let offer): offerFailed(failure, offer)
    case .question: questionFailed()
    case .refresh: refreshAgainSoon()
    case .bye(let tag): goodbyeFailed(failure, tag)
    case .cancel:
      guard let index = attempts.firstIndex(where: { $0.cancelling == transaction && $0.isOpen }) else { return }
      if case .unreachable = failure {
        attempts[index].cancelling = nil
        arm(.reopen, after: CallWait.reopen)
      } else if attempts[index].transaction == 0 {
        isClosed(index)
      }
    case .reliable, .settled: break
    }
  }

  /// Its answer may be repeated until the far end gets the ACK.
  mutating func settle(_ transaction: Int, _ offer: Offer) {
    pending[transaction] = .settled(sequence: offer.sequence)
    let settled = pending.filter { if case .settled = $0.value { true } else { false } }.map(\.key).sorted()
    for old in settled.dropLast(4) { pending[old] = nil }
  }
}
