// SPDX-License-Identifier: Apache-2.0
internal import CallModel

/// What a refusal means for the call.
struct CallOutcome: Equatable {
  var reason: EndReason
  /// One line for people.
  var detail: String

  /// From a final response to an INVITE that is not a success.
  init(refusal response: SIPMessage) {
    let status = response.status ?? 0
    let phrase = response.phrase ?? ""
    reason =
      switch status {
      case 486, 600: .busy
      case 603, 607: .declined
      case 404, 410, 484, 485, 604: .notFound
      case 401, 403, 407: .notPermitted
      case 408, 430, 503, 504: .unreachable
      default: .refused
      }
    detail = phrase.isEmpty ? "\(status)" : "\(status) \(phrase)"
    if let problem = response.problem { detail += "; its answer cannot be read: \(problem)" }
    if let text = response.reasonText, !text.isEmpty { detail += " (\(text))" }
  }

  init(_ failure: TransactionFailure) { (reason, detail) = (.unreachable, failure.description) }

  init(_ reason: EndReason, _ detail: String) { (self.reason, self.detail) = (reason, detail) }

  /// The same for a joined call that was to be taken up.
  var ofTakingUp: CallOutcome {
    switch reason {
    case .unreachable: CallOutcome(.network, detail)
    case .refused, .notPermitted, .notFound: CallOutcome(.rejected, detail)
    default: self
    }
  }
}
