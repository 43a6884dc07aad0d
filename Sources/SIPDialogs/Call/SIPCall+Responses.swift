// SPDX-License-Identifier: Apache-2.0
internal import CallModel

// MARK: - What becomes of this end's requests

extension SIPCall {
  mutating func responded(_ response: SIPMessage, to transaction: Int, from peer: String) {
    guard let purpose = work.requests[transaction], let status = response.status else { return }
    if phase == .up, status != 408, status != 481 { link.watch.signed(at: now) }
    authenticator.note(response, from: peer)
    switch purpose {
    case .invite:
      guard let index = attempts.firstIndex(where: { $0.transaction == transaction }) else {
        return strayed(response, from: peer)
      }
      answered(response, at: index, from: peer)
    case .settled(let sequence):
      guard (200..<300).contains(status), response.sequence == sequence else { return }
      _ = acknowledgeAgain(response)
    case _ where sendAgain(after: response, to: transaction, from: peer): break
    case _ where status >= 200:
      work.requests.end(transaction)
      ended(purpose, transaction, by: response, status)
    default: break
    }
  }

  private mutating func ended(
    _ purpose: PendingRequests.Purpose, _ transaction: Int, by response: SIPMessage, _ status: Int
  ) {
    switch purpose {
    case .offer(let offer): offerAnswered(response, offer)
    case .cancel:
      // The far end has no such INVITE, and its sender is not there to get the result.
      guard status == 481 else { return }
      attempts.indices.first { attempts[$0].cancelling == transaction && attempts[$0].transaction == 0 }.map {
        isClosed($0)
      }
    case .question: questionAnswered(status)
    case .refresh: refreshAnswered(response)
    case .bye(let tag): goodbyeAnswered(status, tag)
    case .invite, .reliable, .settled: break
    }
  }

  mutating func failed(_ failure: TransactionFailure, of transaction: Int) {
    guard let purpose = work.requests.remove(transaction) else { return }
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
}
