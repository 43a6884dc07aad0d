// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc
  import SIPDialogs

  /// How packets to a host leave this machine: the source address that the kernel chooses.
  public enum LocalPath: Equatable, Sendable {
    case address(String)
    case none(TransportFailure)

    public var address: String? {
      guard case .address(let text) = self else { return nil }
      return text
    }

    public var failure: TransportFailure? {
      guard case .none(let failure) = self else { return nil }
      return failure
    }

    /// Judged by its address, not by a name that looks like it.
    public var isLoopback: Bool { address.flatMap { NumericAddress($0) }?.isLoopback ?? false }

    /// For a numeric host. Nothing is sent: connecting a datagram socket only looks up the route.
    public static func local(for host: String, port: UInt16 = 9) -> LocalPath {
      guard let target = SocketAddress(host, port == 0 ? 9 : port) else { return .none(.unreachable(EAFNOSUPPORT)) }
      let descriptor = socket(target.family, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      guard descriptor >= 0 else { return .none(.unreachable(errno)) }
      defer { close(descriptor) }
      let code = target.connect(descriptor)
      guard code == 0, let own = SocketAddress(of: descriptor) else { return .none(.unreachable(code)) }
      return .address(own.host)
    }

    /// The same; none if its interface has no carrier, because routes of such an interface stay.
    public static func carried(to host: String) -> LocalPath {
      let path = local(for: host)
      guard let address = path.address, NumericAddress(address) != NumericAddress(host), !isCarried(address) else {
        return path
      }
      return .none(.unreachable(ENETDOWN))
    }

    /// The kernel's IFF_LOWER_UP, which glibc lacks: IFF_RUNNING comes up to a second late.
    private static let lowerUp: UInt32 = 1 << 16

    private static func isCarried(_ text: String) -> Bool {
      var list: UnsafeMutablePointer<ifaddrs>?
      guard getifaddrs(&list) == 0 else { return true }
      defer { freeifaddrs(list) }
      let carried = UInt32(IFF_UP) | lowerUp
      var entry = list
      while let interface = entry?.pointee {
        entry = interface.ifa_next
        if let address = interface.ifa_addr, SocketAddress(address)?.host == text,
          interface.ifa_flags & carried == carried
        {
          return true
        }
      }
      return false
    }
  }
#endif
