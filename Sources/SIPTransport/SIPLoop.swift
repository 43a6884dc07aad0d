// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  import Glibc

  /// The event loop of the process: descriptors and deadlines, on the one thread that runs it.
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
      // An agent that was let go in the last turn is still to be destroyed.
      for action in posted { action() }
      csofia_loop_destroy(reference)
    }

    /// Milliseconds of a monotonic clock, which stops while the machine sleeps.
    public var now: Int64 { Self.now }
    public static var now: Int64 { csofia_now() }
    /// The same, including sleep.
    public static var nowWithSleep: Int64 { csofia_now_with_sleep() }

    /// Until ``stop()``.
    public func run() { csofia_loop_run(reference) }
    public func stop() { csofia_loop_stop(reference) }

    /// The caller keeps the descriptor, and closes it after the watch is gone.
    public func watch(
      _ descriptor: Int32, for events: DescriptorWatch.Events, handler: @escaping (DescriptorWatch.Events) -> Void
    ) throws(TransportError) -> DescriptorWatch {
      try DescriptorWatch(self, descriptor, events, handler)
    }

    /// Fires once, unless it is cancelled or released before.
    public func timer(after milliseconds: Int64, handler: @escaping () -> Void) -> Timer {
      Timer(self, milliseconds, handler)
    }

    public func timer(at deadline: Int64, handler: @escaping () -> Void) -> Timer {
      Timer(self, deadline - now, handler)
    }

    /// Runs in the next turn, in the order of the calls.
    public func post(_ action: @escaping () -> Void) {
      posted.append(action)
      guard posted.count == 1 else { return }
      postTimer = Timer(self, 0, isOfLoop: true) { [unowned self] in
        let actions = posted
        posted = []
        for action in actions { action() }
      }
    }

    /// Reports failed handshakes to everybody who connects, because sofia-sip does not say whose they are.
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
