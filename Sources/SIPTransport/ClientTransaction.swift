// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  import Glibc
  public import SIPDialogs

  /// A request that was sent, and its responses. The agent keeps it as long as responses may come.
  public final class ClientTransaction {
    public enum Event: Equatable {
      /// Also provisional ones; for an INVITE every 2xx, including repeated ones and those of other forks, until 32
      /// seconds after the last.
      case response(SIPMessage, source: Target)
      /// The last event.
      case failed(TransportFailure)
    }

    public let request: SIPMessage
    public let target: Target
    public let branch: String
    public let isInvite: Bool
    /// The first final status; nil until there is one.
    public private(set) var status: Int?

    private unowned let agent: SIPAgent
    private var handler: ((Event) -> Void)?
    private var reference: OpaquePointer?
    /// Used while a connection is being made, and then while late responses may come.
    private var timer: Timer?
    private let begun: Int64
    private var wasConnected = false

    /// How long a connection may take.
    static let connectionTime: Int64 = 10_000
    /// sofia-sip does not report whether a connection was made.
    private static let connectionLook: Int64 = 200
    private static let lateAnswers: Int64 = 32_000

    init(
      _ agent: SIPAgent, _ request: SIPMessage, _ target: Target, branch: String, _ handler: @escaping (Event) -> Void
    ) {
      (self.agent, self.request, self.target, self.branch) = (agent, request, target, branch)
      self.handler = handler
      isInvite = request.method == "INVITE"
      begun = agent.loop.now
    }

    deinit { release() }

    /// No more events follow. An INVITE without a final response is abandoned silently.
    public func forget() {
      // It is over, and the agent may be gone.
      guard handler != nil else { return }
      handler = nil
      timer = nil
      let agent = agent
      agent.loop.post { [self] in
        release()
        agent.drop(self)
      }
    }

    func begin(_ bytes: [UInt8], _ route: String) {
      let context = Unmanaged.passUnretained(self).toOpaque()
      guard let sofia = agent.reference else { return fail(.closed) }
      reference = bytes.withUnsafeBufferPointer { buffer in
        buffer.withMemoryRebound(to: CChar.self) { text in
          csofia_client_create(
            sofia, text.baseAddress, text.count, branch, route,
            { context, packet, error in
              guard let context else { return }
              let transaction = Unmanaged<ClientTransaction>.fromOpaque(context).takeUnretainedValue()
              transaction.happened(packet?.pointee, error)
            }, context)
        }
      }
      guard reference != nil else {
        return fail(.unsendable("sofia-sip refuses it, or has no \(target.transport) transport"))
      }
      guard target.transport.isReliable else { return }
      wasConnected = csofia_client_connection(reference) == CSOFIA_CONNECTED
      if !wasConnected { lookAtConnection() }
    }

    private func happened(_ packet: csofia_packet?, _ error: Int32) {
      guard let packet else { return error == 0 ? fail(.timeout) : diagnose(error) }
      do throws(SIPSyntaxError) {
        guard let (response, source) = try SIPAgent.response(packet) else { return }
        receive(response, source)
      } catch { fail(.unreadable("\(error)")) }
    }

    /// Including responses that nta no longer assigns to it.
    func receive(_ message: SIPMessage, _ source: Target) {
      guard handler != nil, let status = message.status else { return }
      wasConnected = true
      if status >= 200 {
        if self.status == nil { self.status = status }
        // nta would be freed while it is running.
        let agent = agent
        agent.loop.post { [self] in withExtendedLifetime(agent) { release() } }
        timer = agent.loop.timer(after: isInvite ? Self.lateAnswers : 0) { [unowned self] in agent.drop(self) }
      } else if target.transport.isReliable, self.status == nil {
        timer = nil
      }
      handler?(.response(message, source: source))
    }

    func fail(_ failure: TransportFailure) {
      guard let handler, status == nil else { return }
      self.handler = nil
      timer = nil
      // Not from within the call that sends, nor from within nta.
      let agent = agent
      agent.loop.post { [self] in
        release()
        agent.drop(self)
        handler(.failed(failure))
      }
    }

    /// It is over, or the agent is.
    func abandon() {
      (handler, timer) = (nil, nil)
      release()
    }

    private func release() {
      if let reference { csofia_client_release(reference) }
      reference = nil
    }

    // MARK: Why not

    /// `error` is not positive if a connection was closed.
    private func diagnose(_ error: Int32) {
      switch error {
      case ECONNREFUSED: fail(.refused)
      case ENETUNREACH, EHOSTUNREACH, EINVAL, EADDRNOTAVAIL, EACCES, EPERM, ETIMEDOUT, EAFNOSUPPORT:
        fail(.unreachable(error))
      case _ where target.transport.isReliable && !wasConnected:
        timer = nil
        agent.probe(target) { [weak self] reason in self?.fail(reason ?? .closed) }
      default: fail(error > 0 ? .unreachable(error) : .closed)
      }
    }

    private func lookAtConnection() {
      timer = agent.loop.timer(after: Self.connectionLook) { [unowned self] in
        guard let reference else { return }
        switch csofia_client_connection(reference) {
        case CSOFIA_CONNECTED: (timer, wasConnected) = (nil, true)
        case CSOFIA_CLOSED: diagnose(-1)
        default:
          if agent.loop.now - begun >= Self.connectionTime { return fail(.noConnection(Self.connectionTime)) }
          lookAtConnection()
        }
      }
    }
  }
#endif
