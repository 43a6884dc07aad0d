// SPDX-License-Identifier: Apache-2.0
internal import CallModel
internal import Glibc
package import Systemd

/// The name and the object of the login manager on a bus that has none, with the parts of it that make a user linger,
/// and that announce and delay sleep and shutdown. (With the real one: Tests/EndToEnd.)
@EventLoopActor
package final class LoginManagerStandIn {
  /// What it was asked to make of lingering, and did.
  package private(set) var asked: [Bool] = []
  /// The same, for who waits for it.
  package let answered = Mailbox<Bool>()
  /// Every call that it gets: the property that is asked for, what is inhibited (`delay sleep`), or the method's name.
  package let calls = Mailbox<String>()
  /// What it answers with, instead of doing anything.
  package var refusal: BusError?
  /// Carried out when it is asked, before it does anything.
  package var before: @EventLoopActor () -> Void = {}
  /// It answers no calls while this is set, and then in their order.
  package var hangs = false {
    didSet { if !hangs { for call in takeHeld() { answer(call) } } }
  }
  /// The same calls, as they come, though it hangs; and how many of them wait.
  package let asks = Mailbox<Void>()
  package var waiting: Int { held.count }
  package var sleeps = false
  package var shutsDown = false

  private static let path = "/org/freedesktop/login1"
  private let bus: Bus
  private let flag: String
  private var slot: BusSlot?
  private var held: [MethodCall] = []
  /// This end of each inhibitor.
  private var inhibitors: [(what: String, end: Int32)] = []

  /// On the connection `bus`, as long as this is there. `flag` is the file by which the user lingers.
  package init(on bus: Bus, flag: String) async throws {
    (self.bus, self.flag) = (bus, flag)
    slot = try bus.serve(Self.path) { [weak self] in self?.take($0) }
    try await bus.requestName("org.freedesktop.login1")
  }

  deinit { EventLoopActor.assumeIsolated { for inhibitor in inhibitors { close(inhibitor.end) } } }

  /// As if somebody else had asked.
  package func set(_ lingers: Bool) {
    guard lingers else { return _ = unlink(flag) }
    close(open(flag, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
    // The kernel's own clock for files may stand still between two of these.
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    _ = utimensat(AT_FDCWD, flag, [now, now], 0)
  }

  // MARK: Sleep and shutdown

  /// The signal, as it is sent before (true) and after; it says nothing of what the properties are.
  package func announce(_ member: String, _ begins: Bool) throws(BusError) {
    try bus.emit(path: Self.path, interface: "org.freedesktop.login1.Manager", member: member, [.bool(begins)])
  }

  /// What is inhibited just now, such as `delay sleep`, in order.
  package var inhibited: [String] {
    inhibitors.removeAll { inhibitor in
      // Whoever had the other end has closed it.
      var status = pollfd(fd: inhibitor.end, events: 0, revents: 0)
      guard poll(&status, 1, 0) > 0 else { return false }
      close(inhibitor.end)
      return true
    }
    return inhibitors.map(\.what).sorted()
  }

  // MARK: Answering

  private func takeHeld() -> [MethodCall] {
    defer { held = [] }
    return held
  }

  /// Returns when the bus has all that was answered.
  package func settle() async throws(BusError) { try await bus.settle() }

  private func take(_ call: MethodCall) {
    asks.put(())
    if hangs { held.append(call) } else { answer(call) }
  }

  private func answer(_ call: MethodCall) {
    let arguments = (0..<4).map { _ in try? call.message.read() }
    switch call.message.member {
    case "SetUserLinger":
      calls.put("SetUserLinger")
      setLinger(call, arguments)
    case "Inhibit":
      let what = "\(arguments[3]?.asString ?? "") \(arguments[0]?.asString ?? "")"
      calls.put(what)
      inhibit(what, call)
    case "Get":
      let property = arguments[1]?.asString ?? ""
      calls.put(property)
      if let refusal { return call.fail(refusal) }
      call.reply([.variant(.bool(property == "PreparingForSleep" ? sleeps : shutsDown))])
    default: unknown(call)
    }
  }

  private func setLinger(_ call: MethodCall, _ arguments: [BusValue?]) {
    guard arguments[0]?.asUInt32 == getuid(), arguments[2]?.asBool == false, let lingers = arguments[1]?.asBool else {
      return unknown(call)
    }
    before()
    if let refusal { return call.fail(refusal) }
    set(lingers)
    asked.append(lingers)
    answered.put(lingers)
    call.reply()
  }

  private func inhibit(_ what: String, _ call: MethodCall) {
    if let refusal { return call.fail(refusal) }
    var ends: [Int32] = [-1, -1]
    guard socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends) == 0 else {
      return call.fail(BusError(BusError.failed, "no descriptor is left"))
    }
    inhibitors.append((what, ends[0]))
    call.reply([.descriptor(BusDescriptor(borrowing: ends[1]))])
    close(ends[1])
  }

  private func unknown(_ call: MethodCall) {
    call.fail(BusError("org.freedesktop.DBus.Error.UnknownMethod", "not stood in for"))
  }
}
