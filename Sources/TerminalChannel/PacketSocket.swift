// SPDX-License-Identifier: Apache-2.0
internal import Glibc
internal import LinuxFiles

/// One end of a connected Unix socket that carries packets (SOCK_SEQPACKET). It never blocks.
public final class PacketSocket {
  public enum Sent: Sendable {
    case whole
    /// Nothing was sent, because the other end does not read. Poll for writing.
    case full
    case gone
  }

  public enum Received: Sendable, Equatable {
    case packet([UInt8])
    case nothing
    case tooLong
    case gone
  }

  public let descriptor: Int32

  /// Takes ownership of the descriptor.
  public init(_ descriptor: Int32) { self.descriptor = descriptor }

  deinit { close(descriptor) }

  public func send(_ packet: [UInt8]) -> Sent {
    let flags = Int32(MSG_DONTWAIT | MSG_NOSIGNAL)
    let count = retryOnInterrupt { Glibc.send(descriptor, packet, packet.count, flags) }
    guard count < 0 else { return .whole }
    return errno == EAGAIN || errno == ENOBUFS ? .full : .gone
  }

  /// How much of what was sent the other end has not read, in bytes, with what the kernel needs for it.
  public var unread: Int {
    var count: Int32 = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
  }

  public func receive() -> Received {
    withUnsafeTemporaryAllocation(byteCount: TerminalProtocol.maximumMessage, alignment: 1) { buffer in
      while true {
        let count = retryOnInterrupt {
          recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_DONTWAIT | MSG_TRUNC))
        }
        if count > buffer.count { return .tooLong }
        if count > 0 { return .packet(Array(buffer[..<count])) }
        // Reported once if the other end closed with something unread; what it had sent is still there.
        if count < 0 && errno == ECONNRESET { continue }
        return count < 0 && errno == EAGAIN ? .nothing : .gone
      }
    }
  }
}
