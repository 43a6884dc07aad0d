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
    if status == 401 || status == 407 {
      let field = status == 401 ? "WWW-Authenticate" : "Proxy-Authenticate"
      let realm = response.headers.lazy.filter { $0.name.lowercased() == field.lowercased() }
        .compactMap { Self.realm(in: $0.value) }.first
      detail =
        "\(status) the far end asks for a password\(realm.map { " (\($0.prefix(64)))" } ?? ""); this engine has none"
    } else if let text = response.reasonText, !text.isEmpty {
      detail += " (\(text))"
    }
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

  /// The realm of a challenge, for people.
  private static func realm(in challenge: String) -> String? {
    guard challenge.lowercased().hasPrefix("digest"), let start = challenge.lowercased().firstRange(of: "realm=\"")
    else {
      return nil
    }
    return String(challenge[start.upperBound...].prefix { $0 != "\"" })
  }
}
