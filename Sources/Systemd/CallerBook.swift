// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// Who the callers of this connection are. Each is asked for once, at its first call, which waits for the answer, and so
/// do those that follow it: a caller's calls are answered in their order. A unique name is never another's.
@EventLoopActor
public final class CallerBook {
  private unowned let bus: Bus
  private let pointer: OpaquePointer
  private let limits: (remembered: Int, held: Int)
  private let refusal: BusError
  private let identify: Identify
  private var slot: OpaquePointer?
  private var departures: BusSlot?

  private var known: [String: Known] = [:]
  private var newest: UInt64 = 0
  /// Calls of those who are being asked for.
  private var held: [String: [HeldCall]] = [:]

  /// Of a unique name and what the bus knows of it, at once.
  public typealias Identify = @EventLoopActor (String, BusCredentials) -> Caller

  private struct Known {
    var caller: Caller
    var number: UInt64
  }

  private final class HeldCall {
    let message: Message
    init(_ message: consuming Message) { self.message = message }
  }

  init(
    on bus: Bus, _ pointer: OpaquePointer, remembered: Int, held: Int, _ refusal: BusError,
    _ identify: @escaping Identify
  ) throws(BusError) {
    (self.bus, self.pointer, limits, self.refusal) = (bus, pointer, (remembered, held), refusal)
    self.identify = identify
    // Unretained: the slot goes with this object.
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    try BusError.check(
      sd_bus_add_filter(
        pointer, &slot,
        { message, userdata, _ in
          guard let message, let userdata else { return 0 }
          let book = Unmanaged<CallerBook>.fromOpaque(userdata).takeUnretainedValue()
          // sd-bus calls on the loop's thread, where the message stays.
          nonisolated(unsafe) let call = message
          return EventLoopActor.assumeIsolated { book.holds(call) } ? 1 : 0
        }, userdata),
      "look at calls before they are answered")
    departures = try bus.onDepartures { [weak self] name in self?.known[name] = nil }
  }

  deinit { EventLoopActor.assumeIsolated { _ = sd_bus_slot_unref(slot) } }

  /// Whoever has that unique name, and has been let through.
  func caller(_ name: String) -> Caller? { known[name]?.caller }

  /// How many are remembered.
  var count: Int { known.count }

  // MARK: Holding

  /// Whether the call is to be answered later, or has been refused.
  private func holds(_ call: OpaquePointer) -> Bool {
    guard sd_bus_message_is_method_call(call, nil, nil) > 0, let sender = sd_bus_message_get_sender(call) else {
      return false
    }
    let name = String(cString: sender)
    guard known[name] == nil else { return false }
    let isFirst = held[name] == nil
    guard isFirst ? held.count < limits.remembered : (held[name]?.count ?? 0) < limits.held else {
      MethodCall(Message(referring: call)).fail(refusal)
      return true
    }
    held[name, default: []].append(HeldCall(Message(referring: call)))
    if isFirst { ask(for: name) }
    return true
  }

  private func ask(for name: String) {
    bus.ask(
      "GetConnectionCredentials", [.string(name)],
      // While a descriptor that is in the answer is open.
      decode: { [identify] answer throws(BusError) in identify(name, BusCredentials(try answer.read())) },
      answer: { [weak self] answer in self?.note(answer, name) })
  }

  private func note(_ answer: Result<Caller, BusError>, _ name: String) {
    let calls = held.removeValue(forKey: name) ?? []
    switch answer {
    case .success(let caller): remember(caller, name)
    // Nobody waits for answers any more.
    case .failure(let error) where error.name == BusError.nameHasNoOwner: return
    case .failure(let error): remember(.unidentified("the bus does not tell who it is: \(error)"), name)
    }
    // sd-bus takes them in this order, and reads on when it has taken all.
    for call in calls where sd_bus_enqueue_for_read(pointer, call.message.pointer) < 0 {
      MethodCall(Message(referring: call.message.pointer)).fail(refusal)
    }
  }

  private func remember(_ caller: Caller, _ name: String) {
    if known.count >= limits.remembered, let oldest = known.min(by: { $0.value.number < $1.value.number }) {
      known[oldest.key] = nil
    }
    newest += 1
    known[name] = Known(caller: caller, number: newest)
  }
}
