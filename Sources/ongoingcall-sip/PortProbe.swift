// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import Glibc

  /// Asks, beside the call, whether anybody listens on a UDP port.
  ///
  /// liblinphone's socket is not connected, so that it never hears that a port is closed or a host away, and gives up
  /// only after 32 seconds (RFC 3261, timer B); section 18.4 asks for better. The probe's socket is connected. It
  /// sends the empty lines that SIP ignores before a message (7.5), and only where nothing has been heard for a while.
  final class PortProbe {
    private static let period: Int64 = 500
    /// One refusal may be a far end that is just starting.
    private static let refusalsWanted = 3
    /// Then a far end that is silent is not worth more of them; a host that is away is told of after three seconds.
    private static let triesAtMost = 12
    private static let refusals = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH]

    private let descriptor: Int32
    private var nextAt: Int64?
    private var refused = 0
    private var lastRefusal = ECONNREFUSED
    private var tries = 0

    init?(host: String, port: UInt16) {
      var hints = addrinfo()
      hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
      hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
      var found: UnsafeMutablePointer<addrinfo>?
      guard getaddrinfo(host, String(port), &hints, &found) == 0, let address = found?.pointee else {
        return nil
      }
      defer { freeaddrinfo(found) }
      descriptor = socket(
        address.ai_family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
      guard descriptor >= 0, connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 else { return nil }
    }

    deinit { if descriptor >= 0 { close(descriptor) } }

    /// What is wrong there, as far as the network says it.
    func trouble(at now: Int64) -> CallEnding.Trouble? {
      probe(at: now)
      guard refused >= Self.refusalsWanted else { return nil }
      return lastRefusal == ECONNREFUSED ? .closed : .transport
    }

    private func probe(at now: Int64) {
      guard let nextAt else {
        self.nextAt = now + Self.period
        return
      }
      guard now >= nextAt, refused < Self.refusalsWanted, tries < Self.triesAtMost else { return }
      self.nextAt = now + Self.period
      tries += 1
      // The kernel tells what became of the packet before, once, to whatever is done with the socket next.
      if send(descriptor, "\r\n\r\n", 4, 0) < 0, Self.refusals.contains(errno) {
        refused += 1
        lastRefusal = errno
        _ = send(descriptor, "\r\n\r\n", 4, 0)
      }
    }
  }
#endif
