// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// What calls are let through to a connection's objects, and in which order.
public struct CallRules: Sendable {
  /// Members that end something: they overtake all that begins nothing.
  public var endings: Set<String> = []
  /// Members that begin what their caller may end by its next call.
  public var beginnings: Set<String> = []
  /// Members with large answers: they wait until what was said before has been sent.
  public var large: Set<String> = []
  /// How many callers are remembered, at least 1; others are asked for again. As many may be asked for at a time.
  public var remembered = 1024
  /// How many calls of one caller may wait, and how large they may be together.
  public var calls = 256
  public var bytes = 1024 * 1024
  /// The same of all callers together.
  public var allBytes = 16 * 1024 * 1024
  /// The largest call.
  public var callBytes = MessageReader.callBytes
  /// For those who make more calls than may wait, or one that is too large.
  public var tooMany: BusError
  public var tooLarge: BusError

  public init(tooMany: BusError, tooLarge: BusError) { (self.tooMany, self.tooLarge) = (tooMany, tooLarge) }
}

/// The calls that a connection's objects get: of callers who are known, no more than a caller may make, in fair turns.
///
/// The bus is read to the end whenever it has something, so that what ends a session is never behind what somebody else
/// has sent. A call goes straight through where nothing else waits. As long as this is there.
@EventLoopActor
public final class CallQueue {
  /// Of a unique name and what the bus knows of it, at once.
  public typealias Identify = @EventLoopActor (String, BusCredentials) -> Caller

  private let pointer: OpaquePointer
  private let rules: CallRules
  private let kinds: [String: WaitingCalls<WaitingCall>.Kind]
  private var waiting: WaitingCalls<WaitingCall>
  private let refusals: Refusals
  private var slot: OpaquePointer?
  private var pump: BusPump?
  private var readers: AnswerReaders?
  private(set) var book: CallerCache?
  /// The call that has its turn.
  private var passing: OpaquePointer?
  /// Of a flood's next call, in µs of the monotonic clock.
  private var nextTime: UInt64 = 0
  private var floodEnd: UInt64 = 0

  private final class WaitingCall {
    let message: Message
    init(_ message: consuming Message) { self.message = message }
  }

  /// For so long others of the loop wait while calls are answered, unless one takes longer.
  private static let microseconds: UInt64 = 2000
  private static let endings = 32
  /// In a flood, and while those that were refused are told, the pause after a call in µs, or how much longer than the
  /// call: dbus-daemon goes through all calls that wait for an answer to find that of an old one.
  private static let pause: UInt64 = 8000
  private static let share: UInt64 = 16
  /// Then the bus is read, and refusals are sent, after so many µs.
  private static let rest: UInt64 = 500
  /// For so many µs a bus that has brought more than can be answered has more.
  private static let ebb: UInt64 = 20_000

  init(
    on bus: Bus, _ rules: CallRules, _ identify: @escaping Identify, onEnd: @escaping @EventLoopActor () -> Void
  ) throws(BusError) {
    (pointer, self.rules) = (bus.pointer, rules)
    var kinds: [String: WaitingCalls<WaitingCall>.Kind] = [:]
    for member in rules.large { kinds[member] = .large }
    for member in rules.beginnings { kinds[member] = .beginning }
    for member in rules.endings { kinds[member] = .ending }
    self.kinds = kinds
    refusals = Refusals(on: pointer)
    waiting = WaitingCalls(.init(calls: rules.calls, bytes: rules.bytes, allBytes: rules.allBytes))
    // Unretained: the slot goes with this object.
    let userdata = Unmanaged.passUnretained(self).toOpaque()
    try BusError.check(
      sd_bus_add_filter(
        pointer, &slot,
        { message, userdata, _ in
          guard let message, let userdata else { return 0 }
          let queue = Unmanaged<CallQueue>.fromOpaque(userdata).takeUnretainedValue()
          // sd-bus calls on the loop's thread, where the message stays.
          nonisolated(unsafe) let received = message
          return EventLoopActor.assumeIsolated { queue.takes(received) } ? 1 : 0
        }, userdata),
      "look at calls before they are answered")
    book = try CallerCache(on: bus, remembered: rules.remembered, identify) { [weak self] name in
      self?.waiting.hasCalls(of: name) ?? false
    }
    readers = AnswerReaders(on: bus) { [weak self] in self?.pump?.wantTurn() }
    pump = try BusPump(
      pointer, drop: { [weak self] in self?.drops($0) ?? false }, serve: { [weak self] in self?.serve() ?? .bus },
      onEnd: onEnd)
  }

  deinit { EventLoopActor.assumeIsolated { _ = sd_bus_slot_unref(slot) } }

  /// How many wait.
  var count: Int { waiting.count }

  // MARK: Coming in

  /// Whether the call is to be answered later, or has been refused.
  private func takes(_ message: OpaquePointer) -> Bool {
    guard message != passing else {
      passing = nil
      return false
    }
    let (bytes, hasNext) = pump?.arrived(message) ?? (nil, false)
    guard sd_bus_message_is_method_call(message, nil, nil) > 0, let sender = sd_bus_message_get_sender(message) else {
      return false
    }
    let caller = String(cString: sender)
    guard bytes ?? 0 <= rules.callBytes else { return refuse(message, of: caller, rules.tooLarge) }
    let isKnown = book?.caller(caller) != nil
    let kind = kinds[sd_bus_message_get_member(message).map { String(cString: $0) } ?? ""] ?? .other
    let isLarge = kind == .large
    if isKnown, !hasNext, waiting.isEmpty, !isLarge || pump?.unsent == 0,
      readers?.mayBeTold(caller, large: isLarge) == true
    {
      readers?.answered(caller, isLarge: isLarge)
      return false
    }
    let isAsking = book?.isAsking(for: caller) ?? false
    guard isKnown || isAsking || book?.mayAsk == true,
      waiting.add(
        WaitingCall(Message(referring: message)), kind, of: caller, bytes: bytes ?? 0, isHeld: !isKnown)
    else { return refuse(message, of: caller, rules.tooMany) }
    if !isKnown, !isAsking { identify(caller) }
    pump?.wantTurn()
    return true
  }

  /// Whether the call is refused before it is read: its caller has as many that wait as may.
  private func drops(_ call: RawCall) -> Bool {
    guard waiting.isFull(call.sender), !rules.endings.contains(call.member) else { return false }
    guard readers?.mayBeTold(call.sender) == true else { return true }
    readers?.answered(call.sender)
    if call.expectsReply { refusals.add(UInt64(call.header.serial), of: call.sender, rules.tooMany) }
    return true
  }

  /// Who does not read is not told that either.
  private func refuse(_ message: OpaquePointer, of caller: String, _ error: BusError) -> Bool {
    guard readers?.mayBeTold(caller) == true else { return true }
    readers?.answered(caller)
    var serial: UInt64 = 0
    if sd_bus_message_get_expect_reply(message) > 0, sd_bus_message_get_cookie(message, &serial) >= 0 {
      refusals.add(serial, of: caller, error)
    }
    pump?.wantTurn()
    return true
  }

  private func identify(_ caller: String) {
    book?.ask(for: caller) { [weak self] answer in
      guard let self else { return }
      if answer == .gone { waiting.drop(caller) } else { waiting.release(caller) }
      pump?.wantTurn()
    }
  }

  /// Who calls, if they have been let through.
  func caller(_ name: String) -> Caller? { book?.caller(name) }

  // MARK: Going through

  private func serve() -> BusPump.Next {
    defer { pump?.mayDrop = waiting.count >= rules.calls }
    guard !waiting.isEmpty || !refusals.isEmpty else { return .bus }
    for _ in 0..<Self.endings {
      guard passing == nil, let (call, caller) = waiting.nextEnding() else { break }
      pass(call, of: caller)
    }
    if waiting.hasEndings { return .turn }
    let start = SystemClock.monotonic.now
    let isFlooded = isFlooded(start)
    let isPaced = isFlooded || !refusals.isEmpty
    // Before the bus has what was sent, only endings are to come after that.
    if isPaced, pump?.isHeard == false { return .pause(Self.rest) }
    if !isFlooded { refusals.send() }
    while passing == nil {
      let began = SystemClock.monotonic.now
      guard !isPaced || began >= nextTime else { break }
      // One large answer at a time is in this process's memory.
      let mayBeLarge = pump?.unsent == 0
      let next = waiting.nextOther(large: mayBeLarge ? { self.readers?.mayBeTold($0, large: true) ?? true } : nil)
      guard let (call, kind, caller) = next else { return refusals.isEmpty ? .bus : .pause(Self.rest) }
      readers?.answered(caller, isLarge: kind == .large)
      pass(call, of: caller)
      let now = SystemClock.monotonic.now
      nextTime = now + max(Self.pause, (now - began) * Self.share)
      if !isPaced, now - start > Self.microseconds { break }
    }
    return isPaced ? .pause(Self.rest) : .turn
  }

  /// More comes in than is answered. What the bus has is then read first of all: there may be an ending behind it.
  private func isFlooded(_ now: UInt64) -> Bool {
    if waiting.count >= rules.calls / 16, pump?.received ?? 0 > 0 { floodEnd = now + Self.ebb }
    return now < floodEnd
  }

  private func pass(_ call: WaitingCall, of caller: String) {
    let message = call.message.pointer
    guard sd_bus_enqueue_for_read(pointer, message) >= 0 else {
      return MethodCall(Message(referring: message)).fail(rules.tooMany)
    }
    passing = message
    // What is to be written comes before it.
    while passing != nil, pump?.step() == true {}
    if !waiting.hasCalls(of: caller) { book?.settled(caller) }
  }
}

extension Bus {
  /// Has the calls of this connection come by way of a queue, as long as that is there.
  /// That the bus is gone is noticed before what it left to be read.
  public func queueCalls(
    _ rules: CallRules, identify: @escaping CallQueue.Identify = { _, credentials in credentials.identify() }
  ) throws(BusError) -> CallQueue {
    let queue = try CallQueue(on: self, rules, identify) { [weak self] in self?.end() }
    callers = queue
    return queue
  }
}
