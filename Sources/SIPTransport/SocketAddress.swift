// SPDX-License-Identifier: Apache-2.0
#if SIP
  import CSofia
  import Glibc

  /// A numeric address and a port, in the system's form.
  struct SocketAddress {
    private var storage = sockaddr_storage()
    private var length: socklen_t

    init?(_ host: String, _ port: UInt16) {
      var (four, six) = (in_addr(), in6_addr())
      if inet_pton(AF_INET, host, &four) == 1 {
        length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutableBytes(of: &storage) {
          let address = sockaddr_in(
            sin_family: sa_family_t(AF_INET), sin_port: port.bigEndian, sin_addr: four,
            sin_zero: (0, 0, 0, 0, 0, 0, 0, 0))
          $0.storeBytes(of: address, as: sockaddr_in.self)
        }
      } else if inet_pton(AF_INET6, host, &six) == 1 {
        length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        withUnsafeMutableBytes(of: &storage) {
          let address = sockaddr_in6(
            sin6_family: sa_family_t(AF_INET6), sin6_port: port.bigEndian, sin6_flowinfo: 0, sin6_addr: six,
            sin6_scope_id: 0)
          $0.storeBytes(of: address, as: sockaddr_in6.self)
        }
      } else {
        return nil
      }
    }

    /// The descriptor's own.
    init?(of descriptor: Int32) {
      length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let status = withUnsafeMutablePointer(to: &storage) { [length] storage in
        var length = length
        return storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
      }
      guard status == 0 else { return nil }
      length = socklen_t(family == AF_INET6 ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    }

    /// From one of the system's lists.
    init?(_ address: UnsafePointer<sockaddr>) {
      switch Int32(address.pointee.sa_family) {
      case AF_INET: length = socklen_t(MemoryLayout<sockaddr_in>.size)
      case AF_INET6: length = socklen_t(MemoryLayout<sockaddr_in6>.size)
      default: return nil
      }
      withUnsafeMutableBytes(of: &storage) { [length] in
        $0.copyMemory(from: UnsafeRawBufferPointer(start: address, count: Int(length)))
      }
    }

    var family: Int32 { Int32(storage.ss_family) }

    /// Numeric, without a zone.
    var host: String {
      var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      let status = withUnsafePointer(to: storage) { storage in
        storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getnameinfo($0, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
        }
      }
      guard status == 0 else { return "" }
      let end: [CChar] = [0, CChar(UInt8(ascii: "%"))]
      return String(decoding: text.prefix { !end.contains($0) }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// 0, or an errno; EINPROGRESS for a non-blocking socket.
    func connect(_ descriptor: Int32) -> Int32 {
      withUnsafePointer(to: storage) { storage in
        storage.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          csofia_connect_apart(descriptor, $0, length) == 0 ? 0 : errno
        }
      }
    }
  }
#endif
