// SPDX-License-Identifier: Apache-2.0
internal import CSystemd
internal import Glibc

/// Whose connection a ``BusPump`` serves.
@EventLoopActor
protocol BusPumpOwner: AnyObject {
  /// Whether to drop a message; asked before the message is read, where more than one waits.
  func drops(_ message: RawMessage) -> Bool
  /// Messages have just been dropped.
  func hasDropped()
  /// The messages that were there have been read.
  func serve() -> BusPump.Next
  /// The bus is gone, whatever is left to read. Called once.
  func end()
}

/// Serves a connection from the event loop, as long as this exists, instead of sd-bus's own event sources.
///
/// Those take one message per turn from the socket, so everything waits behind what one client sends. And they detect
/// the end of the bus only after handling everything that is left to read.
@EventLoopActor
final class BusPump {
  private let bus: OpaquePointer
  private let descriptor: Int32
  private var sources: [OpaquePointer?] = [nil, nil, nil, nil]
  /// What it does with a message may end it.
  private weak var owner: (any BusPumpOwner)?
  private let unread: UnreadMessages
  /// Until then, in µs of the monotonic clock, more messages to be dropped are expected.
  private var floodEnd: UInt64 = 0
  /// When the next turn is due, in µs of the monotonic clock.
  private var turnTime = UInt64.max
  private var isOver = false
  /// The number of messages in this turn.
  private(set) var received = 0
  /// The number of messages that were dropped, since the connection was made.
  var dropped: Int { unread.dropped }

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
  /// For so many µs, a bus that has brought something to be dropped is expected to bring more.
  private static let ebb: UInt64 = 20_000

  init(_ bus: OpaquePointer, of owner: any BusPumpOwner) throws(BusError) {
    (self.bus, self.owner) = (sd_bus_ref(bus), owner)
    descriptor = try BusError.check(sd_bus_get_fd(bus), "serve a bus connection")
    unread = UnreadMessages(descriptor, of: owner)
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
      sd_bus_unref(bus)
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

  /// Requests a turn soon.
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
    unread.mayHaveMore = true
    turn()
  }

  private func turn() {
    guard !isOver else { return }
    turnTime = .max
    drain()
    guard !isOver else { return }
    switch owner?.serve() ?? .bus {
    case .bus: break
    case .turn: wantTurn()
    case .pause(let microseconds): turnTime = SystemClock.monotonic.now + microseconds
    }
  }

  /// Lets sd-bus take everything that is there.
  private func drain() {
    let before = unread.arrivals
    defer { received = unread.arrivals - before }
    var end: UInt64?
    for number in 0..<Self.messages {
      unread.look()
      switch shed(isFirst: number == 0) {
      case .nothing:
        // An incomplete header arrives with the bus's next write.
        // What is read unseen may have descriptors.
        guard !unread.isCutShort, !isIdle, unread.read(unsent: { unsent }, step: read), !isIdle else { return }
      case .something: break
      case .more: return
      }
      guard number % 16 == 15 else { continue }
      let now = SystemClock.monotonic.now
      guard now < end ?? .max else { break }
      end = end ?? now + Self.microseconds
    }
    wantTurn()
  }

  private var isIdle: Bool { !unread.mayHaveMore && queued(sd_bus_get_n_queued_read) == 0 && unsent == 0 }

  private enum Shed {
    /// The next message, if any, is for sd-bus.
    case nothing
    /// The next message has not been examined yet.
    case something
    /// There is more to be dropped, or the bus is gone.
    case more
  }

  /// Drops what is to be dropped, unless there is only one small message, which sd-bus reads as fast.
  private func shed(isFirst: Bool) -> Shed {
    guard !isOver else { return .more }
    guard
      !isFirst || unread.isLarge || unread.hasDescriptors || unread.isDropping
        || SystemClock.monotonic.now < floodEnd
    else { return .nothing }
    let (before, wasDropping) = (unread.dropped, unread.isDropping)
    let outcome = unread.shed()
    if unread.dropped > before {
      floodEnd = SystemClock.monotonic.now + Self.ebb
      owner?.hasDropped()
    }
    switch outcome {
    case .done: return wasDropping || unread.dropped > before ? .something : .nothing
    case .unfinished(let isThere): if isThere { wantTurn() }
    case .broken: end()
    }
    return .more
  }

  /// With the spare descriptors free for those of the bus itself: it says with one who a caller is.
  private func read() -> Bool { unread.hasDescriptors ? SpareDescriptor.use { step() } : step() }

  /// Returns whether sd-bus had anything to do.
  func step() -> Bool {
    let result = sd_bus_process(bus, nil)
    // After a broken message, the start of the next one is unknown.
    if result < 0, result != -EBUSY { end() }
    return result > 0 && !isOver
  }

  /// The number of messages that wait to be written.
  var unsent: UInt64 { queued(sd_bus_get_n_queued_write) }

  /// The bus has received nearly everything: what is sent now does not wait.
  var isHeard: Bool { unsent == 0 && unheard < 8192 }

  /// How much of what was written to the socket nobody has read yet, in bytes of the kernel's memory; 0 where that cannot
  /// be told.
  private var unheard: Int32 {
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
    owner?.end()
  }

  /// Nothing is read or written any more, and nobody is told.
  func stop() {
    isOver = true
    for source in sources { sd_event_source_set_enabled(source, Int32(SD_EVENT_OFF)) }
  }

  private func close() {
    guard !isOver else { return }
    // Write what the bus takes at once, and no more, because the bus may hang.
    var rest = unsent
    while rest > 0, step(), unsent < rest { rest = unsent }
    sd_bus_close(bus)
  }

  /// Call this for every message when sd-bus has read it. Returns its size, if known, and whether another one is
  /// already there.
  func arrived(_ message: OpaquePointer) -> (bytes: Int?, hasNext: Bool) {
    let bytes = unread.arrived(message)
    return (bytes, unread.mayHaveMore)
  }
}
