// SPDX-License-Identifier: Apache-2.0
internal import CLinux
import CallModel
internal import Glibc

/// Reports changes of a link, an address or a route of this machine as soon as the kernel does (rtnetlink(7)).
@EventLoopActor
public final class NetworkMonitor {
  private let descriptor: Int32
  private var source: EventSource?
  private var settling: EventSource?
  private let handler: @EventLoopActor () -> Void

  /// One cause makes several changes, which are reported as one.
  private static let burst = Duration.milliseconds(20)

  public init(onChange handler: @escaping @EventLoopActor () -> Void) throws(SystemError) {
    self.handler = handler
    descriptor = try SystemError.checkCall(clinux_network_watch(), "watch the network")
    source = try EventSource.descriptor(descriptor, .readable) { [weak self] _ in self?.read() }
  }

  deinit {
    EventLoopActor.assumeIsolated {
      source?.cancel()
      close(descriptor)
    }
  }

  /// Whether this machine has an address with which it can reach others.
  public static var isUp: Bool { clinux_network_is_up() }

  private func read() {
    guard clinux_network_drain(descriptor) != 0, settling == nil else { return }
    do {
      settling = try EventSource.timer(after: Self.burst, accuracy: .milliseconds(1)) { [weak self] in
        self?.settling = nil
        self?.handler()
      }
    } catch { handler() }
  }
}
