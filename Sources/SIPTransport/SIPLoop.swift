// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  import Glibc

  /// What everything in the process waits in: descriptors and deadlines, on the one thread that runs it.
  public final class SIPLoop {
    let reference: OpaquePointer
    private var posted: [() -> Void] = []
    private var postTimer: Timer?
    private var tlsListeners: [ObjectIdentifier: (_ host: String, _ port: UInt16, _ reason: String) -> Void] = [:]

    public init() throws(TransportError) {
      guard let reference = csofia_loop_create() else { throw .loop(errno) }
      self.reference = reference
    }

    deinit {
      csofia_tls_on_failure(nil, nil)
      postTimer = nil
      csofia_loop_destroy(reference)
    }

    /// Milliseconds of a clock that nobody sets; it stands while the machine sleeps.
    public var now: Int64 { Self.now }
    public static var now: Int64 { csofia_now() }
    /// The same, sleep included.
    public static var nowWithSleep: Int64 { csofia_now_with_sleep() }

    /// Until ``stop()``.
    public func run() { csofia_loop_run(reference) }
    public func stop() { csofia_loop_stop(reference) }

    /// The descriptor stays the caller's, who closes it after the watch is gone.
    public func watch(
      _ descriptor: Int32, for events: DescriptorWatch.Events, handler: @escaping (DescriptorWatch.Events) -> Void
    ) throws(TransportError) -> DescriptorWatch {
      try DescriptorWatch(self, descriptor, events, handler)
    }

    /// Fires once, unless it is cancelled or let go of before.
    public func timer(after milliseconds: Int64, handler: @escaping () -> Void) -> Timer {
      Timer(self, milliseconds, handler)
    }

    public func timer(at deadline: Int64, handler: @escaping () -> Void) -> Timer {
      Timer(self, deadline - now, handler)
    }

    /// In the next turn, in the order of the calls.
    public func post(_ action: @escaping () -> Void) {
      posted.append(action)
      guard posted.count == 1 else { return }
      postTimer = timer(after: 0) { [unowned self] in
        let actions = posted
        posted = []
        for action in actions { action() }
      }
    }

    /// Handshakes are told to whoever connects; sofia-sip does not say whose they are.
    func onTLSFailure(of owner: AnyObject, _ handler: ((String, UInt16, String) -> Void)?) {
      tlsListeners[ObjectIdentifier(owner)] = handler
      csofia_tls_on_failure(
        { context, host, port, text in
          guard let context, let host, let text else { return }
          let loop = Unmanaged<SIPLoop>.fromOpaque(context).takeUnretainedValue()
          let (peer, reason) = (String(cString: host), String(cString: text))
          loop.post { for listener in loop.tlsListeners.values { listener(peer, port, reason) } }
        }, Unmanaged.passUnretained(self).toOpaque())
    }
  }
#endif
