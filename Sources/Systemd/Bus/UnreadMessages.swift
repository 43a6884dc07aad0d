// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc
internal import LinuxFiles

/// What the socket of a connection holds and sd-bus has not read yet.
///
/// sd-bus does not report the size of a message; but since it reads one message at a time, the socket then begins with
/// the header of the next one. And sd-bus takes many times longer to read a message than the bus takes to send the
/// next, so messages that nobody wants are dropped here. So are messages whose descriptors this process has no room for:
/// sd-bus would lose the connection.
@EventLoopActor
final class UnreadMessages {
  private let descriptor: Int32
  private weak var owner: (any BusPumpOwner)?

  /// The header of the message that sd-bus reads next.
  private var header: MessageHeader?
  /// Nothing of the next message has been read yet.
  private var isBetweenMessages = false
  /// Its header has been examined, and nothing has been read since.
  private var isUntouched = false
  /// How many bytes of a dropped message are still to be read.
  private var rest = 0
  private var peek = UnreadMessages.smallPeek

  /// Descriptors come with the message of `header`.
  private(set) var hasDescriptors = false
  /// The socket has the start of a header, and no more.
  private(set) var isCutShort = false
  /// Whether the socket may have something to read.
  var mayHaveMore = true
  /// The number of messages so far, dropped ones included.
  private(set) var arrivals = 0
  private(set) var dropped = 0

  enum Outcome {
    /// The next message, if any, is for sd-bus.
    case done
    /// More of a dropped message is to be read: now, or when the bus sends it.
    case unfinished(isThere: Bool)
    /// The connection is lost.
    case broken
  }

  private static let bufferBytes = 64 * 1024
  private static let smallPeek = 4096
  /// The kernel passes on no more at a time (SCM_MAX_FD).
  private static let mostDescriptors = 253
  /// At most so much of a large message is dropped before others of the loop have their turn.
  private static let discardedBytes = 4 * 1024 * 1024

  init(_ descriptor: Int32, of owner: any BusPumpOwner) { (self.descriptor, self.owner) = (descriptor, owner) }

  /// The next message does not fit into one read.
  var isLarge: Bool { isUntouched && header.map { $0.bytes > Self.bufferBytes } ?? false }

  /// A dropped message has not been read to its end.
  var isDropping: Bool { rest > 0 }

  /// Examines the header of the next message.
  func look() {
    guard isBetweenMessages, rest == 0 else { return }
    var bytes: (UInt64, UInt64) = (0, 0)
    var flags: Int32 = 0
    let count = withUnsafeMutableBytes(of: &bytes) {
      var part = iovec(iov_base: $0.baseAddress, iov_len: $0.count)
      return withUnsafeMutablePointer(to: &part) {
        var message = msghdr()
        (message.msg_iov, message.msg_iovlen) = ($0, 1)
        defer { flags = message.msg_flags }
        return recvmsg(descriptor, &message, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
      }
    }
    mayHaveMore = count >= 0 || errno != EAGAIN
    isCutShort = (1..<MessageHeader.size).contains(count)
    guard count == MessageHeader.size else { return }
    (isBetweenMessages, isUntouched) = (false, true)
    header = withUnsafeBytes(of: bytes) { MessageHeader($0) }
    // There is no place for them here.
    hasDescriptors = flags & Int32(MSG_CTRUNC) != 0
  }

  /// Lets sd-bus read, by `step`, which returns whether it had anything to do. It writes, too.
  ///
  /// - Parameter unsent: the number of messages that wait to be written.
  func read(unsent: () -> UInt64, step: () -> Bool) -> Bool {
    guard isBetweenMessages || isUntouched else { return step() }
    // A message may arrive at this moment; its header is then gone before it was examined.
    let (written, known) = (unsent(), arrivals)
    let hasDoneMore = step()
    // A part has been read where it has neither written, nor come to the end of a message, nor found nothing.
    if arrivals == known, hasDoneMore ? unsent() == written : isUntouched {
      (isBetweenMessages, isUntouched) = (false, false)
    }
    return hasDoneMore
  }

  /// Call this for every message when sd-bus has read it. Returns its size, if known.
  func arrived(_ message: OpaquePointer) -> Int? {
    var (type, serial): (UInt8, UInt64) = (0, 0)
    sd_bus_message_get_type(message, &type)
    sd_bus_message_get_cookie(message, &serial)
    let arrived = header.flatMap { $0.type == type && UInt64($0.serial) == serial ? $0 : nil }
    (header, hasDescriptors) = (nil, false)
    (isBetweenMessages, isUntouched) = (true, false)
    arrivals += 1
    look()
    return arrived?.bytes
  }

  // MARK: Dropping

  /// Drops the messages to be dropped at the start of the socket. Descriptors that come with them are closed, because
  /// recv(2) has no place for them.
  func shed() -> Outcome {
    if rest == 0 {
      guard isBetweenMessages || isUntouched else { return .done }
      // Buffers live as long as they are used: idle connections have none.
      rest = withUnsafeTemporaryAllocation(byteCount: hasDescriptors ? Self.bufferBytes : peek, alignment: 8) {
        droppableBytes(in: $0)
      }
    }
    guard rest > 0 else { return .done }
    return withUnsafeTemporaryAllocation(byteCount: min(rest, Self.bufferBytes), alignment: 8) { discard(with: $0) }
  }

  /// The size of the unwanted messages at the start of the socket.
  private func droppableBytes(in buffer: UnsafeMutableRawBufferPointer) -> Int {
    let there = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    guard there >= MessageHeader.size else { return 0 }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<there])
    let before = dropped
    var size = 0
    while size < there, let message = RawMessage(UnsafeRawBufferPointer(rebasing: bytes[size...])),
      owner?.drops(message) ?? false
    {
      size += message.header.bytes
      dropped += 1
    }
    // So large a header hides how many descriptors there are. The bus's own are small.
    if let header, hasDescriptors, header.fields > Self.smallPeek, there < MessageHeader.size + header.fields,
      !SpareDescriptor.areFree(Self.mostDescriptors)
    {
      size = header.bytes
      dropped += 1
    }
    // Where few are dropped, most of a large peek would be for nothing.
    peek = size >= there / 2 ? Self.bufferBytes : Self.smallPeek
    guard size > 0 else { return 0 }
    arrivals += dropped - before
    (header, hasDescriptors, isBetweenMessages, isUntouched) = (nil, false, true, false)
    return size
  }

  private func discard(with buffer: UnsafeMutableRawBufferPointer) -> Outcome {
    var budget = Self.discardedBytes
    while rest > 0 {
      guard budget > 0 else { return .unfinished(isThere: true) }
      let count = retryOnInterrupt {
        recv(descriptor, buffer.baseAddress, min(rest, buffer.count), Int32(MSG_DONTWAIT))
      }
      if count < 0, errno == EAGAIN {
        mayHaveMore = false
        return .unfinished(isThere: false)
      }
      guard count > 0 else { return .broken }
      rest -= count
      budget -= count
    }
    return .done
  }
}
