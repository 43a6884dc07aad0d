// SPDX-License-Identifier: GPL-3.0-or-later
#if SIP
  import Glibc

  /// How packets to the far end leave this machine: the address that they would be sent from.
  struct NetworkPath {
    enum Change: Equatable {
      case none
      case lost
      /// From another address than before.
      case moved
      case found
    }

    /// Where the far end is known by a name only: an address that is nobody's (RFC 5737, RFC 3849), so that its path
    /// is the default route's.
    private static let anywhere = ["192.0.2.1", "2001:db8::1"]

    private var destinations: [String]
    private var last: String?

    /// `host` is a number, or nil where it is not known.
    init(to host: String?) {
      destinations = host.map { [$0] } ?? Self.anywhere
      last = address
    }

    var exists: Bool { last != nil }

    /// Whether it is the default route's, by its address.
    var isDefault: Bool { last == Self.anywhere.lazy.compactMap(Self.localAddress(to:)).first }

    /// The far end turned out to be elsewhere.
    mutating func lead(to host: String) {
      guard destinations != [host] else { return }
      destinations = [host]
      // Only a path that there is may be compared with later; without one, its return is still to be told.
      if last != nil { last = address ?? last }
    }

    /// What has changed since the last look.
    mutating func look() -> Change {
      let before = last
      last = address
      return switch (before, last) {
      case (nil, nil): .none
      case (nil, _): .found
      case (_, nil): .lost
      default: before == last ? .none : .moved
      }
    }

    private var address: String? { destinations.lazy.compactMap(Self.localAddress(to:)).first }

    private static func localAddress(to host: String) -> String? {
      var hints = addrinfo()
      hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV
      hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
      var found: UnsafeMutablePointer<addrinfo>?
      guard getaddrinfo(host, "9", &hints, &found) == 0, let target = found?.pointee else { return nil }
      defer { freeaddrinfo(found) }
      // Connecting a datagram socket sends nothing; the kernel only looks the route up.
      let descriptor = socket(target.ai_family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { return nil }
      defer { close(descriptor) }
      guard connect(descriptor, target.ai_addr, target.ai_addrlen) == 0 else { return nil }
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      return withUnsafeMutablePointer(to: &storage) { storage in
        storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
          guard getsockname(descriptor, address, &length) == 0, let text = numeric(address, length) else {
            return nil
          }
          return text == host || isCarried(text) ? text : nil
        }
      }
    }

    /// IFF_LOWER_UP of the kernel, which glibc lacks: IFF_RUNNING comes up to a second late.
    private static let lowerUp: UInt32 = 1 << 16

    /// Whether an interface with that address has a carrier: the routes of one without stay.
    private static func isCarried(_ text: String) -> Bool {
      var list: UnsafeMutablePointer<ifaddrs>?
      guard getifaddrs(&list) == 0 else { return true }
      defer { freeifaddrs(list) }
      let carried = UInt32(IFF_UP) | lowerUp
      for entry in sequence(first: list, next: { $0?.pointee.ifa_next }).prefix(while: { $0 != nil }) {
        guard let entry, let address = entry.pointee.ifa_addr else { continue }
        let length =
          switch Int32(address.pointee.sa_family) {
          case AF_INET: MemoryLayout<sockaddr_in>.size
          case AF_INET6: MemoryLayout<sockaddr_in6>.size
          default: 0
          }
        guard length > 0, numeric(address, socklen_t(length)) == text else { continue }
        if entry.pointee.ifa_flags & carried == carried { return true }
      }
      return false
    }

    private static func numeric(_ address: UnsafePointer<sockaddr>, _ length: socklen_t) -> String? {
      var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard getnameinfo(address, length, &host, socklen_t(host.count), nil, 0, NI_NUMERICHOST) == 0 else {
        return nil
      }
      return String(decoding: host.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
  }
#endif
