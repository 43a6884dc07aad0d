// SPDX-License-Identifier: Apache-2.0
import CallModel

/// Whoever owns a name on the bus, to be called and to be heard.
///
/// A match rule with a well-known name proves nothing: any connection may send another a signal of its own, which passes
/// it. The number of a call proves nothing: any connection may send a reply. So a call goes to the owner's unique name,
/// the owner's reply alone counts, and the owner's signals alone are delivered. Who that is, the bus itself says.
@EventLoopActor
public final class BusService {
  public let name: String
  /// The owner's unique name; nil where there is none, and until it is known. It is kept current from the first
  /// ``onOwner(_:)`` or ``onSignal(path:interface:member:arg0:_:)`` on.
  public private(set) var owner: String?

  private let bus: Bus
  private var isKnown: Bool
  private var changes: BusSlot?
  private var watchers: [UInt64: @EventLoopActor (String?) -> Void] = [:]
  private var newest: UInt64 = 0

  /// - Parameter name: a well-known name, or one that never has another owner: a unique name, or that of the bus itself.
  init(_ name: String, on bus: Bus) {
    (self.name, self.bus) = (name, bus)
    owner = name.hasPrefix(":") || name == Bus.driverName ? name : nil
    isKnown = owner != nil
  }

  // MARK: The owner

  /// `handler` gets the owner's unique name, or nil where there is none: as soon as that is known, and whenever it
  /// changes.
  public func onOwner(_ handler: @escaping @EventLoopActor (String?) -> Void) throws(BusError) -> BusSlot {
    try follow()
    newest += 1
    let number = newest
    watchers[number] = handler
    if isKnown { handler(owner) }
    return BusSlot { self.watchers[number] = nil }
  }

  /// `handler` is called whenever the name has got another owner than it had before.
  func onSuccessor(_ handler: @escaping @EventLoopActor () -> Void) throws(BusError) -> BusSlot {
    var last: String?? = isKnown ? .some(owner) : .none
    return try onOwner { owner in
      let isFirst = last == nil
      guard isFirst || owner != nil && owner != last else { return }
      last = .some(owner)
      if !isFirst { handler() }
    }
  }

  /// Returns whether there is an owner, other than the one of that unique name, before the time is up.
  func hasOwner(otherThan former: String?, within limit: Duration) async throws(BusError) -> Bool {
    guard bus.isOpen else { return false }
    let bell = Bell()
    let owners = try onOwner { if $0 != nil && $0 != former { bell.ring() } }
    let end = bus.onDisconnect { bell.ring() }
    await bell.wait(limit)
    withExtendedLifetime((owners, end)) {}
    return owner != nil && owner != former
  }

  /// Asks for changes before it asks who the owner is, so that none is missed between the two.
  private func follow() throws(BusError) {
    guard !isKnown, changes == nil else { return }
    changes = try bus.onNameChange(SignalPattern(arguments: [0: name])) { [weak self] _, owner in self?.learn(owner) }
    bus.ask("GetNameOwner", [.string(name)], timeout: nil) { reply throws(BusError) in
      try reply.readString()
    } answer: { [weak self] owner in
      self?.learn(try? owner.get())
    }
  }

  private func learn(_ owner: String?) {
    guard !isKnown || owner != self.owner else { return }
    (self.owner, isKnown) = (owner, true)
    for number in watchers.keys.sorted() { watchers[number]?(owner) }
  }

  // MARK: Signals

  /// `handler` gets the owner's signals that fit, as long as the slot is there.
  public func onSignal(
    path: String? = nil, interface: String? = nil, member: String? = nil, arg0: String? = nil,
    _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    var pattern = SignalPattern(path: path, interface: interface, member: member)
    pattern.arguments[0] = arg0
    return try onSignal(pattern, handler)
  }

  /// The bus does one thing after the other: it has said who the owner is before it passes on the first signal.
  func onSignal(
    _ pattern: SignalPattern, _ handler: @escaping @EventLoopActor (borrowing Message) -> Void
  ) throws(BusError) -> BusSlot {
    try follow()
    return try bus.listen(to: self, pattern, handler)
  }

  // MARK: Calls

  /// Calls a method of the owner and returns what `decode` makes of the reply. Where there is no owner, the bus starts
  /// one if it can.
  ///
  /// - Parameter timeout: for all of that; nil is as long as the other side is there.
  public func call<T: Sendable>(
    path: String, interface: String, member: String, _ arguments: [BusValue] = [], timeout: Duration? = .seconds(25),
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    let deadline = Deadline(in: timeout)
    let owner = try await resolve(until: deadline)
    return try await withBusAnswer { answer in
      bus.call(owner, path, interface, member, arguments, until: deadline, decode: decode, answer: answer)
    }
  }

  /// Calls a method of the owner, who must be known; `answer` gets what `decode` makes of the reply, or the error, before
  /// anybody gets what the bus brings after it. Where nothing can be sent, it gets the error at once.
  public func call<T: Sendable>(
    path: String, interface: String, member: String, _ arguments: [BusValue] = [], timeout: Duration? = .seconds(25),
    decode: @escaping (borrowing Message) throws(BusError) -> T,
    answer: @escaping @EventLoopActor (Result<T, BusError>) -> Void
  ) {
    guard let owner else {
      return answer(.failure(BusError(BusError.nameHasNoOwner, "nobody on the bus has the name \(name)")))
    }
    bus.call(
      owner, path, interface, member, arguments, until: Deadline(in: timeout), decode: decode, answer: answer)
  }

  private func resolve(until deadline: Deadline) async throws(BusError) -> String {
    if let owner { return owner }
    do throws(BusError) { return try await askForOwner(until: deadline) } catch {
      guard error.name == BusError.nameHasNoOwner else { throw error }
    }
    try await bus.ask("StartServiceByName", [.string(name), .uint32(0)], until: deadline) { _ throws(BusError) in }
    return try await askForOwner(until: deadline)
  }

  private func askForOwner(until deadline: Deadline) async throws(BusError) -> String {
    try await bus.ask("GetNameOwner", [.string(name)], until: deadline) { reply throws(BusError) in
      try reply.readString()
    }
  }
}
