// SPDX-License-Identifier: Apache-2.0
@testable import SIPDialogs

/// A dialog as a far end has it.
final class FarEndLeg {
  enum State { case early, confirmed, ended }

  let callID: String
  let tag: String
  let callersTag: String
  let invite: SIPMessage
  var state = State.early
  /// Of the caller's newest request.
  var sequence: UInt32
  var ownSequence: UInt32 = 100
  var contact: String
  /// CSeq of INVITEs that were answered 2xx and have no ACK.
  var unacknowledged: Set<UInt32> = []
  /// What this far end does with its sound, after the last answer.
  var direction = MediaPlan.Direction.sendrecv
  var version = 1
  var hasOffered = false
  /// It has sent a REFER.
  var hasReferred = false
  /// Its ACK brings the answer.
  var expectsAnswer: UInt32?
  /// Each response to its own requests.
  var answers: [SIPMessage] = []

  init(_ invite: SIPMessage, tag: String) {
    (self.invite, self.tag) = (invite, tag)
    (callID, callersTag) = (invite.callID ?? "", invite.fromTag ?? "")
    sequence = invite.sequence ?? 0
    contact = invite.contacts.first?.uri.description ?? ""
  }

  func status(of method: String) -> Int? { answers.last { $0.sequenceMethod == method }?.status }
}
