// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import CLinphone
  import Glibc
  import SIPCore

  /// Ends a dialog that another process had: BYE with that dialog's tags (RFC 3261, 15).
  ///
  /// liblinphone knows only its own dialogs, so this has a SIP stack of its own, which sends the one request, again
  /// and again until it is answered.
  final class Farewell {
    enum Outcome: Equatable {
      case confirmed
      /// The far end has no such dialog (any more).
      case unknown
      /// Refused otherwise, or it could not be sent.
      case failed
    }

    private let stack: OpaquePointer
    private let provider: OpaquePointer
    private var listener: OpaquePointer?
    private(set) var outcome: Outcome?

    init(_ ticket: ResumeTicket) {
      stack = belle_sip_stack_new(nil)
      provider = belle_sip_stack_create_provider(stack, nil)
      var callbacks = belle_sip_listener_callbacks_t()
      callbacks.process_response_event = { this, event in
        let status = belle_sip_response_get_status_code(belle_sip_response_event_get_response(event))
        Farewell.at(this).answered(status: status)
      }
      callbacks.process_timeout = { this, _ in Farewell.at(this).outcome = .failed }
      callbacks.process_io_error = { this, _ in Farewell.at(this).outcome = .failed }
      listener = belle_sip_listener_create_from_callbacks(&callbacks, Unmanaged.passUnretained(self).toOpaque())
      belle_sip_provider_add_sip_listener(provider, listener)
      send(ticket)
    }

    deinit {
      belle_sip_provider_remove_sip_listener(provider, listener)
      for object in [listener, provider, stack] { belle_sip_object_unref(object.map(UnsafeMutableRawPointer.init)) }
    }

    /// To be called as often as the call's.
    func iterate() { belle_sip_stack_sleep(stack, 0) }

    private func send(_ ticket: ResumeTicket) {
      let isIPv6 = (ticket.routes.first ?? ticket.target).contains("[")
      let point = belle_sip_stack_create_listening_point(
        stack, isIPv6 ? "::0" : "0.0.0.0",
        ticket.transport == .udp ? BELLE_SIP_LISTENING_POINT_RANDOM_PORT : BELLE_SIP_LISTENING_POINT_DONT_BIND,
        ticket.transport.rawValue)
      guard let point, let request = belle_sip_request_parse(Self.text(of: ticket)) else {
        outcome = .failed
        return
      }
      if ticket.transport == .tls { clinphone_set_root_ca(point, SIPCore.certificates) }
      belle_sip_provider_add_listening_point(provider, point)
      clinphone_add_via(request)
      let transaction = belle_sip_provider_create_client_transaction(provider, request)
      if belle_sip_client_transaction_send_request(transaction) != 0 { outcome = .failed }
    }

    /// The request, but for its Via, which the stack knows.
    private static func text(of ticket: ResumeTicket) -> String {
      var target = ticket.target
      if ticket.transport != .udp, !target.lowercased().contains(";transport=") {
        target += ";transport=\(ticket.transport.rawValue)"
      }
      var lines = [
        "BYE \(target) SIP/2.0",
        "From: <\(ticket.local)>;tag=\(ticket.localTag)",
        "To: <\(ticket.remote)>;tag=\(ticket.remoteTag)",
        "Call-ID: \(ticket.callID)",
        "CSeq: \(sequence) BYE",
        "Max-Forwards: 70",
      ]
      lines += ticket.routes.map { "Route: <\($0)>" }
      lines += ["Reason: SIP;text=\"the engine was replaced\"", "Content-Length: 0", "", ""]
      return lines.joined(separator: "\r\n")
    }

    /// Above every number that the process before may have used, and those of a farewell before this one: the clock's
    /// seconds, halved to stay below 2³¹ (RFC 3261, 8.1.1.5).
    private static var sequence: Int { time(nil) / 2 }

    private func answered(status: Int32) {
      switch status {
      case ..<200: return
      case ..<300: outcome = .confirmed
      case 481: outcome = .unknown
      default: outcome = .failed
      }
    }

    private static func at(_ this: UnsafeMutableRawPointer?) -> Farewell {
      // belle-sip hands back what it was given in `init`, and calls nobody after `deinit`.
      Unmanaged<Farewell>.fromOpaque(this!).takeUnretainedValue()
    }
  }
#endif
