// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  public import SIPDialogs

  /// A request that has arrived. What is not answered, kept or ignored when the handler returns is kept.
  public final class ServerTransaction {
    public let request: SIPMessage
    public let source: Target
    /// The ACK of a final response; of a 2xx it may bring a body.
    public var onAcknowledge: (SIPMessage) -> Void = { _ in }
    /// Only before a final response. nta has answered the CANCEL; the request still is to be: 487.
    public var onCancel: (SIPMessage) -> Void = { _ in }
    /// The final response to an INVITE has not been acknowledged for 32 s.
    public var onSilence: () -> Void = {}

    private unowned let agent: SIPAgent
    /// Only as long as the request is being handed over.
    private var arrival: OpaquePointer?
    private var reference: OpaquePointer?
    private var isAnswered = false

    init(_ agent: SIPAgent, _ request: SIPMessage, _ source: Target, _ arrival: OpaquePointer) {
      (self.agent, self.request, self.source, self.arrival) = (agent, request, source, arrival)
    }

    deinit { release() }

    /// With a whole message: Via, From, To, Call-ID and CSeq of the request. A 2xx to an INVITE is repeated until the
    /// ACK comes, and the response to whatever is repeated is, for 32 s.
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

    /// Answers, and keeps nothing of it: to those who have no business here, who may be many. Afterwards, as
    /// ``respond(_:)`` does.
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

    /// As if it had not come: repeated, it comes again. Only while the request is handed over.
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
      // nta may be in the midst of it.
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
