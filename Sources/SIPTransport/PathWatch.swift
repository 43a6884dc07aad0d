// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  import Glibc

  /// Reports when packets to a host begin to leave this machine another way.
  public final class PathWatch {
    public enum Change: Equatable, Sendable {
      case lost(TransportFailure)
      /// From another address than before.
      case moved(String)
      /// From the same address as before the loss, or another one.
      case found(String)
    }

    private let loop: SIPLoop
    private let descriptor: Int32
    private var watch: DescriptorWatch?
    private var settling: Timer?
    private var handler: (Change) -> Void
    public private(set) var path: LocalPath

    /// The far end may have moved; changes caused by this are not reported.
    public var host: String {
      didSet { if host != oldValue { path = LocalPath.carried(to: host) } }
    }

    /// One change of the network causes many messages, with short-lived states in between.
    private static let settlingTime: Int64 = 200

    public init(loop: SIPLoop, host: String, handler: @escaping (Change) -> Void) throws(TransportError) {
      (self.loop, self.host, self.handler) = (loop, host, handler)
      path = LocalPath.carried(to: host)
      descriptor = csofia_network_changes()
      guard descriptor >= 0 else { throw .watch(-descriptor) }
      watch = try loop.watch(descriptor, for: .readable) { [unowned self] _ in drain() }
    }

    deinit {
      watch?.cancel()
      if descriptor >= 0 { close(descriptor) }
    }

    /// The contents of the messages do not matter, and neither do lost ones: the kernel is asked again.
    private func drain() {
      var scratch = [UInt8](repeating: 0, count: 8192)
      while recv(descriptor, &scratch, scratch.count, 0) > 0 || errno == ENOBUFS {}
      // Report a returned path at once; a lost one may come back soon.
      if path.address == nil { look() }
      if settling == nil {
        settling = loop.timer(after: Self.settlingTime) { [unowned self] in
          settling = nil
          look()
        }
      }
    }

    private func look() {
      let before = path
      path = LocalPath.carried(to: host)
      switch (before, path) {
      case (.none, .address(let address)): handler(.found(address))
      case (.address(let old), .address(let new)): if old != new { handler(.moved(new)) }
      case (.address, .none(let failure)): handler(.lost(failure))
      case (.none, .none): break
      }
    }
  }
#endif
