// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// A connection to the user's bus, served by the event loop.
///
/// Calls to others, and their signals, go through a ``BusService``, which knows whom to trust.
@EventLoopActor
public final class Bus {
  let pointer: OpaquePointer
  let calls = PendingCalls()
  let subscriptions = Subscriptions()
  weak var callers: CallQueue?
  /// The message that is being sent is for everybody.
  var isAnnouncing = false

  private var filter: OpaquePointer?
  private(set) var pump: BusPump?
  private var backlog: BacklogMonitor?
  /// Since the backlog was last looked at.
  private var hasDroppedUnanswered = false
  /// The connection was given up, because messages that nobody wants held up all others. A new one has another unique
  /// name, and no backlog.
  public private(set) var isFlooded = false
  private var endings: [UInt64: @EventLoopActor () -> Void] = [:]
  private var newest: UInt64 = 0
  private var isOver = false

  // MARK: Connecting

  /// Connects to the bus of `$DBUS_SESSION_BUS_ADDRESS`, or of the user's runtime directory.
  public convenience init(description: String) throws(BusError) {
    var bus: OpaquePointer?
    try BusError.check(sd_bus_open_user_with_description(&bus, description), "connect to the user's bus")
    try self.init(bus)
  }

  /// Connects to the system bus.
  public convenience init(systemBusAs description: String) throws(BusError) {
    var bus: OpaquePointer?
    try BusError.check(sd_bus_open_system_with_description(&bus, description), "connect to the system's bus")
    try self.init(bus)
  }

  /// Connects to the bus at `address`; for tests, because a process has only one environment.
  package convenience init(address: String, description: String) throws(BusError) {
    var bus: OpaquePointer?
    try BusError.check(sd_bus_new(&bus), "make a bus connection")
    do throws(BusError) {
      try BusError.check(sd_bus_set_description(bus, description), "name a bus connection")
      try BusError.check(sd_bus_set_address(bus, address), "use the bus address \(address)")
      try BusError.check(sd_bus_set_bus_client(bus, 1), "be a client of the bus")
      try BusError.check(sd_bus_start(bus), "connect to the bus \(address)")
    } catch {
      sd_bus_unref(bus)
      throw error
    }
    try self.init(bus)
  }

  /// Takes ownership of a connection.
  private init(_ bus: OpaquePointer?) throws(BusError) {
    guard let bus else { throw BusError(BusError.failed, "not connected") }
    pointer = bus
    // Unretained: the filter is removed with this object.
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    try BusError.check(
      sd_bus_add_filter(
        bus, &filter,
        { message, userdata, _ in
          guard let message, let userdata else { return 0 }
          let bus = Unmanaged<Bus>.fromOpaque(userdata).takeUnretainedValue()
          // sd-bus calls this on the loop's thread, where the message stays.
          nonisolated(unsafe) let received = message
          return EventLoopActor.assumeIsolated { bus.takes(Message(referring: received)) } ? 1 : 0
        }, userdata), "look at what the bus brings")
    pump = try BusPump(bus, of: self)
    backlog = BacklogMonitor(of: self)
  }

  /// Never waits, because the bus may not read. To be sure that it has everything, wait for ``settle()``.
  deinit {
    EventLoopActor.assumeIsolated {
      // What is being read may be what ended this.
      pump?.stop()
      sd_bus_slot_unref(filter)
      _ = sd_bus_close_unref(pointer)
    }
  }

  /// This connection's unique name; nil before the bus has assigned one.
  package var uniqueName: String? {
    var name: UnsafePointer<CChar>?
    return sd_bus_get_unique_name(pointer, &name) < 0 ? nil : name.map { String(cString: $0) }
  }

  // MARK: Receiving

  /// Returns whether the message has been handled.
  private func takes(_ message: consuming Message) -> Bool {
    let pointer = message.pointer
    // A call whose turn it is has arrived before.
    if let callers, callers.passes(pointer) { return false }
    let (bytes, hasNext) = pump?.arrived(pointer) ?? (nil, false)
    var type: UInt8 = 0
    guard sd_bus_message_get_type(pointer, &type) >= 0 else { return false }
    switch Int(type) {
    case Int(SD_BUS_MESSAGE_METHOD_RETURN), Int(SD_BUS_MESSAGE_METHOD_ERROR):
      calls.take(message)
      return true
    case Int(SD_BUS_MESSAGE_SIGNAL):
      if isOpen { subscriptions.deliver(message) } else if message.interface == Self.localInterface { end() }
      return false
    case Int(SD_BUS_MESSAGE_METHOD_CALL): return callers?.takes(pointer, bytes: bytes, hasNext: hasNext) ?? false
    default: return false
    }
  }

  /// The sender of sd-bus's own message that the connection is lost. sd-bus sends it once and has then closed the
  /// connection; nobody else can send it.
  private static let localInterface = "org.freedesktop.DBus.Local"

  var isOpen: Bool { sd_bus_is_open(pointer) > 0 }

  /// `handler` is called when the connection is lost.
  public func onDisconnect(_ handler: @escaping @EventLoopActor () -> Void) -> BusSlot {
    newest += 1
    let number = newest
    endings[number] = handler
    return BusSlot { self.endings[number] = nil }
  }

  /// Ends the connection before this object does. Whoever waits for answers is told; for tests, where others have to be
  /// there for that.
  package func close() { end() }

  /// Ends a connection whose messages arrive too late to be of use.
  func giveUpFlooded() {
    isFlooded = true
    end()
  }

  /// Ends a connection that is lost or unusable.
  func end() {
    guard !isOver else { return }
    isOver = true
    sd_bus_close(pointer)
    calls.failAll(BusError(BusError.noReply, "the connection to the bus is lost"))
    for number in endings.keys.sorted() { endings[number]?() }
  }
}

extension Bus: BusPumpOwner {
  /// Whether a message can be dropped before it is read. Anybody may send such messages as fast as the bus takes them.
  func drops(_ message: RawMessage) -> Bool {
    // Only the bus itself can send under its name. What it says is learned in order: who owns a name, for example,
    // before that owner's first signal.
    guard message.sender != Self.driverName else { return false }
    var fits: Bool { message.descriptors == 0 || SpareDescriptor.areFree(message.descriptors) }
    let isDropped =
      switch message.kind {
      case .call: callers?.drops(message, fits: fits) ?? !fits
      case .reply(let serial): !calls.isAwaited(serial, from: message.sender) || !fits && fails(serial)
      case .signal: !subscriptions.areWanted(from: message.sender) || !fits
      case .unknown: true
      }
    if isDropped, !message.isAnswered { hasDroppedUnanswered = true }
    return isDropped
  }

  /// Fails the call with that serial number, soon: whoever waits for it may end this connection.
  private func fails(_ serial: UInt32) -> Bool {
    EventLoopActor.task { [calls] in
      calls.fail(serial, BusError(BusError.limitsExceeded, "no descriptors are left for those of the answer"))
    }
    return true
  }

  /// Of calls that are answered, no caller sends more than the bus lets it wait for: they cannot hold up others for long.
  func hasDropped() {
    guard hasDroppedUnanswered else { return }
    hasDroppedUnanswered = false
    backlog?.hasDropped()
  }

  func serve() -> BusPump.Next { callers?.serve() ?? .bus }
}
