// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  import Glibc

  /// SIGTERM and SIGINT as events of the loop instead of interruptions.
  ///
  /// Create it before any thread: threads inherit that these signals are blocked.
  public final class StopSignals {
    private let descriptor: Int32
    private var watch: DescriptorWatch?

    public init(_ loop: SIPLoop, handler: @escaping (_ signal: Int32) -> Void) throws(TransportError) {
      // The terminal of the call may close, and so may the reader of the output.
      _ = signal(SIGHUP, SIG_IGN)
      _ = signal(SIGPIPE, SIG_IGN)
      let descriptor = csofia_stop_signals()
      self.descriptor = descriptor
      guard descriptor >= 0 else { throw .watch(-descriptor) }
      watch = try loop.watch(descriptor, for: .readable) { _ in
        while case let signal = csofia_next_signal(descriptor), signal > 0 { handler(signal) }
      }
    }

    deinit {
      watch?.cancel()
      if descriptor >= 0 { close(descriptor) }
    }
  }
#endif
