// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  public import SIPDialogs

  /// A request that has arrived. If it is not answered, kept or ignored when the handler returns, it is kept.
  public final class ServerTransaction {
    public let request: SIPMessage
    public let source: Target
    /// The ACK of a final response; for a 2xx it may have a body.
    public var onAcknowledge: (SIPMessage) -> Void = { _ in }
    /// Only before a final response. nta has answered the CANCEL; answer the request with 487.
    public var onCancel: (SIPMessage) -> Void = { _ in }
    /// The final response to an INVITE was not acknowledged for 32 s.
    public var onSilence: () -> Void = {}

    private unowned let agent: SIPAgent
    /// Only while the request is being passed on.
    private var arrival: OpaquePointer?
    private var reference: OpaquePointer?
    private var isAnswered = false

    init(_ agent: SIPAgent, _ request: SIPMessage, _ source: Target, _ arrival: OpaquePointer) {
      (self.agent, self.request, self.source, self.arrival) = (agent, request, source, arrival)
    }

    deinit { release() }

    /// Takes a complete message, with the request's Via, From, To, Call-ID and CSeq. A 2xx to an INVITE is repeated
    /// until the ACK comes; other responses are repeated when the request is, for 32 s.
    public func respond(_ response: SIPMessage) {
      if arrival != nil, request.method != "INVITE", !agent.mayRemember() { return refuse(response) }
      keep()
      guard let reference, !isAnswered, let status = response.status else { return }
      let tag = response.toTag
      _ = response.bytes.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { text in
          csofia_server_reply(reference, text.baseAddress, text.count, tag)
        }
      }
      guard status >= 200 else { return }
      isAnswered = true
      guard request.method != "INVITE" else { return }
      finish()
    }

    /// Answers without keeping anything: for senders that do not belong here, and may be many. Afterwards it behaves
    /// like ``respond(_:)``.
    public func refuse(_ response: SIPMessage) {
      guard let arrival else { return respond(response) }
      self.arrival = nil
      guard request.method != "ACK" else { return }
      _ = response.bytes.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { text in
          csofia_arrival_reply(arrival, text.baseAddress, text.count)
        }
      }
    }

    /// Treats the request as if it had not come: a repetition is a new request. Only while it is being passed on.
    public func ignore() { arrival = nil }

    func keep() {
      guard let arrival else { return }
      self.arrival = nil
      guard agent.mayHold(request) else { return }
      let context = Unmanaged.passUnretained(self).toOpaque()
      reference = csofia_arrival_keep(
        arrival,
        { context, event, packet in
          guard let context else { return }
          let transaction = Unmanaged<ServerTransaction>.fromOpaque(context).takeUnretainedValue()
          transaction.happened(event, packet?.pointee)
        }, context)
      if reference != nil { agent.hold(self) }
    }

    private func happened(_ event: csofia_server_event, _ packet: csofia_packet?) {
      let message = packet.flatMap { SIPAgent.message($0)?.message }
      switch event {
      case CSOFIA_ACKNOWLEDGED:
        finish()
        if let message { onAcknowledge(message) }
      case CSOFIA_CANCELLED:
        if let message { onCancel(message) }
      default:
        finish()
        onSilence()
      }
    }

    private func finish() {
      // nta may be using it.
      let agent = agent
      agent.loop.post { [self] in
        release()
        agent.letGo(self)
      }
    }

    /// The agent ends.
    func abandon() {
      arrival = nil
      release()
    }

    private func release() {
      if let reference { csofia_server_release(reference) }
      reference = nil
    }
  }
#endif
