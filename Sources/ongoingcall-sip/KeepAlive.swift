// SPDX-License-Identifier: Apache-2.0
#if SIP
  import SIPDialogs
  import SIPTransport

  /// Keeps the way open by which far ends and servers reach this end: a NAT forgets a port of UDP after as little as
  /// half a minute.
  final class KeepAlive {
    private let loop: SIPLoop
    private let paths: SIPPaths
    private var timer: Timer?
    /// Of the paths that are in use.
    var ends: Set<LocalEnd> = []

    /// In milliseconds (RFC 5626, 4.4.2).
    private static let pause: ClosedRange<Int64> = 24_000...29_000

    init(loop: SIPLoop, paths: SIPPaths) {
      (self.loop, self.paths) = (loop, paths)
      wait()
    }

    private func wait() {
      timer = loop.timer(after: .random(in: Self.pause)) { [unowned self] in
        for end in ends { paths.agent(of: end)?.keepAlive(to: end.target) }
        wait()
      }
    }
  }
#endif
