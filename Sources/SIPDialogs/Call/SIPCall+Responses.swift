// SPDX-License-Identifier: Apache-2.0
internal import CallModel

// MARK: - What becomes of this end's requests

extension SIPCall {
  mutating func responded(_ response: SIPMessage, to transaction: Int, from peer: String) {
    guard let purpose = work.requests[transaction], let status = response.status else { return }
    if phase == .up, response.isOfFarEnd, status != 481, purpose != .mapping { link.watch.signed(at: now) }
    var response = response
    let end = work.requests.pending(transaction)?.end
    end.map { authenticator.note(response, from: peer, at: $0.target) }
    if phase == .up, (200..<300).contains(status), case .offer = purpose, let end {
      noteIdentity(in: response, from: peer, at: end.target)
    }
    defer { end.map { noteMapping(response, to: purpose, at: $0) } }
    switch purpose {
    case .invite:
      guard let index = attempts.firstIndex(where: { $0.transaction == transaction }) else {
        return strayed(response, from: peer)
      }
      answered(response, at: index, from: peer)
    case .settled(let sequence):
      guard (200..<300).contains(status), response.sequence == sequence else { return }
      _ = acknowledgeAgain(response)
    case _ where sendAgain(after: &response, to: transaction, from: peer): break
    case _ where status >= 200:
      work.requests.end(transaction)
      ended(purpose, transaction, by: response, status)
    default: break
    }
  }

  /// Who goes by this end's previous address does not reach it any more: an offer tells the new one, unless the request
  /// itself has.
  private mutating func noteMapping(_ response: SIPMessage, to purpose: PendingRequests.Purpose, at end: LocalEnd) {
    guard phase == .up, let status = response.status, status >= 200, let dialog, end.isSamePlace(as: dialog.end),
      end.target == dialog.end.target, isRemapped(by: response, at: end)
    else { return }
    guard purpose == .question || purpose == .mapping else { return }
    offerAgain()
  }

  mutating func isRemapped(by response: SIPMessage, at end: LocalEnd) -> Bool {
    guard end.target.transport == .udp else { return false }
    let isRemapped = link.isRemapped(by: response, at: end, now: now)
    if link.isBehindNAT, !isArmed(.mapping) { arm(.mapping, after: CallWait.mapping) }
    return isRemapped
  }

  /// The next hop alone is asked, whatever it answers (RFC 3261, 11.1).
  mutating func lookAtMapping() {
    guard phase == .up, link.isOpen, link.isBehindNAT, let dialog else { return }
    let end = dialog.end
    let hop = HostPort.text(end.target.host, end.target.port)
    var question = SIPMessage(
      request: "OPTIONS", uri: "sip:\(hop)", end: end, branch: ids.branch(),
      from: "<sip:anonymous@anonymous.invalid>;tag=\(ids.token(12))", to: "<sip:\(hop)>", callID: ids.token(24),
      sequence: 1)
    question["Max-Forwards"] = "0"
    _ = send(question, by: end, as: .mapping)
    arm(.mapping, after: CallWait.mapping)
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
    case .question: questionAnswered(response)
    case .refresh: refreshAnswered(response)
    case .refer: transferAnswered(response)
    case .bye(let tag): goodbyeAnswered(response, status, tag)
    case .invite, .reliable, .notice, .mapping, .settled: break
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
    case .refer: transferFailed(failure.description)
    case .bye(let tag): goodbyeFailed(failure, tag)
    case .cancel:
      guard let index = attempts.firstIndex(where: { $0.cancelling == transaction && $0.isOpen }) else { return }
      if case .unreachable = failure {
        attempts[index].cancelling = nil
        arm(.reopen, after: CallWait.reopen)
      } else if attempts[index].transaction == 0 {
        isClosed(index)
      }
    case .reliable, .notice, .mapping, .settled: break
    }
  }
}
