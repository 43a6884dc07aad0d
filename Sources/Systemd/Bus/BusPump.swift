// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc
internal import LinuxFiles

/// Serves a connection from the event loop, as long as this exists, instead of sd-bus's own event sources.
///
/// Those take one message per turn from the socket, so everything waits behind what one client sends. They detect the
/// end of the bus only after handling everything that is left to read. And sd-bus does not report the size of a
/// message; but since it reads one message at a time, the socket then begins with the header of the next one.
@EventLoopActor
final class BusPump {
  private let bus: OpaquePointer
  private let descriptor: Int32
  private var sources: [OpaquePointer?] = [nil, nil, nil, nil]
  private let onEnd: @EventLoopActor () -> Void
  private let serve: @EventLoopActor () -> Next
  private let drop: @EventLoopActor (RawCall) -> Bool
  /// Whether any call is to be dropped.
  var mayDrop = false
  /// In µs of the monotonic clock.
  private var turnTime = UInt64.max
  private var isOver = false

  /// The header of the message that sd-bus reads next.
  private var header: Header?
  /// Nothing of the next message has been read yet.
  private var isBetweenMessages = false
  /// Its header has been examined, and nothing has been read since.
  private var isUntouched = false
  private var buffer: UnsafeMutableRawBufferPointer?
  private var isCutShort = false
  private var mayHaveMore = true
  private var arrivals = 0
  /// The number of messages in this turn.
  private(set) var received = 0

  struct Header: Equatable {
    var type: UInt8
    var serial: UInt32
    /// The length of the array of header fields.
    var fields: Int
    /// The length of the whole message.
    var bytes: Int
  }

  /// What follows a turn.
  enum Next: Equatable {
    /// Wait for the bus.
    case bus
    /// Another turn, after others of the loop have had theirs.
    case turn
    /// Another turn after so many µs, without the bus until then. Waking up for every single one of thousands of
    /// messages would cost both ends more time than taking them all at once.
    case pause(UInt64)
  }

  /// In one turn, before others of the loop have theirs.
  private static let messages = 512
  private static let microseconds: UInt64 = 3000
  private static let bufferBytes = 64 * 1024

  /// - Parameters:
  ///   - drop: whether to drop a call; asked before the call is read, while ``mayDrop`` is true.
  ///   - serve: called after the messages of the bus.
  ///   - onEnd: the bus is gone, whatever is left to read. Called once.
  init(
    _ bus: OpaquePointer, drop: @escaping @EventLoopActor (RawCall) -> Bool,
    serve: @escaping @EventLoopActor () -> Next, onEnd: @escaping @EventLoopActor () -> Void
  ) throws(BusError) {
    (self.bus, self.drop, self.serve, self.onEnd) = (bus, drop, serve, onEnd)
    descriptor = try BusError.check(sd_bus_get_fd(bus), "serve a bus connection")
    try BusError.check(sd_bus_detach_event(bus), "serve a bus connection")
    let event = EventLoop.main.event
    // Unretained: the sources are removed with this object.
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    try BusError.check(
      sd_event_add_io(
        event, &sources[0], descriptor, 0,
        { _, _, readiness, userdata in BusPump.call(userdata) { $0.ready(readiness) } }, userdata),
      "watch the bus")
    try BusError.check(
      sd_event_source_set_prepare(sources[0], { _, userdata in BusPump.call(userdata) { $0.prepare() } }),
      "watch the bus")
    try BusError.check(
      sd_event_add_time(
        event, &sources[1], CLOCK_MONOTONIC, 0, 1, { _, _, userdata in BusPump.call(userdata) { $0.turn() } }, userdata),
      "watch the bus's time")
    try BusError.check(
      sd_event_add_defer(event, &sources[2], { _, userdata in BusPump.call(userdata) { $0.turn() } }, userdata),
      "serve the bus")
    // Like sd-bus: send what is left before the end.
    try BusError.check(
      sd_event_add_exit(
        event, &sources[3], { _, userdata in BusPump.call(userdata) { $0.close() } }, userdata),
      "close the bus at the end")
    sd_event_source_set_enabled(sources[1], Int32(SD_EVENT_OFF))
  }

  deinit {
    EventLoopActor.assumeIsolated {
      for source in sources { sd_event_source_disable_unref(source) }
      buffer?.deallocate()
      if !isOver { _ = sd_bus_attach_event(bus, EventLoop.main.event, Int32(SD_EVENT_PRIORITY_NORMAL)) }
    }
  }

  private nonisolated static func call(
    _ userdata: UnsafeMutableRawPointer?, _ body: @EventLoopActor (BusPump) -> Void
  ) -> Int32 {
    guard let userdata else { return 0 }
    let pump = Unmanaged<BusPump>.fromOpaque(userdata).takeUnretainedValue()
    EventLoopActor.assumeIsolated { body(pump) }
    return 1
  }

  /// Requests a call of ``serve`` soon.
  func wantTurn() { sd_event_source_set_enabled(sources[2], Int32(SD_EVENT_ONESHOT)) }

  // MARK: The loop

  private func prepare() {
    var events = isOver ? 0 : UInt32(max(0, sd_bus_get_events(bus)))
    if turnTime != .max { events &= ~UInt32(EPOLLIN.rawValue) }
    sd_event_source_set_io_events(sources[0], events | UInt32(EPOLLRDHUP.rawValue))
    var time: UInt64 = .max
    if isOver || sd_bus_get_timeout(bus, &time) < 0 { time = .max }
    time = min(time, turnTime)
    let isSet = !isOver && time != .max
    if isSet { sd_event_source_set_time(sources[1], time) }
    sd_event_source_set_enabled(sources[1], Int32(isSet ? SD_EVENT_ONESHOT : SD_EVENT_OFF))
  }

  private func ready(_ readiness: UInt32) {
    let ends = UInt32(EPOLLRDHUP.rawValue) | UInt32(EPOLLHUP.rawValue) | UInt32(EPOLLERR.rawValue)
    guard readiness & ends == 0 else { return end() }
    mayHaveMore = true
    turn()
  }

  private func turn() {
    guard !isOver else { return }
    turnTime = .max
    drain()
    switch serve() {
    case .bus: break
    case .turn: wantTurn()
    case .pause(let microseconds): turnTime = SystemClock.monotonic.now + microseconds
    }
  }

  /// Lets sd-bus take everything that is there.
  private func drain() {
    let before = arrivals
    defer { received = arrivals - before }
    var end: UInt64?
    for number in 0..<Self.messages {
      if mayDrop { shed() }
      look()
      // An incomplete header arrives with the bus's next write.
      guard !isCutShort, read() else { return }
      if !mayHaveMore, queued(sd_bus_get_n_queued_read) == 0, unsent == 0 { return }
      guard number % 16 == 15 else { continue }
      let now = SystemClock.monotonic.now
      guard now < end ?? .max else { break }
      end = end ?? now + Self.microseconds
    }
    wantTurn()
  }

  /// The same while the start of the next message is known.
  private func read() -> Bool {
    guard isBetweenMessages else { return step() }
    // A message may arrive at this moment; its header is then gone before it was examined.
    let (written, known) = (unsent, arrivals)
    guard step() else { return false }
    if arrivals == known, unsent == written { isBetweenMessages = false }
    return true
  }

  /// Returns whether sd-bus had anything to do.
  func step() -> Bool {
    isUntouched = false
    let result = sd_bus_process(bus, nil)
    // After a broken message, the start of the next one is unknown.
    if result < 0, result != -EBUSY { end() }
    return result > 0 && !isOver
  }

  /// The number of messages that wait to be written.
  var unsent: UInt64 { queued(sd_bus_get_n_queued_write) }

  /// The bus has received nearly everything: what is sent now does not wait.
  var isHeard: Bool { unsent == 0 && unread < 8192 }

  /// How much of what was written to the socket nobody has read yet, in bytes of the kernel's memory; 0 where that cannot
  /// be told.
  private var unread: Int32 {
    var bytes: Int32 = 0
    return ioctl(descriptor, UInt(TIOCOUTQ), &bytes) < 0 ? 0 : bytes
  }

  private func queued(_ count: (OpaquePointer?, UnsafeMutablePointer<UInt64>?) -> Int32) -> UInt64 {
    var number: UInt64 = 0
    return count(bus, &number) < 0 ? 0 : number
  }

  private func end() {
    guard !isOver else { return }
    isOver = true
    for source in sources.dropLast() { sd_event_source_set_enabled(source, Int32(SD_EVENT_OFF)) }
    onEnd()
  }

  private func close() {
    guard !isOver else { return }
    // Write what the bus takes at once, and no more, because the bus may hang.
    var rest = unsent
    while rest > 0, step(), unsent < rest { rest = unsent }
    sd_bus_close(bus)
  }

  // MARK: Sizes

  /// Call this for every message when sd-bus has read it. Returns its size, if known, and whether another one is
  /// already there.
  func arrived(_ message: OpaquePointer) -> (bytes: Int?, hasNext: Bool) {
    var (type, serial): (UInt8, UInt64) = (0, 0)
    sd_bus_message_get_type(message, &type)
    sd_bus_message_get_cookie(message, &serial)
    let arrived = header.flatMap { $0.type == type && UInt64($0.serial) == serial ? $0 : nil }
    header = nil
    isBetweenMessages = true
    arrivals += 1
    look()
    return (arrived?.bytes, mayHaveMore)
  }

  private func look() {
    guard isBetweenMessages else { return }
    var bytes: (UInt64, UInt64) = (0, 0)
    let count = withUnsafeMutableBytes(of: &bytes) {
      recv(descriptor, $0.baseAddress, $0.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    }
    mayHaveMore = count >= 0 || errno != EAGAIN
    isCutShort = (1..<16).contains(count)
    guard count == 16 else { return }
    (isBetweenMessages, isUntouched) = (false, true)
    header = withUnsafeBytes(of: bytes) { Header($0) }
  }

  /// Drops all the calls to be dropped at the start of the socket at once: sd-bus takes many times longer to read one
  /// than the bus takes to send the next.
  private func shed() {
    guard isBetweenMessages || isUntouched else { return }
    let buffer = buffer ?? .allocate(byteCount: Self.bufferBytes, alignment: 8)
    self.buffer = buffer
    let there = recv(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    guard there >= 16 else { return }
    let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<there])
    var size = 0
    while let call = RawCall(UnsafeRawBufferPointer(rebasing: bytes[size...])), drop(call) {
      size += call.header.bytes
      arrivals += 1
    }
    guard size > 0 else { return }
    (header, isBetweenMessages, isUntouched) = (nil, true, false)
    while size > 0 {
      let count = retryOnInterrupt { recv(descriptor, buffer.baseAddress, size, Int32(MSG_DONTWAIT)) }
      guard count > 0 else { return end() }
      size -= count
    }
  }
}

extension BusPump.Header {
  /// The first 16 bytes of every message (D-Bus Specification, "Message Format").
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= 16, bytes[0] == UInt8(ascii: "l") || bytes[0] == UInt8(ascii: "B") else { return nil }
    let number = { (offset: Int) in
      let number = bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)
      return bytes[0] == UInt8(ascii: "l") ? UInt32(littleEndian: number) : UInt32(bigEndian: number)
    }
    (type, serial) = (bytes[1], number(8))
    fields = Int(number(12))
    self.bytes = 16 + (fields + 7) / 8 * 8 + Int(number(4))
  }
}
