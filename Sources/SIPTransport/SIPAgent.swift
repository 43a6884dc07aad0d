// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  public import SIPDialogs

  /// SIP's transports and transactions at one address of this machine. It knows nothing of dialogs: requests are passed
  /// on as they come, and sent as they are.
  public final class SIPAgent {
    public let loop: SIPLoop
    /// Numeric; IPv6 without brackets.
    public let address: String
    /// Every request that is not a retransmission, including ACKs to a 2xx that nta cannot assign.
    public var onRequest: (SIPMessage, Target, ServerTransaction) -> Void = { _, _, transaction in
      transaction.ignore()
    }

    /// A response to no request of this agent; a previous process may have sent the request.
    public var onStray: (SIPMessage, Target) -> Void = { _, _ in }

    /// The connection by which the far end has answered is gone. What waits for a response may still get it.
    public var onLostConnection: (Target) -> Void = { _ in }

    /// nil when it is closed.
    private(set) var reference: OpaquePointer?
    private var ports: [Target.Transport: UInt16] = [:]
    /// By branch and method.
    private var clients: [String: ClientTransaction] = [:]
    private var servers: [ObjectIdentifier: ServerTransaction] = [:]
    private var probes: [ObjectIdentifier: ConnectionRace] = [:]
    /// The number of answers kept since then.
    private var answers = 0
    private var countedSince: Int64 = 0

    /// Requests that wait for our answer or their ACK; further ones are refused.
    public static let maximumServerTransactions = 64
    /// An INVITE may wait for its ACK in vain; its sender must still be able to send something else.
    public static let maximumInvites = 32
    /// Answers that are kept for repeated requests. Each takes ten kilobytes; further answers are sent only once.
    public static let maximumAnswers = 500
    /// In milliseconds: how long nta keeps one (timer J of RFC 3261, 17.2.2).
    private static let answersAreKeptFor: Int64 = 32_000
    /// How many ports are tried until one is free for all transports.
    private static let tries = 16

    /// Listens on `address`, with all transports on one port if possible: on `port` if it is free, else on any.
    public init(
      loop: SIPLoop, address: String, transports: Set<Target.Transport>, port: UInt16? = nil
    ) throws(TransportError) {
      (self.loop, self.address) = (loop, address)
      // The C side ends with this object.
      let handlers = csofia_agent_handlers(
        context: Unmanaged.passUnretained(self).toOpaque(),
        request: { context, arrival, packet in
          guard let context, let arrival, let packet else { return }
          Unmanaged<SIPAgent>.fromOpaque(context).takeUnretainedValue().request(arrival, packet.pointee)
        },
        response: { context, packet in
          guard let context, let packet else { return }
          Unmanaged<SIPAgent>.fromOpaque(context).takeUnretainedValue().stray(packet.pointee)
        },
        lost: { context, host, port, transport in
          guard let context, let host, let transport = transport.flatMap({ Target.Transport(String(cString: $0)) })
          else { return }
          let peer = Target(transport, String(cString: host), port)
          Unmanaged<SIPAgent>.fromOpaque(context).takeUnretainedValue().lost(peer)
        })
      try bind(handlers, transports.sorted { $0.order < $1.order }, port)
      loop.onTLSFailure(of: self) { [unowned self] host, port, reason in
        for client in clients.values where client.target.transport == .tls && client.target.isAt(host, port) {
          client.fail(.tls(reason))
        }
      }
    }

    deinit {
      guard let reference = detach() else { return }
      // The agent itself may call code that releases it.
      loop.post { csofia_agent_destroy(reference) }
    }

    /// Releases its ports at once. Do not call this from within one of its own handlers; release it there.
    public func close() {
      if let reference = detach() { csofia_agent_destroy(reference) }
    }

    private func detach() -> OpaquePointer? {
      loop.onTLSFailure(of: self, nil)
      for client in clients.values { client.abandon() }
      for server in servers.values { server.abandon() }
      (clients, servers, probes, ports) = ([:], [:], [:], [:])
      guard let reference else { return nil }
      self.reference = nil
      csofia_agent_silence(reference)
      return reference
    }

    /// nil if it does not listen on that transport.
    public func localPort(for transport: Target.Transport) -> UInt16? { ports[transport] }

    private func bind(
      _ handlers: csofia_agent_handlers, _ transports: [Target.Transport], _ port: UInt16?
    ) throws(TransportError) {
      var wanted = port ?? 0
      var failure = TransportError.agent
      for _ in 0..<Self.tries {
        guard let agent = csofia_agent_create(loop.reference, handlers) else { throw .agent }
        let bound = Result { () throws(TransportError) in try listen(agent, transports, wanted) }
        switch bound {
        case .success(let ports):
          (reference, self.ports) = (agent, ports)
          return
        case .failure(let error):
          csofia_agent_destroy(agent)
          failure = error
          wanted = 0
        }
      }
      throw failure
    }

    private func listen(
      _ agent: OpaquePointer, _ transports: [Target.Transport], _ wanted: UInt16
    ) throws(TransportError) -> [Target.Transport: UInt16] {
      var (ports, wanted): ([Target.Transport: UInt16], UInt16) = ([:], wanted)
      for transport in transports {
        // TLS cannot use the same port as TCP.
        let own = transport == .tls && ports[.tcp] != nil ? 0 : wanted
        let status = csofia_agent_bind(agent, transport.rawValue, Self.bracketed(address), own)
        guard status > 0, let port = UInt16(exactly: status) else {
          throw .bind(transport: transport.rawValue, address: address, port: own, -status)
        }
        ports[transport] = port
        if wanted == 0 { wanted = port }
      }
      return ports
    }

    static func bracketed(_ host: String) -> String { host.utf8.contains(UInt8(ascii: ":")) ? "[\(host)]" : host }

    // MARK: Outward

    /// Sends a request that begins with our own Via, whose branch identifies its transaction; one of a previous process
    /// continues. Events come later, never from within this call.
    @discardableResult
    public func send(
      _ message: SIPMessage, to target: Target, handler: @escaping (ClientTransaction.Event) -> Void
    ) -> ClientTransaction {
      let branch = message.topVia?.branch ?? ""
      let transaction = ClientTransaction(self, message, target, branch: branch, handler)
      let key = Self.key(branch, message.method ?? "")
      clients[key]?.forget()
      clients[key] = transaction
      guard !branch.isEmpty else {
        transaction.fail(.unsendable("it lacks a Via with a branch"))
        return transaction
      }
      transaction.begin(message.bytes, route(to: target))
      return transaction
    }

    /// Sends a CANCEL with the branch and target of the INVITE that it cancels; the INVITE's own response is still to
    /// come. For an INVITE of a previous process, use ``send(_:to:handler:)``.
    @discardableResult
    public func cancel(
      _ invite: ClientTransaction, with message: SIPMessage,
      handler: @escaping (ClientTransaction.Event) -> Void = { _ in }
    ) -> ClientTransaction {
      send(message, to: invite.target, handler: handler)
    }

    /// Sends the ACK of a 2xx, with its own branch. It has no response; send it again when the 2xx comes again.
    public func sendAcknowledge(_ message: SIPMessage, to target: Target) {
      guard let reference, let branch = message.topVia?.branch else { return }
      let route = route(to: target)
      _ = message.bytes.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { text in
          csofia_agent_send(reference, text.baseAddress, text.count, branch, route)
        }
      }
    }

    /// Keeps a NAT's mapping of the port of this end. Whoever gets it ignores it (RFC 3261, 7.5).
    public func keepAlive(to target: Target) {
      guard target.transport == .udp, let port = ports[.udp] else { return }
      _ = csofia_keep_alive(address, port, target.host, target.port)
    }

    /// A URI with the address as `maddr` if there is a name: nta uses this to tell connections apart.
    private func route(to target: Target) -> String {
      let (host, port) = (Self.bracketed(target.host), target.port)
      guard target.transport == .tls else { return "sip:\(host):\(port);transport=\(target.transport.rawValue)" }
      csofia_tls_expect(target.host, port, target.name ?? target.host)
      guard let name = target.name else { return "sip:\(host):\(port);transport=tls" }
      return "sip:\(name):\(port);transport=tls;maddr=\(host)"
    }

    private static func key(_ branch: String, _ method: String) -> String { "\(method) \(branch)" }

    func drop(_ client: ClientTransaction) {
      client.abandon()
      let key = Self.key(client.branch, client.request.method ?? "")
      if clients[key] === client { clients[key] = nil }
    }

    /// Finds out why no connection can be made; nil if one can.
    func probe(_ target: Target, handler: @escaping (TransportFailure?) -> Void) {
      let race = ConnectionRace(loop: loop, targets: [target], always: true) { [weak self] race, outcome in
        self?.probes[ObjectIdentifier(race)] = nil
        if case .failure(let failures) = outcome { handler(failures.reasons.first?.reason) } else { handler(nil) }
      }
      probes[ObjectIdentifier(race)] = race
    }

    // MARK: Inward

    static func message(_ packet: csofia_packet) -> (message: SIPMessage, source: Target)? {
      let bytes = UnsafeBufferPointer(start: packet.bytes, count: packet.length).map { UInt8(bitPattern: $0) }
      guard let message = try? SIPMessage(bytes), let transport = Target.Transport(String(cString: packet.transport))
      else { return nil }
      return (message, Target(transport, String(cString: packet.host), packet.port))
    }

    /// Also one that is not whole.
    static func response(_ packet: csofia_packet) throws(SIPSyntaxError) -> (message: SIPMessage, source: Target)? {
      let bytes = UnsafeBufferPointer(start: packet.bytes, count: packet.length).map { UInt8(bitPattern: $0) }
      guard let transport = Target.Transport(String(cString: packet.transport)) else { return nil }
      return (try SIPMessage(response: bytes), Target(transport, String(cString: packet.host), packet.port))
    }

    private func request(_ arrival: OpaquePointer, _ packet: csofia_packet) {
      guard let (message, source) = Self.message(packet) else { return }
      let transaction = ServerTransaction(self, message, source, arrival)
      onRequest(message, source, transaction)
      transaction.keep()
    }

    private func stray(_ packet: csofia_packet) {
      guard let (message, source) = try? Self.response(packet), let branch = message.topVia?.branch,
        let method = message.sequenceMethod
      else { return }
      guard let client = clients[Self.key(branch, method)] else { return onStray(message, source) }
      client.receive(message, source)
    }

    /// Not from within nta.
    private func lost(_ peer: Target) {
      loop.post { [weak self] in if let self, reference != nil { onLostConnection(peer) } }
    }

    func mayHold(_ request: SIPMessage) -> Bool {
      servers.count < Self.maximumServerTransactions
        && (request.method != "INVITE" || servers.values.count { $0.request.method == "INVITE" } < Self.maximumInvites)
    }

    /// Whether the answer to a request other than INVITE may be kept.
    func mayRemember() -> Bool {
      if loop.now - countedSince >= Self.answersAreKeptFor { (countedSince, answers) = (loop.now, 0) }
      answers += 1
      return answers <= Self.maximumAnswers
    }

    func hold(_ server: ServerTransaction) { servers[ObjectIdentifier(server)] = server }
    func letGo(_ server: ServerTransaction) { servers[ObjectIdentifier(server)] = nil }
  }

  extension Target.Transport {
    fileprivate init?(_ name: String) { self.init(rawValue: name) }

    /// UDP first, because a free port is harder to find for it.
    fileprivate var order: Int { [.udp, .tcp, .tls].firstIndex(of: self) ?? 0 }
  }

  extension Target {
    fileprivate func isAt(_ host: String, _ port: UInt16) -> Bool {
      self.port == port && NumericAddress(self.host) == NumericAddress(host)
    }
  }
#endif
