// SPDX-License-Identifier: Apache-2.0
internal import CDBus
internal import Glibc

/// A connection of its own to a message bus. Everything it does blocks, until a deadline; one thread uses it.
package final class BusConnection {
  private let raw: OpaquePointer
  /// Those that arrived during a call.
  private var signals: [BusSignal] = []

  private static let busName = "org.freedesktop.DBus"
  private static let busPath = "/org/freedesktop/DBus"
  private static let descriptorType = Int32(UInt8(ascii: "h"))
  private static let localInterface = "org.freedesktop.DBus.Local"

  /// Connects to the bus at `address` (D-Bus Specification, "Server Addresses") and registers there.
  package init(address: String, within limit: Duration = .seconds(25)) throws(CallsError) {
    guard BusRule.isPlain(address) else {
      throw .noSessionBus(detail: "its address has a NUL character in it")
    }
    var problem = DBusError()
    dbus_error_init(&problem)
    defer { dbus_error_free(&problem) }
    // Signals are the program's business; libdbus writes without raising one.
    dbus_connection_set_change_sigpipe(0)
    guard let raw = dbus_connection_open_private(address, &problem) else {
      let why = problem.message.map { String(cString: $0) } ?? "unknown error"
      throw .noSessionBus(detail: "\(why) (address “\(address)”)")
    }
    self.raw = raw
    dbus_connection_set_exit_on_disconnect(raw, 0)
    dbus_connection_set_max_message_size(raw, BusLimit.receivedMessage)
    dbus_connection_set_max_received_size(raw, 2 * BusLimit.receivedMessage)
    dbus_connection_set_max_message_unix_fds(raw, BusLimit.receivedDescriptors)
    do {
      _ = try call(bus("Hello"), until: Deadline(in: limit))
    } catch {
      throw switch error {
      case .timedOut(_, let seconds): .noSessionBus(detail: "no answer within \(seconds) s from “\(address)”")
      default: .noSessionBus(detail: "“\(address)” does not let this user in: \(error)")
      }
    }
  }

  deinit {
    dbus_connection_close(raw)
    dbus_connection_unref(raw)
  }

  /// The bus's own methods.
  private func bus(_ member: String, _ argument: String? = nil) -> BusCall {
    var call = BusCall(to: Self.busName, path: Self.busPath, interface: Self.busName, member: member)
    if let argument { call.arguments = [.string(argument)] }
    return call
  }

  /// The socket, to be polled; -1 where it has none. It is libdbus's.
  package var descriptor: Int32 {
    var descriptor: Int32 = -1
    return dbus_connection_get_unix_fd(raw, &descriptor) != 0 ? descriptor : -1
  }

  /// Calls a method and waits for its answer. Signals that arrive meanwhile are kept for ``nextSignal(until:)``.
  ///
  /// - Parameter failure: asked now and then, ever more seldom, whether there is still something to wait for.
  package func call(
    _ call: BusCall, until deadline: Deadline, unless failure: () -> CallsError? = { nil }
  ) throws(CallsError) -> [BusValue] {
    let serial = try send(call)
    var pause = Duration.seconds(1)
    while deadline.milliseconds > 0 {
      while let message = try nextMessage(until: deadline.sooner(pause)) {
        if message.replySerial == serial { return try read(message, of: call) }
        if let signal = message.signal() { keep(signal) }
      }
      if deadline.milliseconds > 0, let error = failure() { throw error }
      pause *= 2
    }
    throw .timedOut(what: call.member, seconds: deadline.seconds)
  }

  /// Sends a call and waits for nothing; its answer comes with ``nextArrival()`` and has the returned serial number.
  func send(_ call: BusCall) throws(CallsError) -> UInt32 {
    let message = try BusMessage(call)
    var serial: dbus_uint32_t = 0
    guard
      dbus_message_contains_unix_fds(message.raw) == 0 || dbus_connection_can_send_type(raw, Self.descriptorType) != 0
    else {
      throw .notSendable("this connection to the bus carries no descriptors")
    }
    enoughMemory(dbus_connection_send(raw, message.raw, &serial))
    return serial
  }

  /// Reads the answer to `call`.
  func read(_ reply: consuming BusMessage, of call: BusCall) throws(CallsError) -> [BusValue] {
    guard let arguments = reply.arguments() else {
      throw .unexpectedReply(what: call.member, expected: "at most \(BusLimit.values) values")
    }
    guard reply.kind == .error else { return arguments }
    throw CallsError.reading(
      error: reply.errorName ?? "", message: arguments.first?.string ?? "", from: reply.sender ?? "",
      what: call.member)
  }

  /// The next message, or nil when none came in time.
  ///
  /// libdbus has calls that wait as well; they wait without end for a bus that takes nothing.
  private func nextMessage(until deadline: Deadline) throws(CallsError) -> BusMessage? {
    while true {
      if let message = try nextReadMessage() { return message }
      let left = deadline.milliseconds
      guard left > 0 else { return nil }
      guard dbus_connection_read_write(raw, left) != 0 else { throw .disconnected }
    }
  }

  /// The next message of those that libdbus has read already.
  private func nextReadMessage() throws(CallsError) -> BusMessage? {
    while let raw = dbus_connection_pop_message(raw) {
      let message = BusMessage(taking: raw)
      if message.interface == Self.localInterface { throw .disconnected }
      guard message.kind == .call else { return message }
      if message.expectsReply { refuse(message) }
    }
    return nil
  }

  /// A client has no objects; whoever calls it need not wait for an answer.
  private func refuse(_ call: borrowing BusMessage) {
    let reply = dbus_message_new_error(
      call.raw, "org.freedesktop.DBus.Error.UnknownObject", "this is a client and has no objects")
    guard let reply else { fatalError("out of memory") }
    let message = BusMessage(taking: reply)
    enoughMemory(dbus_connection_send(raw, message.raw, nil))
  }
}

// MARK: - Signals

extension BusConnection {
  /// Asks the bus for the messages that `rule` matches (D-Bus Specification, "Match Rules").
  package func addMatch(_ rule: String, until deadline: Deadline) throws(CallsError) {
    _ = try call(bus("AddMatch", rule), until: deadline)
  }

  /// The unique name of the connection that owns `name`, or nil where nobody does.
  package func owner(of name: String, until deadline: Deadline) throws(CallsError) -> String? {
    do {
      return try call(bus("GetNameOwner", name), until: deadline).first?.string
    } catch .daemonNotInstalled {
      // NameHasNoOwner, which is what it means of any other question.
      return nil
    } catch {
      throw error
    }
  }

  /// The next signal, or nil when none came in time.
  package func nextSignal(until deadline: Deadline) throws(CallsError) -> BusSignal? {
    if !signals.isEmpty { return signals.removeFirst() }
    while let message = try nextMessage(until: deadline) {
      if let signal = message.signal() { return signal }
    }
    return nil
  }

  /// Of too many signals the oldest are forgotten.
  private func keep(_ signal: BusSignal) {
    if signals.count == BusLimit.keptSignals { signals.removeFirst() }
    signals.append(signal)
  }
}

// MARK: - Without waiting

extension BusConnection {
  enum Arrival: ~Copyable {
    case signal(BusSignal)
    /// To a call, by its serial number.
    case answer(UInt32, BusMessage)
  }

  /// What arrived next, or nil where nothing more has arrived; also sends what waits to be sent.
  func nextArrival() throws(CallsError) -> Arrival? {
    if !signals.isEmpty { return .signal(signals.removeFirst()) }
    var hasRead = false
    while true {
      while let message = try nextReadMessage() {
        if let signal = message.signal() { return .signal(signal) }
        let serial = message.replySerial
        if serial != 0 { return .answer(serial, message) }
      }
      guard !hasRead else { return nil }
      guard dbus_connection_read_write(raw, 0) != 0 else { throw .disconnected }
      hasRead = true
    }
  }

  /// What there is to wait for before ``nextArrival()`` may have something more to do.
  var poll: pollfd {
    var descriptor: Int32 = -1
    dbus_connection_get_unix_fd(raw, &descriptor)
    let writes = dbus_connection_has_messages_to_send(raw) != 0
    return pollfd(fd: descriptor, events: Int16(POLLIN | (writes ? POLLOUT : 0)), revents: 0)
  }
}
