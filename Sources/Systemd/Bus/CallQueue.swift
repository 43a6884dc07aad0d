// SPDX-License-Identifier: Apache-2.0
internal import CSystemd

/// Which calls reach a connection's objects, and in which order.
public struct CallRules: Sendable {
  /// Members that end something. They overtake everything except beginnings.
  public var endings: Set<String> = []
  /// Members that begin something that their caller may end with its next call.
  public var beginnings: Set<String> = []
  /// Members with large answers. They wait until all earlier output has been sent.
  public var large: Set<String> = []
  /// How many callers are remembered, at least 1; the bus is asked about others again. As many questions may be open at
  /// a time.
  public var remembered = 1024
  /// How many calls of one caller may wait, and their total size.
  public var calls = 256
  public var bytes = 1024 * 1024
  /// The total size of the waiting calls of all callers.
  public var allBytes = 16 * 1024 * 1024
  /// The size of the largest call.
  public var callBytes = MessageReader.callBytes
  /// The error for a caller that exceeds a limit.
  public var tooMany: BusError
  public var tooLarge: BusError
  /// The error for a call whose descriptors this process has no room for.
  public var noDescriptors: BusError

  public init(tooMany: BusError, tooLarge: BusError, noDescriptors: BusError) {
    (self.tooMany, self.tooLarge, self.noDescriptors) = (tooMany, tooLarge, noDescriptors)
  }
}

/// The queue of calls to a connection's objects. It passes on only calls of identified callers, no more than a caller
/// may make, and in fair turns.
///
/// The bus is read to the end whenever it has something, so that a call that ends a session never waits behind the
/// messages of others. If nothing else waits, a call passes straight through. It works as long as this object exists.
@EventLoopActor
public final class CallQueue {
  /// Identifies a unique name by what the bus knows about it, without waiting.
  public typealias Identify = @EventLoopActor (String, BusCredentials) -> Caller

  private let rules: CallRules
  private let kinds: [String: WaitingCalls<WaitingCall>.Kind]
  private var waiting: WaitingCalls<WaitingCall>
  private let refusals: Refusals
  private unowned let bus: Bus
  private var readers: AnswerReaders?
  private(set) var callerCache: CallerCache?
  /// The call whose turn it is.
  private var passing: OpaquePointer?
  /// When the next call of a flood may pass, in µs of the monotonic clock.
  private var nextTime: UInt64 = 0
  private var floodEnd: UInt64 = 0

  private final class WaitingCall {
    let message: Message
    init(_ message: consuming Message) { self.message = message }
  }

  /// How long others of the loop wait while calls are answered, unless one call takes longer.
  private static let microseconds: UInt64 = 2000
  /// Endings that pass in one turn, of all callers and of each. More are read in a turn, so a caller that floods soon
  /// has too many waiting.
  private static let endings = 32
  private static let endingsOfEach = 4
  /// In a flood, and while refusals are sent: the pause after a call in µs, or how many times longer than the call.
  /// dbus-daemon searches all pending calls for the one that belongs to an answer.
  private static let pause: UInt64 = 8000
  private static let share: UInt64 = 16
  /// The delay in µs after which the bus is read, and refusals are sent.
  private static let rest: UInt64 = 500
  /// For so many µs, a bus that has brought more than can be answered counts as having more.
  private static let ebb: UInt64 = 20_000

  init(on bus: Bus, _ rules: CallRules, _ identify: @escaping Identify) throws(BusError) {
    (self.bus, self.rules) = (bus, rules)
    var kinds: [String: WaitingCalls<WaitingCall>.Kind] = [:]
    for member in rules.large { kinds[member] = .large }
    for member in rules.beginnings { kinds[member] = .beginning }
    for member in rules.endings { kinds[member] = .ending }
    self.kinds = kinds
    refusals = Refusals(on: bus.pointer)
    waiting = WaitingCalls(.init(calls: rules.calls, bytes: rules.bytes, allBytes: rules.allBytes))
    callerCache = try CallerCache(on: bus, remembered: rules.remembered, identify) { [weak self] name in
      self?.waiting.hasCalls(of: name) ?? false
    }
    readers = AnswerReaders(on: bus) { [weak self] in self?.wantTurn() }
  }

  private func wantTurn() { bus.pump?.wantTurn() }

  /// How many calls wait.
  var count: Int { waiting.count }

  // MARK: Coming in

  /// Whether this is the call whose turn it is.
  func passes(_ message: OpaquePointer) -> Bool {
    guard message == passing else { return false }
    passing = nil
    return true
  }

  /// Whether the call waits, or has been refused.
  ///
  /// - Parameters:
  ///   - bytes: its size, if known.
  ///   - hasNext: whether the bus has already brought more.
  func takes(_ message: OpaquePointer, bytes: Int?, hasNext: Bool) -> Bool {
    guard let sender = sd_bus_message_get_sender(message) else { return false }
    let caller = String(cString: sender)
    guard bytes ?? 0 <= rules.callBytes else { return refuse(message, of: caller, rules.tooLarge) }
    let isKnown = callerCache?.caller(caller) != nil
    let kind = kind(of: sd_bus_message_get_member(message).map { String(cString: $0) } ?? "")
    let isLarge = kind == .large
    if isKnown, !hasNext, waiting.isEmpty, !isLarge || bus.pump?.unsent == 0,
      readers?.mayBeTold(caller, large: isLarge) == true
    {
      readers?.answered(caller, isLarge: isLarge)
      return false
    }
    let isAsking = callerCache?.isAsking(for: caller) ?? false
    guard isKnown || isAsking || callerCache?.mayAsk == true,
      waiting.add(
        WaitingCall(Message(referring: message)), kind, of: caller, bytes: bytes ?? 0, isHeld: !isKnown)
    else { return refuse(message, of: caller, rules.tooMany) }
    if !isKnown, !isAsking { identify(caller) }
    wantTurn()
    return true
  }

  /// Whether the call is refused before it is read: it is too large, its caller has too many waiting, or there is no room
  /// for its descriptors.
  func drops(_ call: RawMessage, fits: Bool) -> Bool {
    let isTooLarge = call.header.bytes > rules.callBytes
    guard !fits || isTooLarge || waiting.isFull(call.sender, for: kind(of: call.member)) else { return false }
    guard readers?.mayBeTold(call.sender) == true else { return true }
    readers?.answered(call.sender)
    if call.expectsReply {
      let error = isTooLarge ? rules.tooLarge : fits ? rules.tooMany : rules.noDescriptors
      refusals.add(UInt64(call.header.serial), of: call.sender, error)
      wantTurn()
    }
    return true
  }

  private func kind(of member: String) -> WaitingCalls<WaitingCall>.Kind { kinds[member] ?? .other }

  /// A caller that does not read is not told about refusals either.
  private func refuse(_ message: OpaquePointer, of caller: String, _ error: BusError) -> Bool {
    guard readers?.mayBeTold(caller) == true else { return true }
    readers?.answered(caller)
    var serial: UInt64 = 0
    if sd_bus_message_get_expect_reply(message) > 0, sd_bus_message_get_cookie(message, &serial) >= 0 {
      refusals.add(serial, of: caller, error)
    }
    wantTurn()
    return true
  }

  private func identify(_ caller: String) {
    callerCache?.ask(for: caller) { [weak self] answer in
      guard let self else { return }
      if answer == .gone { waiting.drop(caller) } else { waiting.release(caller) }
      wantTurn()
    }
  }

  /// The caller, if it has been identified.
  func caller(_ name: String) -> Caller? { callerCache?.caller(name) }

  // MARK: Going through

  func serve() -> BusPump.Next {
    guard !waiting.isEmpty || !refusals.isEmpty else { return .bus }
    for _ in 0..<min(Self.endings, waiting.endingCallers * Self.endingsOfEach) {
      guard passing == nil, let (call, caller) = waiting.nextEnding() else { break }
      pass(call, of: caller)
    }
    if waiting.hasEndings { return .turn }
    let start = SystemClock.monotonic.now
    let isFlooded = isFlooded(start)
    let isPaced = isFlooded || !refusals.isEmpty
    // Until the bus has received what was sent, only endings may pass.
    if isPaced, bus.pump?.isHeard == false { return .pause(Self.rest) }
    if !isFlooded { refusals.send() }
    while passing == nil {
      let began = SystemClock.monotonic.now
      guard !isPaced || began >= nextTime else { break }
      // Keep only one large answer at a time in this process's memory.
      let mayBeLarge = bus.pump?.unsent == 0
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

  /// Whether more calls arrive than are answered. The bus is then read first, because an ending may follow.
  private func isFlooded(_ now: UInt64) -> Bool {
    if waiting.count >= rules.calls / 16, bus.pump?.received ?? 0 > 0 { floodEnd = now + Self.ebb }
    return now < floodEnd
  }

  private func pass(_ call: WaitingCall, of caller: String) {
    let message = call.message.pointer
    guard sd_bus_enqueue_for_read(bus.pointer, message) >= 0 else {
      return MethodCall(Message(referring: message)).fail(rules.tooMany)
    }
    passing = message
    // Write pending output first.
    while passing != nil, bus.pump?.step() == true {}
    if !waiting.hasCalls(of: caller) { callerCache?.settled(caller) }
  }
}

extension Bus {
  /// Routes this connection's calls through a queue, as long as the queue exists.
  public func queueCalls(
    _ rules: CallRules, identify: @escaping CallQueue.Identify = { _, credentials in credentials.identify() }
  ) throws(BusError) -> CallQueue {
    let queue = try CallQueue(on: self, rules, identify)
    callers = queue
    return queue
  }
}
