// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  internal import CBelleSIP
  internal import CLinphone

  /// Keeps from liblinphone the answers to INVITE that it does not survive: it crashes over a challenge that is not
  /// Digest and over 422 without Min-SE, waits for ever where 401 has no challenge, and follows redirects in circles.
  /// It is given a plain refusal in their place.
  final class AnswerFilter {
    /// RFC 3261, 8.1.3.4 leaves the number to the client.
    static let mostRedirects = 5

    private(set) var refusal: Refusal?
    /// Where the far end has sent this call last.
    private(set) var redirectTarget: String?
    private var tried: Set<String> = []
    private var hasAdjustedInterval = false

    /// The core that is created next has this filter.
    func watchNextCore() {
      let this = Unmanaged.passUnretained(self).toOpaque()
      cbellesip_filter_responses(
        { this, event in
          guard let this else { return 0 }
          let filter = Unmanaged<AnswerFilter>.fromOpaque(this).takeUnretainedValue()
          return filter.withholds(OpaquePointer(event)) ? 1 : 0
        }, this)
    }

    /// What was answered to another call does not count for the next.
    func expectNewCall() {
      (refusal, redirectTarget, tried, hasAdjustedInterval) = (nil, nil, [], false)
    }

    private func withholds(_ event: OpaquePointer?) -> Bool {
      guard let answer = Answer(event) else { return false }
      switch answer.status {
      case 401, 407:
        // liblinphone would send a BYE that is refused so again, and can do nothing about the others either.
        guard answer.isToInvite else { return true }
        let realm = answer.realm.map { " for “\($0)”" } ?? ""
        refuse(
          answer, because: "the far end asks for a password\(realm), which this engine has no account for", as: 403)
      case 422:
        if hasAdjustedInterval || !answer.hasInterval { refuse(answer, because: answer.phrase, as: 488) }
        hasAdjustedInterval = true
      case 301, 302: if !answer.isWithinDialog { redirect(answer) }
      default: break
      }
      return false
    }

    private func redirect(_ answer: Answer) {
      let isSecure = answer.tried.hasPrefix("sips:")
      tried.insert(answer.tried)
      guard let target = answer.target else {
        return refuse(answer, because: "\(answer.phrase), but the far end does not say to which SIP address", as: 300)
      }
      guard !tried.contains(target) else {
        return refuse(
          answer, because: "\(answer.phrase): the far end redirects in a circle, to \(target) again", as: 300)
      }
      guard tried.count <= Self.mostRedirects else {
        return refuse(answer, because: "\(answer.phrase): more than \(Self.mostRedirects) redirects", as: 300)
      }
      guard !isSecure || target.hasPrefix("sips:") else {
        return refuse(
          answer, because: "\(answer.phrase): from a sips: address to \(target), which is not secure", as: 300)
      }
      redirectTarget = target
    }

    private func refuse(_ answer: Answer, because phrase: String, as status: Int32) {
      if !answer.isWithinDialog { refusal = Refusal(status: Int(answer.status), phrase: phrase) }
      answer.change(to: status)
    }
  }

  /// A response, and the request that it answers.
  private struct Answer {
    private let response: OpaquePointer
    private let request: OpaquePointer
    let status: Int32

    init?(_ event: OpaquePointer?) {
      guard let event, let response = belle_sip_response_event_get_response(event),
        let transaction = belle_sip_response_event_get_client_transaction(event),
        let request = belle_sip_transaction_get_request(transaction)
      else { return nil }
      (self.response, self.request) = (response, request)
      status = belle_sip_response_get_status_code(response)
    }

    /// No longer than a line.
    var phrase: String {
      belle_sip_response_get_reason_phrase(response).map { Self.shortened(String(cString: $0)) } ?? ""
    }

    var isToInvite: Bool { belle_sip_request_get_method(request).map { String(cString: $0) } == "INVITE" }

    /// A request within a dialog names the tag of the far end.
    var isWithinDialog: Bool { value(of: "To", in: request)?.lowercased().contains(";tag=") ?? false }

    /// What the far end wants a password for, as far as it says so.
    var realm: String? {
      let challenge = value(of: "WWW-Authenticate", in: response) ?? value(of: "Proxy-Authenticate", in: response)
      guard let challenge, let start = challenge.firstRange(of: "realm=\"")?.upperBound else { return nil }
      return Self.shortened(String(challenge[start...].prefix { $0 != "\"" }))
    }

    /// 422 says how long the session's interval must be at least.
    var hasInterval: Bool { value(of: "Min-SE", in: response).flatMap { UInt16($0) } != nil }

    /// The address that was called.
    var tried: String { Self.text(belle_sip_request_get_uri(request)) ?? "" }

    /// The SIP address that a redirect leads to.
    var target: String? {
      guard let header = belle_sip_message_get_header(response, "Contact"),
        let value = belle_sip_header_get_unparsed_value(header), let address = belle_sip_header_address_parse(value)
      else { return nil }
      defer { belle_sip_object_unref(UnsafeMutableRawPointer(address)) }
      return belle_sip_header_address_get_uri(address).flatMap(Self.text)
    }

    func change(to status: Int32) { belle_sip_response_set_status_code(response, status) }

    private func value(of name: String, in message: OpaquePointer) -> String? {
      guard let header = belle_sip_message_get_header(message, name) else { return nil }
      return belle_sip_header_get_unparsed_value(header).map { String(cString: $0) }
    }

    private static func text(_ uri: OpaquePointer?) -> String? {
      guard let uri, let text = belle_sip_object_to_string(UnsafeMutableRawPointer(uri)) else { return nil }
      defer { bctbx_free(text) }
      return String(cString: text)
    }

    private static func shortened(_ text: String) -> String { text.count > 80 ? text.prefix(79) + "…" : text }
  }
#endif
