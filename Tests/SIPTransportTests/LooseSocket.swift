// SPDX-License-Identifier: Apache-2.0
#if SIP
  import Glibc

  /// Sends whatever it is given, from nowhere in particular, to ports of 127.0.0.1.
  struct LooseSocket {
    private let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)

    func send(_ bytes: [UInt8], to port: UInt16) {
      var address = sockaddr_in()
      address.sin_family = sa_family_t(AF_INET)
      address.sin_port = port.bigEndian
      address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      _ = withUnsafePointer(to: address) { address in
        address.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(descriptor, bytes, bytes.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
    }

    func close() { Glibc.close(descriptor) }
  }
#endif
