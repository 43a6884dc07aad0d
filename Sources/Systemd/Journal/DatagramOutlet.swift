// SPDX-License-Identifier: Apache-2.0
internal import CLinux
internal import Glibc
internal import LinuxFiles

/// Sends datagrams to a process that may be stopped, without ever waiting. What the process cannot take waits here, in
/// order and up to a limit, and is sent as soon as there is room.
@EventLoopActor
final class DatagramOutlet {
  enum Outcome: Equatable {
    case sent
    case waits
    /// There was no room left; it was counted.
    case dropped
    /// There is no receiver, or the datagram cannot be sent at all.
    case failed(Int32)
  }

  private struct Waiting {
    var bytes: [UInt8]
    /// A duplicate, or -1.
    var descriptor: Int32
  }

  /// Sends a datagram over a connected socket. Returns a negative errno on failure; -EAGAIN means that it would block.
  typealias Send = (_ socket: Int32, _ bytes: [UInt8], _ descriptor: Int32) -> Int32

  private let path: String
  private let sendAtOnce: Send
  private let limit: Int
  /// Replaces data that is too large for a datagram. The descriptor is closed after sending. A negative errno on
  /// failure.
  private let substitute: ([UInt8]) -> Int32
  /// Called when the other side has taken everything that waited: how many datagrams were dropped meanwhile, and how
  /// many µs it took.
  private let resumed: @EventLoopActor (_ dropped: Int, _ time: UInt64) -> Void
  private var socket: Int32 = -1
  private var waiting: [Waiting] = []
  private var waitingBytes = 0
  private var dropped = 0
  private var waitsSince: UInt64 = 0
  private var room: EventSource?
  /// The cost of keeping one besides its bytes.
  private static let overhead = 64

  /// - Parameter limit: the bytes that may wait.
  init(
    to path: String, limit: Int, send: @escaping Send = DatagramOutlet.sendDatagram,
    substitute: @escaping ([UInt8]) -> Int32 = { _ in -EMSGSIZE },
    resumed: @escaping @EventLoopActor (_ dropped: Int, _ time: UInt64) -> Void = { _, _ in }
  ) {
    (self.path, self.limit, sendAtOnce, self.substitute, self.resumed) = (path, limit, send, substitute, resumed)
  }

  deinit { EventLoopActor.assumeIsolated { forget() } }

  /// - Parameter descriptor: a duplicate of it goes with the datagram.
  func send(_ bytes: [UInt8], _ descriptor: Int32 = -1) -> Outcome {
    flush()
    if waiting.isEmpty {
      let result = deliver(bytes, descriptor)
      guard result == -EAGAIN else { return result < 0 ? .failed(-result) : .sent }
      waitsSince = SystemClock.monotonic.now
    }
    return keep(bytes, descriptor)
  }

  /// Whether the last waiting datagram equals this one.
  func endsWith(_ bytes: [UInt8]) -> Bool { waiting.last?.bytes == bytes }

  private func keep(_ bytes: [UInt8], _ descriptor: Int32) -> Outcome {
    let copy = descriptor < 0 ? -1 : fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
    if descriptor >= 0 && copy < 0 { return .failed(errno) }
    guard waitingBytes + bytes.count + Self.overhead <= limit else {
      if copy >= 0 { close(copy) }
      dropped += 1
      return .dropped
    }
    waiting.append(Waiting(bytes: bytes, descriptor: copy))
    waitingBytes += bytes.count + Self.overhead
    if room == nil {
      // Without the source, the next datagram is the next try.
      room = try? EventSource.descriptor(socket, .writable) { [weak self] _ in self?.flush() }
    }
    return .waits
  }

  private func flush() {
    guard !waiting.isEmpty else { return }
    var sent = 0
    for datagram in waiting {
      let result = deliver(datagram.bytes, datagram.descriptor)
      if result == -EAGAIN { break }
      sent += 1
      if result < 0 { dropped += 1 }
      waitingBytes -= datagram.bytes.count + Self.overhead
      if datagram.descriptor >= 0 { close(datagram.descriptor) }
    }
    waiting.removeFirst(sent)
    guard waiting.isEmpty else { return }
    unwatch()
    let (count, since) = (dropped, waitsSince)
    dropped = 0
    resumed(count, SystemClock.monotonic.now - since)
  }

  /// Sends what waits, as far as there is room in time. This blocks: use it after the loop has ended.
  func finish(within limit: Duration) {
    let end = SystemClock.monotonic.now + limit.microseconds
    flush()
    while !waiting.isEmpty, socket >= 0 {
      let now = SystemClock.monotonic.now
      guard now < end else { return }
      var room = pollfd(fd: socket, events: Int16(POLLOUT), revents: 0)
      _ = poll(&room, 1, Int32((end - now + 999) / 1000))
      flush()
    }
  }

  /// Cancel it at once: the source lives on in its own handler, and a descriptor cannot be watched twice.
  private func unwatch() {
    room?.cancel()
    room = nil
  }

  private func forget() {
    unwatch()
    for datagram in waiting where datagram.descriptor >= 0 { close(datagram.descriptor) }
    if socket >= 0 { close(socket) }
  }

  // MARK: The socket

  /// Sends a datagram on a socket that does not wait. A negative errno where it failed: -EMSGSIZE or -ENOBUFS is that the
  /// datagram is too large.
  nonisolated static func sendDatagram(_ socket: Int32, _ bytes: [UInt8], _ descriptor: Int32) -> Int32 {
    let count = retryOnInterrupt { clinux_send(socket, bytes, bytes.count, descriptor) }
    return count < 0 ? -errno : 0
  }

  /// Returns a negative errno on failure.
  private func deliver(_ bytes: [UInt8], _ descriptor: Int32) -> Int32 {
    let result = sendOnce(bytes, descriptor)
    // The other side has restarted, or this is the first datagram.
    guard [ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE].contains(-result), connect() else { return result }
    return sendOnce(bytes, descriptor)
  }

  private func sendOnce(_ bytes: [UInt8], _ descriptor: Int32) -> Int32 {
    guard socket >= 0 else { return -ENOTCONN }
    let result = sendAtOnce(socket, bytes, descriptor)
    guard [EMSGSIZE, ENOBUFS].contains(-result), descriptor < 0 else { return result }
    let instead = substitute(bytes)
    guard instead >= 0 else { return instead }
    defer { close(instead) }
    return Self.sendDatagram(socket, [], instead)
  }

  private func connect() -> Bool {
    unwatch()
    if socket >= 0 { close(socket) }
    socket = SpareDescriptor.use { clinux_datagram_socket(path) }
    return socket >= 0
  }
}
