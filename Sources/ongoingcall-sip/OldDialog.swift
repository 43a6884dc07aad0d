// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CLinphone
  import Glibc
  import SIPCore

  /// A dialog that another process had: requests with its tags (RFC 3261, 12.2).
  ///
  /// liblinphone knows only its own dialogs, so this has a SIP stack of its own, which sends each request again and
  /// again until it is answered.
  final class OldDialog {
    enum Request: String {
      /// Whether the far end still has the dialog; it changes nothing.
      case ask = "OPTIONS"
      case end = "BYE"
    }

    struct Answer: Equatable {
      var request: Request
      var outcome: Outcome
    }

    enum Outcome: Equatable {
      case confirmed
      /// The far end has no such dialog (any more).
      case unknown
      /// It has a request of its own under way in it, for which it waits in vain: in all likelihood its BYE.
      case busy
      /// Refused otherwise, or it could not be sent.
      case failed
    }

    private let ticket: ResumeTicket
    private let stack: OpaquePointer
    private let provider: OpaquePointer
    private var listener: OpaquePointer?
    private var latest: Request?
    private var answers: [Answer] = []

    init(_ ticket: ResumeTicket) {
      self.ticket = ticket
      stack = belle_sip_stack_new(nil)
      provider = belle_sip_stack_create_provider(stack, nil)
      var callbacks = belle_sip_listener_callbacks_t()
      callbacks.process_response_event = { this, event in
        let status = belle_sip_response_get_status_code(belle_sip_response_event_get_response(event))
        let transaction = belle_sip_response_event_get_client_transaction(event)
        OldDialog.at(this)?.answered(transaction, status: status)
      }
      callbacks.process_timeout = { this, event in
        let transaction = belle_sip_timeout_event_get_client_transaction(event)
        OldDialog.at(this)?.finish(OldDialog.request(of: transaction), .failed)
      }
      callbacks.process_io_error = { this, _ in
        if let this = OldDialog.at(this) { this.finish(this.latest, .failed) }
      }
      listener = belle_sip_listener_create_from_callbacks(&callbacks, Unmanaged.passUnretained(self).toOpaque())
      belle_sip_provider_add_sip_listener(provider, listener)
      listen()
    }

    deinit {
      belle_sip_provider_remove_sip_listener(provider, listener)
      for object in [listener, provider, stack] { belle_sip_object_unref(object.map(UnsafeMutableRawPointer.init)) }
    }

    /// What has been answered since the last time; to be called as often as the call's.
    func iterate() -> [Answer] {
      belle_sip_stack_sleep(stack, 0)
      defer { answers = [] }
      return answers
    }

    func send(_ request: Request) {
      latest = request
      guard let message = message(request) else { return finish(request, .failed) }
      let transaction = belle_sip_provider_create_client_transaction(provider, message)
      if belle_sip_client_transaction_send_request(transaction) != 0 { finish(request, .failed) }
    }

    private func listen() {
      let isIPv6 = (ticket.routes.first ?? ticket.target).contains("[")
      let isUDP = ticket.transport == .udp
      let point = belle_sip_stack_create_listening_point(
        stack, isIPv6 ? "::0" : "0.0.0.0",
        isUDP ? BELLE_SIP_LISTENING_POINT_RANDOM_PORT : BELLE_SIP_LISTENING_POINT_DONT_BIND,
        ticket.transport.rawValue)
      guard let point else { return }
      if ticket.transport == .tls {
        let config = belle_tls_crypto_config_new()
        belle_tls_crypto_config_set_root_ca(config, SIPCore.certificates)
        belle_sip_tls_listening_point_set_crypto_config(point, config)
      }
      belle_sip_provider_add_listening_point(provider, point)
    }

    /// belle-sip's parser of whole messages stumbles over what its parsers of parts take.
    private func message(_ request: Request) -> OpaquePointer? {
      var target = ticket.target
      if ticket.transport != .udp, !target.lowercased().contains(";transport=") {
        target += ";transport=\(ticket.transport.rawValue)"
      }
      guard let uri = belle_sip_uri_parse(target),
        let from = belle_sip_header_from_create2(ticket.local, ticket.localTag),
        let to = belle_sip_header_to_create2(ticket.remote, ticket.remoteTag)
      else { return nil }
      let callID = belle_sip_header_call_id_new()
      belle_sip_header_call_id_set_call_id(callID, ticket.callID)
      let method = request.rawValue
      let sequence = belle_sip_header_cseq_create(Self.sequence(of: request), method)
      let message = belle_sip_request_create(
        uri, method, callID, sequence, from, to, belle_sip_header_via_new(), 70)
      for route in ticket.routes {
        guard let address = belle_sip_header_address_parse("<\(route)>") else { return nil }
        belle_sip_message_add_header(message, belle_sip_header_route_create(address))
      }
      return message
    }

    /// Above every number that the process before may have used, and those of an attempt before this one: the clock's
    /// seconds, halved to stay below 2³¹ (RFC 3261, 8.1.1.5).
    private static func sequence(of request: Request) -> UInt32 {
      UInt32(truncatingIfNeeded: time(nil) / 2 + (request == .end ? 1 : 0)) & 0x7FFF_FFFF
    }

    private static func request(of transaction: OpaquePointer?) -> Request? {
      guard let transaction, let message = belle_sip_transaction_get_request(transaction),
        let method = belle_sip_request_get_method(message)
      else { return nil }
      return Request(rawValue: String(cString: method))
    }

    private func answered(_ transaction: OpaquePointer?, status: Int32) {
      let outcome: Outcome
      switch status {
      case ..<200: return
      case ..<300: outcome = .confirmed
      case 481: outcome = .unknown
      case 491: outcome = .busy
      default: outcome = .failed
      }
      finish(Self.request(of: transaction), outcome)
    }

    private func finish(_ request: Request?, _ outcome: Outcome) {
      if let request { answers.append(Answer(request: request, outcome: outcome)) }
    }

    /// belle-sip hands back what it was given in `init`, and calls nobody after `deinit`.
    private static func at(_ this: UnsafeMutableRawPointer?) -> OldDialog? {
      this.map { Unmanaged<OldDialog>.fromOpaque($0).takeUnretainedValue() }
    }
  }
#endif
