// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc
  public import SIPDialogs

  /// Finds out which of several addresses accepts a connection first; each is tried a quarter of a second after the
  /// previous one (RFC 8305). The connection itself is closed again, because sofia-sip makes its own.
  public final class ConnectionRace {
    public struct Failures: Error, Equatable, Sendable {
      public var reasons: [(target: Target, reason: TransportFailure)]

      public static func == (left: Failures, right: Failures) -> Bool {
        left.reasons.elementsEqual(right.reasons) { $0.target == $1.target && $0.reason == $1.reason }
      }
    }

    private final class Attempt {
      let target: Target
      let descriptor: Int32
      var watch: DescriptorWatch?

      init(_ target: Target, _ descriptor: Int32) { (self.target, self.descriptor) = (target, descriptor) }

      deinit {
        watch?.cancel()
        close(descriptor)
      }
    }

    private let loop: SIPLoop
    private var waiting: ArraySlice<Target>
    private var attempts: [Attempt] = []
    private var failures = Failures(reasons: [])
    private var stagger: Timer?
    private var limit: Timer?
    private var handler: ((ConnectionRace, Result<Target, Failures>) -> Void)?

    private static let staggerTime: Int64 = 250
    private static let maximumTargets = 8

    /// Keep the object until the handler is called, once and not from within this call. A single target wins without a
    /// try, unless `always` is set: its sender will see.
    public init(
      loop: SIPLoop, targets: [Target], always: Bool = false,
      handler: @escaping (ConnectionRace, Result<Target, Failures>) -> Void
    ) {
      (self.loop, self.handler) = (loop, handler)
      waiting = targets.prefix(Self.maximumTargets)
      if let only = targets.first, targets.count == 1, !always {
        loop.post { [weak self] in self?.end(.success(only)) }
        return
      }
      limit = loop.timer(after: ClientTransaction.connectionTime) { [unowned self] in
        failures.reasons += attempts.map { ($0.target, .noConnection(ClientTransaction.connectionTime)) }
        end(.failure(failures))
      }
      loop.post { [weak self] in self?.next() }
    }

    private func next() {
      stagger = nil
      guard handler != nil else { return }
      guard let target = waiting.popFirst() else {
        if attempts.isEmpty { end(.failure(failures)) }
        return
      }
      if let code = attempt(target) {
        failures.reasons.append((target, Self.reason(code)))
        return next()
      }
      guard !waiting.isEmpty else { return }
      stagger = loop.timer(after: Self.staggerTime) { [unowned self] in next() }
    }

    /// An errno if it fails at once.
    private func attempt(_ target: Target) -> Int32? {
      guard let address = SocketAddress(target.host, target.port) else { return EAFNOSUPPORT }
      let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
      let descriptor = socket(address.family, kind, 0)
      guard descriptor >= 0 else { return errno }
      let attempt = Attempt(target, descriptor)
      let code = address.connect(descriptor)
      guard code == 0 || code == EINPROGRESS else { return code }
      do {
        attempt.watch = try loop.watch(descriptor, for: .writable) { [unowned self, unowned attempt] _ in
          settle(attempt)
        }
      } catch {
        return EMFILE
      }
      attempts.append(attempt)
      return nil
    }

    private func settle(_ attempt: Attempt) {
      var (code, length) = (Int32(0), socklen_t(MemoryLayout<Int32>.size))
      getsockopt(attempt.descriptor, SOL_SOCKET, SO_ERROR, &code, &length)
      if code == 0 { return end(.success(attempt.target)) }
      failures.reasons.append((attempt.target, Self.reason(code)))
      attempts.removeAll { $0 === attempt }
      if attempts.isEmpty || stagger != nil { next() }
    }

    private func end(_ result: Result<Target, Failures>) {
      (stagger, limit, attempts) = (nil, nil, [])
      let handler = handler
      self.handler = nil
      handler?(self, result)
    }

    private static func reason(_ code: Int32) -> TransportFailure {
      code == ECONNREFUSED ? .refused : .unreachable(code)
    }
  }
#endif
