// SPDX-License-Identifier: Apache-2.0
internal import CDBus
package import CallModel
internal import Glibc

/// A connection of its own to a message bus. Everything it does blocks, until a deadline; one thread uses it.
package final class BusConnection {
  private let raw: OpaquePointer
  private var owners = NameOwners()
  private var awaited = AwaitedAnswers()
  private var rules: [SignalRule] = []
  /// What arrived while something else was waited for.
  private var news = KeptNews()
  /// Something has come since the bus was asked for a sign.
  private var hasHeard = false

  private static let busName = NameOwners.bus
  private static let busPath = "/org/freedesktop/DBus"
  private static let descriptorType = Int32(UInt8(ascii: "h"))
  private static let localInterface = "org.freedesktop.DBus.Local"
  private static let ownerChanged = "NameOwnerChanged"

  /// Connects to the bus at `address` (D-Bus Specification, "Server Addresses") and registers there.
  package init(address: String, until deadline: Deadline = Deadline(in: AnswerTime.usual)) throws(CallsError) {
    guard BusRule.isPlain(address) else {
      throw .noSessionBus(detail: "its address contains a NUL character")
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
    dbus_connection_set_max_received_size(raw, BusLimit.receivedAtOnce)
    dbus_connection_set_max_message_unix_fds(raw, BusLimit.receivedDescriptors)
    dbus_connection_set_max_received_unix_fds(raw, BusLimit.receivedDescriptors)
    do {
      _ = try call(.toBus("Hello"), until: deadline)
    } catch {
      throw switch error {
      case .busTimedOut: error
      default: .noSessionBus(detail: "“\(address)” refuses this user: \(error)")
      }
    }
  }

  deinit {
    dbus_connection_close(raw)
    dbus_connection_unref(raw)
  }

  /// The socket, to be polled; -1 where it has none. It is libdbus's.
  package var descriptor: Int32 {
    var descriptor: Int32 = -1
    return dbus_connection_get_unix_fd(raw, &descriptor) != 0 ? descriptor : -1
  }

  // MARK: Calling

  /// Calls a method and waits for the answer of whom it was sent to. News that arrive meanwhile are kept for
  /// ``nextNews(until:)``.
  ///
  /// - Parameter failure: asked now and then, ever more seldom, and shortly before the end, whether there is still
  ///   something to wait for. It has the time until its deadline; there is none after the last one.
  package func call(
    _ call: BusCall, until deadline: Deadline,
    unless failure: (_ deadline: Deadline, _ isLast: Bool) -> CallsError? = { _, _ in nil }
  ) throws(CallsError) -> [BusValue] {
    let serial = try send(call)
    defer { forget(serial) }
    // Of a short time, a part.
    let moment = min(.seconds(1), deadline.left / 4)
    let last = deadline.earlier(by: moment)
    var pause = moment
    var isLast = false
    while !deadline.isOver {
      let soon = isLast ? deadline : last.sooner(pause)
      while let arrival = try nextArrival(until: soon) {
        if let answer = try answer(to: call, serial, in: arrival) { return answer }
      }
      guard !isLast else { break }
      isLast = last.isOver
      if !isLast, call.destination != Self.busName { try askForSign() }
      if let error = failure(isLast ? deadline : last.sooner(.seconds(5)), isLast) { throw error }
      pause *= 2
    }
    // What has come while somebody else was asked.
    guard dbus_connection_read_write(raw, 0) != 0 else { throw .disconnected }
    for _ in 0..<BusLimit.keptNews {
      guard let arrival = try nextReadArrival() else { break }
      if let answer = try answer(to: call, serial, in: arrival) { return answer }
    }
    throw lateness(of: call, after: deadline.seconds)
  }

  /// Keeps what is news.
  private func answer(
    to call: BusCall, _ serial: UInt32, in arrival: consuming Arrival
  ) throws(CallsError) -> [BusValue]? {
    switch consume arrival {
    case .news(let item): news.keep(item)
    case .answer(let answered, let message):
      if answered == serial { return try read(message, of: call) }
    }
    return nil
  }

  /// Of a call whose answer has not come in time.
  func lateness(of call: BusCall, after seconds: Int) -> CallsError {
    let isOfBus = call.destination == Self.busName
    // In a flood, its sign is behind what others have sent.
    let isSilent = awaited.hasSign && !hasHeard
    return isOfBus || isSilent ? .busTimedOut(seconds: seconds) : .timedOut(what: call.member, seconds: seconds)
  }

  /// Has the bus itself say something, which it does before long wherever others do not; see ``lateness(of:after:)``.
  func askForSign() throws(CallsError) {
    guard !awaited.hasSign else { return }
    hasHeard = false
    try ask(.toBus("GetId"), .sign)
  }

  /// Sends a call and waits for nothing; its answer comes with ``nextArrival()`` and has the returned serial number.
  func send(_ call: BusCall) throws(CallsError) -> UInt32 {
    let message = try BusMessage(call)
    guard
      dbus_message_contains_unix_fds(message.raw) == 0 || dbus_connection_can_send_type(raw, Self.descriptorType) != 0
    else {
      throw .notSendable("this connection to the bus cannot carry descriptors")
    }
    try follow(call.destination)
    return transmit(message, .question, to: call.destination)
  }

  /// Sends a call that nobody needs to answer.
  func tell(_ call: BusCall) throws(CallsError) {
    let message = try BusMessage(call)
    dbus_message_set_no_reply(message.raw, 1)
    enoughMemory(dbus_connection_send(raw, message.raw, nil))
  }

  /// The answer to a call comes too late.
  func forget(_ serial: UInt32) { awaited.forget(serial) }

  private func transmit(
    _ message: borrowing BusMessage, _ purpose: AwaitedAnswers.Purpose, to service: String
  ) -> UInt32 {
    var serial: dbus_uint32_t = 0
    enoughMemory(dbus_connection_send(raw, message.raw, &serial))
    awaited.expect(serial, purpose, from: service, owner: owners[service])
    return serial
  }

  private func ask(_ call: BusCall, _ purpose: AwaitedAnswers.Purpose) throws(CallsError) {
    _ = transmit(try BusMessage(call), purpose, to: Self.busName)
  }

  /// Has the bus say who owns a name, now and from now on. Nothing is waited for: it says so before it passes on what
  /// is sent after this.
  private func follow(_ name: String) throws(CallsError) {
    guard NameOwners.isWellKnown(name), !owners.follows(name) else { return }
    owners.follow(name)
    let rule =
      "type='signal',sender='\(Self.busName)',path='\(Self.busPath)',interface='\(Self.busName)',"
      + "member='\(Self.ownerChanged)',arg0='\(name)'"
    try ask(.toBus("AddMatch", rule), .match)
    try ask(.toBus("GetNameOwner", name), .owner(name))
  }

  /// Reads the answer to `call`.
  func read(_ reply: consuming BusMessage, of call: BusCall) throws(CallsError) -> [BusValue] {
    guard let arguments = reply.arguments() else {
      throw .unexpectedReply(
        what: call.member, expected: "at most \(BusLimit.values) values and \(BusLimit.readBytes >> 20) MiB")
    }
    guard reply.kind == .error else { return arguments }
    throw CallsError.reading(
      error: reply.errorName ?? "", message: arguments.first?.asString ?? "", from: reply.sender ?? "",
      what: call.member)
  }

  // MARK: Arriving

  enum Arrival: ~Copyable {
    case news(BusNews)
    /// To a call, by its serial number.
    case answer(UInt32, BusMessage)
  }

  /// The next arrival, or nil when none came in time. After that time nothing more is read, so that nobody who sends
  /// without end can keep this waiting.
  ///
  /// libdbus has calls that wait as well; they wait without end for a bus that takes nothing.
  private func nextArrival(
    until deadline: Deadline, unless isEnough: () -> Bool = { false }
  ) throws(CallsError) -> Arrival? {
    while true {
      if let arrival = try nextReadArrival() { return arrival }
      let left = deadline.milliseconds
      guard left > 0, !isEnough() else { return nil }
      guard dbus_connection_read_write(raw, left) != 0 else { throw .disconnected }
    }
  }

  /// The next of what libdbus has read already. What nobody has a use for is passed over unread: anybody may send it.
  private func nextReadArrival() throws(CallsError) -> Arrival? {
    while let raw = dbus_connection_pop_message(raw) {
      let message = BusMessage(taking: raw)
      hasHeard = true
      switch message.kind {
      case .call:
        if message.expectsReply { refuse(message) }
      case .signal:
        if message.interface == Self.localInterface {
          // libdbus says so itself; whoever else does is not to be believed.
          guard dbus_connection_get_is_connected(self.raw) != 0 else { throw .disconnected }
        } else if let news = try news(in: message) {
          return .news(news)
        }
      case .reply, .error:
        let serial = message.replySerial
        switch awaited.take(message) {
        case .question?: return .answer(serial, message)
        case .owner(let name)?:
          setOwner(of: name, to: message.kind == .reply ? message.arguments(within: .signal)?.first?.asString : nil)
        // One that the bus refuses leaves this connection in the dark.
        case .match?: _ = try read(message, of: .toBus("AddMatch"))
        case .sign?, nil: break
        }
      case nil: break
      }
    }
    return nil
  }

  private func news(in signal: borrowing BusMessage) throws(CallsError) -> BusNews? {
    guard let sender = signal.sender else { return nil }
    if sender == Self.busName {
      guard signal.interface == Self.busName, signal.member == Self.ownerChanged,
        let arguments = signal.arguments(within: .signal), arguments.count == 3, let name = arguments[0].asString,
        owners.follows(name)
      else { return nil }
      setOwner(of: name, to: arguments[2].asString)
      return rules.contains { $0.service == name } ? .ownerChanged(name) : nil
    }
    guard rules.contains(where: { owners[$0.service] == sender && $0.covers(signal) }) else { return nil }
    return signal.signal().map(BusNews.signal) ?? .missed
  }

  private func setOwner(of name: String, to owner: String?) {
    let owner = owner ?? ""
    owners.set(name, owner)
    if !owner.isEmpty { awaited.add(owner, of: name) }
  }

  /// A client has no objects; whoever calls it need not wait for an answer. Who calls faster than the bus takes the
  /// answers has to.
  private func refuse(_ call: borrowing BusMessage) {
    guard dbus_connection_get_outgoing_size(raw) < BusLimit.refusals else { return }
    let reply = dbus_message_new_error(
      call.raw, "org.freedesktop.DBus.Error.UnknownObject", "this is a client and has no objects")
    guard let reply else { fatalError("out of memory") }
    let message = BusMessage(taking: reply)
    enoughMemory(dbus_connection_send(raw, message.raw, nil))
  }
}

// MARK: - News

extension BusConnection {
  /// Listens to a service's signals from now on, and to changes of who it is.
  package func listen(to rule: SignalRule, until deadline: Deadline) throws(CallsError) {
    // The owner is known before the first of the signals comes.
    try follow(rule.service)
    rules.append(rule)
    try ask(.toBus("AddMatch", rule.match), .match)
    while let arrival = try nextArrival(until: deadline, unless: { !awaited.isGettingReady }) {
      if case .news(let item) = consume arrival { news.keep(item) }
    }
    guard !awaited.isGettingReady else { throw .busTimedOut(seconds: deadline.seconds) }
  }

  /// Whether anybody owns a name that is listened to, as of what has arrived.
  package func isOwned(_ name: String) -> Bool { owners[name] != nil }

  /// The unique name of the connection that owns `name`, or nil where nobody does.
  package func owner(of name: String, until deadline: Deadline) throws(CallsError) -> String? {
    do {
      return try call(.toBus("GetNameOwner", name), until: deadline).first?.asString
    } catch .daemonNotInstalled {
      // NameHasNoOwner, which is what it means of any other question.
      return nil
    } catch {
      throw error
    }
  }

  /// The next news, or nil when none came in time.
  package func nextNews(until deadline: Deadline) throws(CallsError) -> BusNews? {
    if let item = news.next() { return item }
    while let arrival = try nextArrival(until: deadline) {
      if case .news(let item) = consume arrival { return item }
    }
    return nil
  }
}

// MARK: - Without waiting

extension BusConnection {
  /// What arrived next, or nil where nothing more has arrived; also sends what waits to be sent.
  func nextArrival() throws(CallsError) -> Arrival? {
    if let item = news.next() { return .news(item) }
    if let arrival = try nextReadArrival() { return arrival }
    guard dbus_connection_read_write(raw, 0) != 0 else { throw .disconnected }
    return try nextReadArrival()
  }

  /// Whether something has arrived that ``poll`` does not tell of, since it is read already.
  var hasArrivals: Bool { !news.isEmpty || dbus_connection_get_dispatch_status(raw) == DBUS_DISPATCH_DATA_REMAINS }

  /// What there is to wait for before ``nextArrival()`` may have something more to do.
  var poll: pollfd {
    let writes = dbus_connection_has_messages_to_send(raw) != 0
    return pollfd(fd: descriptor, events: Int16(POLLIN | (writes ? POLLOUT : 0)), revents: 0)
  }
}
